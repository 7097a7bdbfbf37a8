//! The view of a value state.

use super::view;
use crate::backend::{KeyCx, KeyedBackend};
use crate::data::StateData;
use crate::error::Result;
use crate::key::OrderedKey;
use crate::state::{StateRef, ValueHandle};

view!(
    /// One value, under one key and namespace. Errors are those of [`KeyScope::get`](super::KeyScope::get);
    /// writes may also be `LimitExceeded`.
    ValueState<V: StateData>, ValueHandle
);

#[expect(clippy::missing_errors_doc, reason = "told once, at the type")]
impl<B: KeyedBackend, V: StateData, N: OrderedKey> ValueState<'_, B, V, N> {
    /// The value, if there is one.
    #[inline(always)]
    pub fn get(&self) -> Result<Option<StateRef<'_, V>>> {
        self.backend.value_get(self.handle, self.cx, self.namespace)
    }

    /// Writes the value, without reading the old one.
    #[inline(always)]
    pub fn set(&mut self, value: V) -> Result<()> {
        self.backend
            .value_set(self.handle, self.cx, self.namespace, value)
    }

    /// Lends the value to `f`, in place; `None` is absent, before and after.
    #[inline(always)]
    pub fn update<R>(&mut self, f: impl FnOnce(&mut Option<V>) -> R) -> Result<R> {
        self.backend
            .value_update(self.handle, self.cx, self.namespace, f)
    }

    /// Takes the value out.
    #[inline]
    pub fn take(&mut self) -> Result<Option<V>> {
        self.update(Option::take)
    }

    /// Removes the value, if there is one.
    #[inline]
    pub fn clear(&mut self) -> Result<()> {
        self.backend
            .value_clear(self.handle, self.cx, self.namespace)
    }
}
