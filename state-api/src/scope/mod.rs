//! What users call: the state of one key, the same on every backend.

mod fold;
mod list;
mod map;
mod merge;
mod value;

pub use fold::{AggregatingState, ReducingState};
pub use list::ListState;
pub use map::MapState;
pub use value::ValueState;

use crate::backend::{KeyCx, KeyedBackend};
use crate::data::StateData;
use crate::error::Result;
use crate::group::KeyGroup;
use crate::key::OrderedKey;
use crate::state::{
    AggregatingHandle, Aggregator, ListHandle, MapHandle, Reducer, ReducingHandle, StateRef,
    ValueHandle,
};
use std::ops::ControlFlow;

/// One key's view of a backend: hash and group are computed once, then every state of the key is
/// at hand.
///
/// The borrow checker rules out using the state of one key under another, and holding what was
/// read over a write. Two idioms help: copy out what you need first, or do both inside
/// [`ValueState::update`]; [`update_pair`](Self::update_pair) lends two states at once.
#[derive(Debug)]
pub struct KeyScope<'s, B: KeyedBackend> {
    backend: &'s mut B,
    cx: KeyCx<'s, B::Key>,
}

impl<'s, B: KeyedBackend> KeyScope<'s, B> {
    /// The state of `key` in `backend`.
    ///
    /// # Errors
    /// `Misuse` if the key's group lies outside the backend's range; nothing has changed.
    #[inline(always)]
    pub fn new(backend: &'s mut B, key: &'s B::Key) -> Result<Self> {
        let cx = backend.enter(key)?;
        Ok(Self { backend, cx })
    }

    /// The key.
    #[inline(always)]
    pub fn key(&self) -> &'s B::Key {
        self.cx.key()
    }

    /// The key's group.
    #[inline(always)]
    pub fn group(&self) -> KeyGroup {
        self.cx.group()
    }

    /// Reads a value. Several may be read and held at the same time.
    ///
    /// # Errors
    /// `Misuse` for a handle of another backend; `Corrupt` or `Storage` from a byte store.
    #[inline(always)]
    pub fn get<V: StateData>(&self, handle: ValueHandle<V>) -> Result<Option<StateRef<'_, V>>> {
        self.backend.value_get(handle, self.cx, &())
    }

    /// The same in a namespace.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    #[inline(always)]
    pub fn get_in<V: StateData, N: OrderedKey>(
        &self,
        handle: ValueHandle<V, N>,
        namespace: &N,
    ) -> Result<Option<StateRef<'_, V>>> {
        self.backend.value_get(handle, self.cx, namespace)
    }

    /// Reads a value and ends the scope, so that the reference may leave the function that made
    /// the scope.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    #[inline(always)]
    pub fn into_ref<V: StateData>(self, handle: ValueHandle<V>) -> Result<Option<StateRef<'s, V>>> {
        self.into_ref_in(handle, &())
    }

    /// The same in a namespace.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    #[inline(always)]
    pub fn into_ref_in<V: StateData, N: OrderedKey>(
        self,
        handle: ValueHandle<V, N>,
        namespace: &N,
    ) -> Result<Option<StateRef<'s, V>>> {
        let backend: &'s B = self.backend;
        backend.value_get(handle, self.cx, namespace)
    }

    /// A value state of the key.
    #[inline(always)]
    pub fn value<V: StateData>(&mut self, handle: ValueHandle<V>) -> ValueState<'_, B, V, ()> {
        self.value_in(handle, &())
    }

    /// The same in a namespace.
    #[inline(always)]
    pub fn value_in<'v, V: StateData, N: OrderedKey>(
        &'v mut self,
        handle: ValueHandle<V, N>,
        namespace: &'v N,
    ) -> ValueState<'v, B, V, N> {
        ValueState::new(self.backend, self.cx, handle, namespace)
    }

    /// A list state of the key.
    #[inline(always)]
    pub fn list<T: StateData>(&mut self, handle: ListHandle<T>) -> ListState<'_, B, T, ()> {
        self.list_in(handle, &())
    }

    /// The same in a namespace.
    #[inline(always)]
    pub fn list_in<'v, T: StateData, N: OrderedKey>(
        &'v mut self,
        handle: ListHandle<T, N>,
        namespace: &'v N,
    ) -> ListState<'v, B, T, N> {
        ListState::new(self.backend, self.cx, handle, namespace)
    }

    /// A map state of the key.
    #[inline(always)]
    pub fn map<UK: OrderedKey, UV: StateData>(
        &mut self,
        handle: MapHandle<UK, UV>,
    ) -> MapState<'_, B, UK, UV, ()> {
        self.map_in(handle, &())
    }

    /// The same in a namespace.
    #[inline(always)]
    pub fn map_in<'v, UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &'v mut self,
        handle: MapHandle<UK, UV, N>,
        namespace: &'v N,
    ) -> MapState<'v, B, UK, UV, N> {
        MapState::new(self.backend, self.cx, handle, namespace)
    }

    /// A reducing state of the key.
    #[inline(always)]
    pub fn reducing<R: Reducer>(
        &mut self,
        handle: ReducingHandle<R>,
    ) -> ReducingState<'_, B, R, ()> {
        self.reducing_in(handle, &())
    }

    /// The same in a namespace.
    #[inline(always)]
    pub fn reducing_in<'v, R: Reducer, N: OrderedKey>(
        &'v mut self,
        handle: ReducingHandle<R, N>,
        namespace: &'v N,
    ) -> ReducingState<'v, B, R, N> {
        ReducingState::new(self.backend, self.cx, handle, namespace)
    }

    /// An aggregating state of the key.
    #[inline(always)]
    pub fn aggregating<A: Aggregator>(
        &mut self,
        handle: AggregatingHandle<A>,
    ) -> AggregatingState<'_, B, A, ()> {
        self.aggregating_in(handle, &())
    }

    /// The same in a namespace.
    #[inline(always)]
    pub fn aggregating_in<'v, A: Aggregator, N: OrderedKey>(
        &'v mut self,
        handle: AggregatingHandle<A, N>,
        namespace: &'v N,
    ) -> AggregatingState<'v, B, A, N> {
        AggregatingState::new(self.backend, self.cx, handle, namespace)
    }

    /// Lends the values of two states to `f` at once. Reducing and aggregating states take part
    /// through their `as_value`.
    ///
    /// # Errors
    /// As [`get`](Self::get); `Misuse` if both handles name the same state.
    #[inline(always)]
    pub fn update_pair<V: StateData, W: StateData, R>(
        &mut self,
        first: ValueHandle<V>,
        second: ValueHandle<W>,
        f: impl FnOnce(&mut Option<V>, &mut Option<W>) -> R,
    ) -> Result<R> {
        self.update_pair_in((first, &()), (second, &()), f)
    }

    /// The same in namespaces, which may differ in type.
    ///
    /// # Errors
    /// As [`update_pair`](Self::update_pair).
    ///
    /// ```
    /// # use alluvium_state_api::{KeyedBackend, KeyedBackendExt, Result, ValueHandle};
    /// /// Moves what stands in one window's state into the total.
    /// fn settle<B: KeyedBackend<Key = u64>>(
    ///     backend: &mut B,
    ///     total: ValueHandle<u64>,
    ///     by_window: ValueHandle<u64, i64>,
    ///     window: i64,
    /// ) -> Result<()> {
    ///     let mut scope = backend.key(&7)?;
    ///     scope.update_pair_in((total, &()), (by_window, &window), |total, part| {
    ///         *total.get_or_insert(0) += part.take().unwrap_or(0);
    ///     })
    /// }
    /// ```
    #[inline(always)]
    pub fn update_pair_in<V: StateData, W: StateData, N: OrderedKey, M: OrderedKey, R>(
        &mut self,
        first: (ValueHandle<V, N>, &N),
        second: (ValueHandle<W, M>, &M),
        f: impl FnOnce(&mut Option<V>, &mut Option<W>) -> R,
    ) -> Result<R> {
        self.backend.value_update_pair(first, second, self.cx, f)
    }

    /// Shows the elements of a list to `f`, in order, until it breaks; for reading beside other
    /// reads, without a view.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn scan_list<T: StateData>(
        &self,
        handle: ListHandle<T>,
        f: impl FnMut(&T) -> ControlFlow<()>,
    ) -> Result<()> {
        self.scan_list_in(handle, &(), f)
    }

    /// The same in a namespace.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn scan_list_in<T: StateData, N: OrderedKey>(
        &self,
        handle: ListHandle<T, N>,
        namespace: &N,
        f: impl FnMut(&T) -> ControlFlow<()>,
    ) -> Result<()> {
        self.backend.list_scan(handle, self.cx, namespace, f)
    }

    /// Reads the value of a user key, beside other reads, without a view.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn map_value<UK: OrderedKey, UV: StateData>(
        &self,
        handle: MapHandle<UK, UV>,
        user_key: &UK,
    ) -> Result<Option<StateRef<'_, UV>>> {
        self.map_value_in(handle, &(), user_key)
    }

    /// The same in a namespace.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn map_value_in<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &self,
        handle: MapHandle<UK, UV, N>,
        namespace: &N,
        user_key: &UK,
    ) -> Result<Option<StateRef<'_, UV>>> {
        self.backend.map_get(handle, self.cx, namespace, user_key)
    }
}

/// Declares a view: a backend, the key, a handle and a namespace.
macro_rules! view {
    ($(#[$doc:meta])* $name:ident<$($param:ident: $bound:ident),+>, $handle:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<'v, B: KeyedBackend, $($param: $bound,)+ N> {
            pub(super) backend: &'v mut B,
            pub(super) cx: KeyCx<'v, B::Key>,
            pub(super) handle: $handle<$($param,)+ N>,
            pub(super) namespace: &'v N,
        }

        impl<'v, B: KeyedBackend, $($param: $bound,)+ N> $name<'v, B, $($param,)+ N> {
            #[inline(always)]
            pub(super) fn new(
                backend: &'v mut B,
                cx: KeyCx<'v, B::Key>,
                handle: $handle<$($param,)+ N>,
                namespace: &'v N,
            ) -> Self {
                Self { backend, cx, handle, namespace }
            }
        }
    };
}
use view;
