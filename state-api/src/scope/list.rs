//! The view of a list state.

use super::{merge, view};
use crate::backend::{KeyCx, KeyedBackend};
use crate::data::StateData;
use crate::error::Result;
use crate::key::OrderedKey;
use crate::state::ListHandle;
use std::ops::ControlFlow;

view!(
    /// One list, under one key and namespace; an absent list is an empty one. Errors are those of
    /// [`KeyScope::get`](super::KeyScope::get); writes may also be `LimitExceeded`.
    ListState<T: StateData>, ListHandle
);

#[expect(clippy::missing_errors_doc, reason = "told once, at the type")]
impl<B: KeyedBackend, T: StateData, N: OrderedKey> ListState<'_, B, T, N> {
    /// The elements, in the order in which they were added.
    pub fn get(&self) -> Result<Vec<T>> {
        let mut items = Vec::new();
        self.scan(|item| {
            items.push(item.clone());
            ControlFlow::Continue(())
        })?;
        Ok(items)
    }

    /// Shows the elements to `f`, in order, until it breaks, without copying them.
    #[inline(always)]
    pub fn scan(&self, f: impl FnMut(&T) -> ControlFlow<()>) -> Result<()> {
        self.backend
            .list_scan(self.handle, self.cx, self.namespace, f)
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> Result<bool> {
        let mut empty = true;
        self.scan(|_| {
            empty = false;
            ControlFlow::Break(())
        })?;
        Ok(empty)
    }

    /// Adds one element at the end, without reading the list.
    #[inline(always)]
    pub fn add(&mut self, item: T) -> Result<()> {
        self.backend
            .list_append(self.handle, self.cx, self.namespace, item)
    }

    /// Adds all elements at the end; if that fails, none of them.
    pub fn add_all(&mut self, items: impl IntoIterator<Item = T>) -> Result<()> {
        let items = items.into_iter().collect();
        self.backend
            .list_extend(self.handle, self.cx, self.namespace, items)
    }

    /// Replaces the list; with no elements this is [`clear`](Self::clear).
    pub fn set(&mut self, items: impl IntoIterator<Item = T>) -> Result<()> {
        let items = items.into_iter().collect();
        self.backend
            .list_set(self.handle, self.cx, self.namespace, items)
    }

    /// Removes all elements.
    pub fn clear(&mut self) -> Result<()> {
        self.backend
            .list_clear(self.handle, self.cx, self.namespace)
    }

    /// Moves the elements of `sources` behind those of this view's namespace, in the order given,
    /// and removes the sources. A source that is the target itself, or named twice, counts once. If
    /// it fails, nothing has changed.
    pub fn merge_namespaces(&mut self, sources: &[N]) -> Result<()> {
        let sources = merge::distinct(self.namespace, sources);
        self.backend
            .list_merge(self.handle, self.cx, self.namespace, &sources)
    }
}
