//! Writes under a limit on live state: measured before they are made.

use super::keyed::HeapKeyedBackend;
use super::lists::ListTable;
use super::maps::MapTable;
use super::owner::Owner;
use super::pick::{list_table, map_table, value_table};
use super::values::ValueTable;
use crate::table::{Inline, Shared};
use alluvium_state_api::{
    CodecRef, KeyCx, KeyedBackend, ListHandle, MapHandle, OrderedKey, Result, StateData,
    StateError, StateHandle, StateId, StateRef, ValueHandle,
};
use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

impl<K: OrderedKey> HeapKeyedBackend<K> {
    /// The bytes of key and namespace.
    fn owner_size<N: OrderedKey>(&mut self, cx: KeyCx<'_, K>, namespace: &N) -> u64 {
        self.live.size_of_key(cx.key()) + self.live.size_of_key(namespace)
    }

    /// The bytes of an entry with this value; 0 without one.
    fn entry_size<V: 'static>(
        &mut self,
        codec: &CodecRef<V>,
        path: u64,
        value: Option<&V>,
    ) -> Result<u64> {
        match value {
            Some(value) => Ok(path + self.live.size_of(&**codec, value)?),
            None => Ok(0),
        }
    }

    /// Names the state whose value could not be encoded.
    fn place(&self, state: StateId, error: StateError) -> StateError {
        match self.registry.any(state) {
            Ok(table) => error.context(format!("state '{}'", table.meta().name)),
            Err(_) => error,
        }
    }

    fn value_codec<V: StateData, N: OrderedKey>(
        &self,
        handle: ValueHandle<V, N>,
    ) -> Result<CodecRef<V>> {
        value_table!(self.registry, get, handle.id(), <K, N, V>, table => Ok(table.codec()))
    }

    fn map_codec<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &self,
        handle: MapHandle<UK, UV, N>,
    ) -> Result<CodecRef<UV>> {
        map_table!(self.registry, get, handle.id(), <K, N, UK, UV>, table => Ok(table.codec()))
    }

    /// Counts the value as replaced by `new`.
    #[cold]
    #[inline(never)]
    pub(super) fn charge_value<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        new: Option<&V>,
    ) -> Result<()> {
        let codec = self.value_codec(handle)?;
        let old = self
            .value_get(handle, cx, namespace)?
            .map(StateRef::into_owned);
        let path = self.owner_size(cx, namespace);
        let freed = self.entry_size(&codec, path, old.as_ref())?;
        let taken = self.entry_size(&codec, path, new);
        let taken = taken.map_err(|error| self.place(handle.id(), error))?;
        self.live.replace(freed, taken)
    }

    /// Updates a copy, and writes it back if it fits.
    #[cold]
    #[inline(never)]
    pub(super) fn limited_update<V: StateData, N: OrderedKey, R>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        f: impl FnOnce(&mut Option<V>) -> R,
    ) -> Result<R> {
        let mut value = self
            .value_get(handle, cx, namespace)?
            .map(StateRef::into_owned);
        let result = f(&mut value);
        self.write_value(handle, cx, namespace, value)?;
        Ok(result)
    }

    /// Counts the elements as added to the list, or as replacing it.
    #[cold]
    #[inline(never)]
    pub(super) fn charge_list<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        items: &[T],
        replace: bool,
    ) -> Result<()> {
        let owner = Owner::new(self.range(), cx, namespace);
        let (codec, old) = list_table!(self.registry, get, handle.id(), <K, N, T>, table => {
            (table.codec(), table.get(owner).cloned())
        });
        let path = self.owner_size(cx, namespace);
        let (mut freed, mut taken) = (0, 0);
        if let (Some(list), true) = (&old, replace) {
            freed = path;
            for item in list.iter() {
                freed += self.live.size_of(&*codec, item)?;
            }
        }
        if !items.is_empty() && (replace || old.is_none()) {
            taken = path;
        }
        for item in items {
            let size = self.live.size_of(&*codec, item);
            taken += size.map_err(|error| self.place(handle.id(), error))?;
        }
        self.live.replace(freed, taken)
    }

    /// Counts the value of a user key as replaced by `new`.
    #[cold]
    #[inline(never)]
    pub(super) fn charge_entry<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        user_key: &UK,
        new: Option<&UV>,
    ) -> Result<()> {
        let codec = self.map_codec(handle)?;
        let old = self
            .map_get(handle, cx, namespace, user_key)?
            .map(StateRef::into_owned);
        let path = self.owner_size(cx, namespace) + self.live.size_of_key(user_key);
        let freed = self.entry_size(&codec, path, old.as_ref())?;
        let taken = self.entry_size(&codec, path, new);
        let taken = taken.map_err(|error| self.place(handle.id(), error))?;
        self.live.replace(freed, taken)
    }

    /// Counts all entries as put, or none; of equal user keys the last one counts.
    #[cold]
    #[inline(never)]
    pub(super) fn charge_entries<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        entries: &[(UK, UV)],
    ) -> Result<()> {
        let codec = self.map_codec(handle)?;
        let last: BTreeMap<&UK, &UV> = entries.iter().map(|(key, value)| (key, value)).collect();
        let owner = self.owner_size(cx, namespace);
        let (mut freed, mut taken) = (0, 0);
        for (user_key, value) in last {
            let path = owner + self.live.size_of_key(user_key);
            let old = self
                .map_get(handle, cx, namespace, user_key)?
                .map(StateRef::into_owned);
            freed += self.entry_size(&codec, path, old.as_ref())?;
            let size = self.entry_size(&codec, path, Some(value));
            taken += size.map_err(|error| self.place(handle.id(), error))?;
        }
        self.live.replace(freed, taken)
    }

    /// Updates a copy, and writes it back if it fits.
    #[cold]
    #[inline(never)]
    pub(super) fn limited_map_update<UK: OrderedKey, UV: StateData, N: OrderedKey, R>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        user_key: &UK,
        f: impl FnOnce(&mut Option<UV>) -> R,
    ) -> Result<R> {
        let mut value = self
            .map_get(handle, cx, namespace, user_key)?
            .map(StateRef::into_owned);
        let result = f(&mut value);
        match value {
            Some(value) => self.map_put(handle, cx, namespace, user_key.clone(), value)?,
            None => self.map_remove(handle, cx, namespace, user_key)?,
        }
        Ok(result)
    }

    /// Counts a map as gone.
    #[cold]
    #[inline(never)]
    pub(super) fn release_map<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
    ) -> Result<()> {
        let codec = self.map_codec(handle)?;
        let mut entries = Vec::new();
        let all = (Bound::Unbounded, Bound::Unbounded);
        self.map_scan(handle, cx, namespace, all, |user_key, value| {
            entries.push((user_key.clone(), value.clone()));
            ControlFlow::Continue(())
        })?;
        let owner = self.owner_size(cx, namespace);
        let mut freed = 0;
        for (user_key, value) in &entries {
            let path = owner + self.live.size_of_key(user_key);
            freed += self.entry_size(&codec, path, Some(value))?;
        }
        self.live.replace(freed, 0)
    }
}
