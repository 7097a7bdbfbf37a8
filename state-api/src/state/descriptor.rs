//! Descriptors: the name and the types of a state, in one place.

use super::{
    AggregatingHandle, Aggregator, ListHandle, ListSpec, MapHandle, MapSpec, Reducer,
    ReducingHandle, StateKind, ValueHandle, ValueSpec,
};
use crate::backend::KeyedBackend;
use crate::data::{CodecRef, NativeData, StateData};
use crate::error::{Result, StateError};
use crate::key::OrderedKey;
use std::borrow::Cow;
use std::marker::PhantomData;

/// A description of a keyed state that can be registered with any backend.
pub trait StateDescriptor {
    /// What names the state afterwards.
    type Handle;

    /// The state's name.
    fn name(&self) -> &str;

    /// Registers the state with `backend`, or finds it there if it was registered before.
    ///
    /// # Errors
    /// `Misuse` if the name is empty or taken by a state of another kind or type; `Incompatible`
    /// if restored state of this name does not fit, naming the state, the field and both types;
    /// `Corrupt` or `Storage` if restored state cannot be read.
    fn register<B: KeyedBackend>(&self, backend: &mut B) -> Result<Self::Handle>;
}

fn checked(name: &str) -> Result<&str> {
    if name.is_empty() {
        return Err(StateError::misuse(
            "a state needs a name, found an empty one",
        ));
    }
    Ok(name)
}

macro_rules! descriptor {
    ($(#[$doc:meta])* $name:ident<$($param:ident $(: $bound:ident)?),+>, $data:ty) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<$($param $(: $bound)?,)+ N = ()>
        where
            $data: 'static,
        {
            name: Cow<'static, str>,
            codec: CodecRef<$data>,
            types: PhantomData<fn() -> ($($param,)+ N)>,
        }

        impl<$($param $(: $bound)?,)+ N> $name<$($param,)+ N>
        where
            $data: NativeData,
        {
            /// A state called `name`, with the type's own encoding. Can be a constant.
            pub const fn new(name: &'static str) -> Self {
                Self { name: Cow::Borrowed(name), codec: CodecRef::native(), types: PhantomData }
            }

            /// The same for a name that is made at run time.
            pub fn named(name: impl Into<String>) -> Self {
                Self {
                    name: Cow::Owned(name.into()),
                    codec: CodecRef::native(),
                    types: PhantomData,
                }
            }
        }

        impl<$($param $(: $bound)?,)+ N> $name<$($param,)+ N>
        where
            $data: StateData,
        {
            /// A state called `name` whose data is encoded by `codec`.
            pub fn with_codec(name: impl Into<Cow<'static, str>>, codec: CodecRef<$data>) -> Self {
                Self { name: name.into(), codec, types: PhantomData }
            }

            /// How its data becomes bytes.
            pub const fn codec(&self) -> &CodecRef<$data> {
                &self.codec
            }
        }
    };
}

descriptor!(
    /// A value state: one `V` per key and namespace.
    ///
    /// ```
    /// use alluvium_state_api::ValueDescriptor;
    /// const COUNT: ValueDescriptor<u64> = ValueDescriptor::new("count");
    /// ```
    ValueDescriptor<V>, V
);
descriptor!(
    /// A list state: elements `T` per key and namespace, in the order in which they were added.
    ListDescriptor<T>, T
);
descriptor!(
    /// A map state: user keys `UK` with a value `UV` each, per key and namespace, ascending.
    MapDescriptor<UK, UV>, UV
);
descriptor!(
    /// A reducing state: values folded by `R` into one of their own type.
    ReducingDescriptor<R: Reducer>, R::Value
);
descriptor!(
    /// An aggregating state: inputs folded by `A` into an accumulator.
    AggregatingDescriptor<A: Aggregator>, A::Acc
);

impl<V: StateData, N: OrderedKey> StateDescriptor for ValueDescriptor<V, N> {
    type Handle = ValueHandle<V, N>;

    fn name(&self) -> &str {
        &self.name
    }

    fn register<B: KeyedBackend>(&self, backend: &mut B) -> Result<Self::Handle> {
        let spec = ValueSpec {
            name: checked(&self.name)?,
            kind: StateKind::Value,
            codec: self.codec.clone(),
            namespace: PhantomData,
        };
        backend.register_value::<V, N>(&spec).map(ValueHandle::new)
    }
}

impl<R: Reducer, N: OrderedKey> StateDescriptor for ReducingDescriptor<R, N> {
    type Handle = ReducingHandle<R, N>;

    fn name(&self) -> &str {
        &self.name
    }

    fn register<B: KeyedBackend>(&self, backend: &mut B) -> Result<Self::Handle> {
        let spec = ValueSpec {
            name: checked(&self.name)?,
            kind: StateKind::Reducing,
            codec: self.codec.clone(),
            namespace: PhantomData,
        };
        backend
            .register_value::<R::Value, N>(&spec)
            .map(ReducingHandle::new)
    }
}

impl<A: Aggregator, N: OrderedKey> StateDescriptor for AggregatingDescriptor<A, N> {
    type Handle = AggregatingHandle<A, N>;

    fn name(&self) -> &str {
        &self.name
    }

    fn register<B: KeyedBackend>(&self, backend: &mut B) -> Result<Self::Handle> {
        let spec = ValueSpec {
            name: checked(&self.name)?,
            kind: StateKind::Aggregating,
            codec: self.codec.clone(),
            namespace: PhantomData,
        };
        backend
            .register_value::<A::Acc, N>(&spec)
            .map(AggregatingHandle::new)
    }
}

impl<T: StateData, N: OrderedKey> StateDescriptor for ListDescriptor<T, N> {
    type Handle = ListHandle<T, N>;

    fn name(&self) -> &str {
        &self.name
    }

    fn register<B: KeyedBackend>(&self, backend: &mut B) -> Result<Self::Handle> {
        let spec = ListSpec {
            name: checked(&self.name)?,
            codec: self.codec.clone(),
            namespace: PhantomData,
        };
        backend.register_list::<T, N>(&spec).map(ListHandle::new)
    }
}

impl<UK: OrderedKey, UV: StateData, N: OrderedKey> StateDescriptor for MapDescriptor<UK, UV, N> {
    type Handle = MapHandle<UK, UV, N>;

    fn name(&self) -> &str {
        &self.name
    }

    fn register<B: KeyedBackend>(&self, backend: &mut B) -> Result<Self::Handle> {
        let spec = MapSpec {
            name: checked(&self.name)?,
            codec: self.codec.clone(),
            types: PhantomData,
        };
        backend.register_map::<UK, UV, N>(&spec).map(MapHandle::new)
    }
}
