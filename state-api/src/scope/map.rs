//! The view of a map state.

use super::view;
use crate::backend::{KeyCx, KeyedBackend};
use crate::data::StateData;
use crate::error::Result;
use crate::key::OrderedKey;
use crate::state::{MapHandle, StateRef};
use std::ops::{Bound, ControlFlow, RangeBounds};

view!(
    /// One map, under one key and namespace; an absent map is an empty one. Entries ascend by user
    /// key. Errors are those of [`KeyScope::get`](super::KeyScope::get); writes may also be
    /// `LimitExceeded`.
    MapState<UK: OrderedKey, UV: StateData>, MapHandle
);

#[expect(clippy::missing_errors_doc, reason = "told once, at the type")]
impl<B: KeyedBackend, UK: OrderedKey, UV: StateData, N: OrderedKey> MapState<'_, B, UK, UV, N> {
    /// The value of `user_key`, if there is one.
    #[inline(always)]
    pub fn get(&self, user_key: &UK) -> Result<Option<StateRef<'_, UV>>> {
        self.backend
            .map_get(self.handle, self.cx, self.namespace, user_key)
    }

    /// Whether `user_key` has a value.
    #[inline]
    pub fn contains(&self, user_key: &UK) -> Result<bool> {
        Ok(self.get(user_key)?.is_some())
    }

    /// Writes the value of `user_key`, without reading the old one.
    #[inline(always)]
    pub fn put(&mut self, user_key: UK, value: UV) -> Result<()> {
        self.backend
            .map_put(self.handle, self.cx, self.namespace, user_key, value)
    }

    /// Writes all entries; if that fails, none of them. Of equal user keys the last one counts.
    pub fn put_all(&mut self, entries: impl IntoIterator<Item = (UK, UV)>) -> Result<()> {
        let entries = entries.into_iter().collect();
        self.backend
            .map_put_all(self.handle, self.cx, self.namespace, entries)
    }

    /// Lends the value of `user_key` to `f`, in place; `None` is absent, before and after.
    #[inline(always)]
    pub fn update<R>(&mut self, user_key: &UK, f: impl FnOnce(&mut Option<UV>) -> R) -> Result<R> {
        self.backend
            .map_update(self.handle, self.cx, self.namespace, user_key, f)
    }

    /// Removes `user_key`, if it is there.
    #[inline]
    pub fn remove(&mut self, user_key: &UK) -> Result<()> {
        self.backend
            .map_remove(self.handle, self.cx, self.namespace, user_key)
    }

    /// Shows all entries to `f`, ascending, until it breaks, without copying them.
    #[inline(always)]
    pub fn scan(&self, f: impl FnMut(&UK, &UV) -> ControlFlow<()>) -> Result<()> {
        let all = (Bound::Unbounded, Bound::Unbounded);
        self.backend
            .map_scan(self.handle, self.cx, self.namespace, all, f)
    }

    /// Shows the entries whose user key lies in `range` to `f`, ascending, until it breaks.
    pub fn scan_range(
        &self,
        range: impl RangeBounds<UK>,
        f: impl FnMut(&UK, &UV) -> ControlFlow<()>,
    ) -> Result<()> {
        let bounds = (range.start_bound(), range.end_bound());
        self.backend
            .map_scan(self.handle, self.cx, self.namespace, bounds, f)
    }

    /// All entries, ascending.
    pub fn entries(&self) -> Result<Vec<(UK, UV)>> {
        let mut entries = Vec::new();
        self.scan(|user_key, value| {
            entries.push((user_key.clone(), value.clone()));
            ControlFlow::Continue(())
        })?;
        Ok(entries)
    }

    /// All user keys, ascending.
    pub fn keys(&self) -> Result<Vec<UK>> {
        let mut keys = Vec::new();
        self.scan(|user_key, _| {
            keys.push(user_key.clone());
            ControlFlow::Continue(())
        })?;
        Ok(keys)
    }

    /// All values, in ascending order of their user keys.
    pub fn values(&self) -> Result<Vec<UV>> {
        let mut values = Vec::new();
        self.scan(|_, value| {
            values.push(value.clone());
            ControlFlow::Continue(())
        })?;
        Ok(values)
    }

    /// Lends each value to `f`, in ascending order of user keys; what it leaves as `None` is
    /// removed. If it fails, no entry has changed.
    pub fn update_all(&mut self, f: impl FnMut(&UK, &mut Option<UV>)) -> Result<()> {
        self.backend
            .map_update_all(self.handle, self.cx, self.namespace, f)
    }

    /// Whether there are no entries.
    #[inline]
    pub fn is_empty(&self) -> Result<bool> {
        self.backend
            .map_is_empty(self.handle, self.cx, self.namespace)
    }

    /// Removes all entries.
    pub fn clear(&mut self) -> Result<()> {
        self.backend.map_clear(self.handle, self.cx, self.namespace)
    }
}
