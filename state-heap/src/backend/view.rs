//! Frozen views: point lookups from other threads, while the task goes on changing its state.

use super::hashing;
use super::keyed::HeapKeyedBackend;
use super::lists::ListTable;
use super::maps::MapTable;
use super::owner::Owner;
use super::pick::{list_table, map_table, value_table};
use super::shape::Shape;
use super::values::ValueTable;
use crate::list::ListValue;
use crate::table::{Inline, Shared};
use alluvium_state_api::{
    KeyCx, ListHandle, MapHandle, OrderedKey, Result, StateData, StateError, StateHandle,
    ValueHandle,
};
use std::ops::ControlFlow;
use std::sync::Arc;

/// What finds something in frozen tables by its owner and whatever else is asked for.
pub(super) trait Lookup<K, N, Q, V>: Send + Sync {
    fn find(&self, owner: Owner<'_, K, N>, query: &Q) -> Option<&V>;
}

/// State as it was when the view was made.
struct View<K, N, Q, V> {
    shape: Shape,
    tables: Arc<dyn Lookup<K, N, Q, V>>,
}

impl<K, N, Q, V> Clone for View<K, N, Q, V> {
    fn clone(&self) -> Self {
        Self {
            shape: self.shape,
            tables: Arc::clone(&self.tables),
        }
    }
}

impl<K: OrderedKey, N: OrderedKey, Q, V> View<K, N, Q, V> {
    fn find(&self, key: &K, namespace: &N, query: &Q) -> Result<Option<&V>> {
        let group = self.shape.max_parallelism.group_of(key.key_hash());
        if !self.shape.range.contains(group) {
            return Err(StateError::misuse(format!(
                "the key belongs to key group {group}, outside the range {} of this view",
                self.shape.range
            )));
        }
        let cx = KeyCx::new(key, hashing::of(key), group);
        Ok(self
            .tables
            .find(Owner::new(self.shape.range, cx, namespace), query))
    }
}

macro_rules! view {
    ($(#[$doc:meta])* $name:ident<$($param:ident),+>, $query:ty, $value:ty) => {
        $(#[$doc])*
        pub struct $name<K, $($param,)+ N = ()>(View<K, N, $query, $value>);

        // By hand: derived, it would demand `Clone` of the parameters.
        impl<K, $($param,)+ N> Clone for $name<K, $($param,)+ N> {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl<K, $($param,)+ N> std::fmt::Debug for $name<K, $($param,)+ N> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), " of key groups {}"), self.0.shape.range)
            }
        }
    };
}

view!(
    /// A value state (or reducing or aggregating state, through `as_value`) as it was. Cheap to
    /// clone, `Send` and `Sync`; holding it makes the task copy what it changes, small table by
    /// small table, as a snapshot does.
    ValueView<V>, (), V
);
view!(
    /// A list state as it was; as [`ValueView`].
    ListView<T>, (), ListValue<T>
);
view!(
    /// A map state as it was; as [`ValueView`].
    MapView<UK, UV>, UK, UV
);

impl<K: OrderedKey, V: StateData, N: OrderedKey> ValueView<K, V, N> {
    /// The value of a key.
    ///
    /// # Errors
    /// `Misuse` if the key's group lies outside the range of the view.
    pub fn get(&self, key: &K, namespace: &N) -> Result<Option<&V>> {
        self.0.find(key, namespace, &())
    }
}

impl<K: OrderedKey, T: StateData, N: OrderedKey> ListView<K, T, N> {
    /// Shows the elements of a key's list to `f`, in order, until it breaks.
    ///
    /// # Errors
    /// `Misuse` if the key's group lies outside the range of the view.
    pub fn scan(&self, key: &K, namespace: &N, f: impl FnMut(&T) -> ControlFlow<()>) -> Result<()> {
        if let Some(list) = self.0.find(key, namespace, &())? {
            // Breaking is how the caller says that it has seen enough.
            let _ = list.iter().try_for_each(f);
        }
        Ok(())
    }
}

impl<K: OrderedKey, UK: OrderedKey, UV: StateData, N: OrderedKey> MapView<K, UK, UV, N> {
    /// The value of a user key of a key.
    ///
    /// # Errors
    /// `Misuse` if the key's group lies outside the range of the view.
    pub fn get(&self, key: &K, namespace: &N, user_key: &UK) -> Result<Option<&UV>> {
        self.0.find(key, namespace, user_key)
    }
}

impl<K: OrderedKey> HeapKeyedBackend<K> {
    /// A frozen view of a value state, for lookups from other threads.
    ///
    /// ```
    /// use alluvium_state_api::{KeyedBackendExt, OpenRequest, ValueDescriptor};
    /// use alluvium_state_heap::{HeapKeyedBackend, HeapOptions};
    ///
    /// const COUNT: ValueDescriptor<u64> = ValueDescriptor::new("count");
    /// let mut state =
    ///     HeapKeyedBackend::<u32>::open(OpenRequest::fresh(0, 1), HeapOptions::default())?;
    /// let count = state.register(&COUNT)?;
    /// state.key(&7)?.value(count).set(1)?;
    /// let view = state.value_view(count)?;
    /// state.key(&7)?.value(count).set(2)?;
    /// let seen = std::thread::spawn(move || view.get(&7, &()).map(Option::<&u64>::cloned));
    /// assert_eq!(seen.join().expect("no panic")?, Some(1));
    /// # Ok::<(), alluvium_state_api::StateError>(())
    /// ```
    ///
    /// # Errors
    /// `Misuse` for a handle of another backend.
    pub fn value_view<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
    ) -> Result<ValueView<K, V, N>> {
        let shape = self.shape;
        value_table!(self.registry, get_mut, handle.id(), <K, N, V>, table => {
            Ok(ValueView(View { shape, tables: table.view() }))
        })
    }

    /// A frozen view of a list state, for lookups from other threads.
    ///
    /// # Errors
    /// `Misuse` for a handle of another backend.
    pub fn list_view<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
    ) -> Result<ListView<K, T, N>> {
        let shape = self.shape;
        list_table!(self.registry, get_mut, handle.id(), <K, N, T>, table => {
            Ok(ListView(View { shape, tables: table.view() }))
        })
    }

    /// A frozen view of a map state, for lookups from other threads.
    ///
    /// # Errors
    /// `Misuse` for a handle of another backend.
    pub fn map_view<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
    ) -> Result<MapView<K, UK, UV, N>> {
        let shape = self.shape;
        map_table!(self.registry, get_mut, handle.id(), <K, N, UK, UV>, table => {
            Ok(MapView(View { shape, tables: table.view() }))
        })
    }
}
