//! Handles: what registration returns and every access names.

use super::{Aggregator, Reducer};
use crate::key::OrderedKey;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, Ordering};

/// Tells the handles of one backend instance from those of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BackendId(u32);

impl BackendId {
    /// An id that no other backend of this process has.
    pub fn fresh() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl fmt::Display for BackendId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which state of which backend instance a handle names. Meaningless outside the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StateId {
    owner: BackendId,
    slot: u32,
}

impl StateId {
    /// The state that `owner` keeps under `slot`.
    pub const fn new(owner: BackendId, slot: u32) -> Self {
        Self { owner, slot }
    }

    /// The backend that gave it out.
    #[inline]
    pub const fn owner(self) -> BackendId {
        self.owner
    }

    /// The number under which the backend keeps the state.
    #[inline]
    pub const fn slot(self) -> u32 {
        self.slot
    }
}

/// What all handles have in common.
pub trait StateHandle: Copy + Send + Sync + 'static {
    /// The namespaces of the state.
    type Namespace: OrderedKey;

    /// The state that it names.
    fn id(self) -> StateId;
}

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident<$($param:ident),+>) => {
        $(#[$doc])*
        ///
        /// Small and `Copy`; shown to a backend other than the one that gave it out, it is
        /// `Misuse`.
        pub struct $name<$($param,)+ N = ()> {
            id: StateId,
            // A function pointer: the handle is `Send` and `Copy` whatever the types are.
            types: PhantomData<fn() -> ($($param,)+ N)>,
        }

        impl<$($param,)+ N> $name<$($param,)+ N> {
            /// The handle of the state `id`, whose types the backend has checked.
            #[inline]
            pub const fn new(id: StateId) -> Self {
                Self { id, types: PhantomData }
            }
        }

        // By hand: derived, they would demand the same of the parameters.
        impl<$($param,)+ N> Clone for $name<$($param,)+ N> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$($param,)+ N> Copy for $name<$($param,)+ N> {}

        impl<$($param,)+ N> fmt::Debug for $name<$($param,)+ N> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({} of backend {})"),
                    self.id.slot, self.id.owner.0)
            }
        }

        impl<$($param: 'static,)+ N: OrderedKey> StateHandle for $name<$($param,)+ N> {
            type Namespace = N;

            #[inline]
            fn id(self) -> StateId {
                self.id
            }
        }
    };
}

handle!(
    /// Names a value state of type `V`.
    ValueHandle<V>
);
handle!(
    /// Names a list state of elements `T`.
    ListHandle<T>
);
handle!(
    /// Names a map state from user keys `UK` to values `UV`.
    MapHandle<UK, UV>
);
handle!(
    /// Names a reducing state with the function `R`.
    ReducingHandle<R>
);
handle!(
    /// Names an aggregating state with the function `A`.
    AggregatingHandle<A>
);

impl<R: Reducer, N> ReducingHandle<R, N> {
    /// The same state seen as the value that it stores.
    #[inline]
    pub const fn as_value(self) -> ValueHandle<R::Value, N> {
        ValueHandle::new(self.id)
    }
}

impl<A: Aggregator, N> AggregatingHandle<A, N> {
    /// The same state seen as the accumulator that it stores.
    #[inline]
    pub const fn as_value(self) -> ValueHandle<A::Acc, N> {
        ValueHandle::new(self.id)
    }
}
