//! Maps, measured.

use crate::backend::keyed::HeapKeyedBackend;
use crate::backend::maps::MapTable;
use crate::backend::owner::Owner;
use crate::backend::pick::map_table;
use crate::table::{Inline, Shared};
use alluvium_state_api::{
    CodecRef, KeyCx, KeyedBackend, MapHandle, OrderedKey, Result, StateData, StateHandle, StateRef,
};
use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

impl<K: OrderedKey> HeapKeyedBackend<K> {
    fn map_codec<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &self,
        handle: MapHandle<UK, UV, N>,
    ) -> Result<CodecRef<UV>> {
        map_table!(self.registry, get, handle.id(), <K, N, UK, UV>, table => Ok(table.codec()))
    }

    /// Counts the value of a user key as replaced by `new`.
    #[cold]
    #[inline(never)]
    pub(in crate::backend) fn charge_entry<UK: OrderedKey, UV: StateData, N: OrderedKey>(
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
    pub(in crate::backend) fn charge_entries<UK: OrderedKey, UV: StateData, N: OrderedKey>(
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
    pub(in crate::backend) fn limited_map_update<
        UK: OrderedKey,
        UV: StateData,
        N: OrderedKey,
        R,
    >(
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

    /// Updates a copy of the map, and writes it back if it fits.
    #[cold]
    #[inline(never)]
    pub(in crate::backend) fn limited_update_map<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        mut f: impl FnMut(&UK, &mut Option<UV>),
    ) -> Result<()> {
        let codec = self.map_codec(handle)?;
        let owner = self.owner_size(cx, namespace);
        let mut entries = self.map_entries(handle, cx, namespace)?;
        let (mut freed, mut taken) = (0, 0);
        for (user_key, value) in &mut entries {
            let path = owner + self.live.size_of_key(user_key);
            freed += self.entry_size(&codec, path, value.as_ref())?;
            f(user_key, value);
            let size = self.entry_size(&codec, path, value.as_ref());
            taken += size.map_err(|error| self.place(handle.id(), error))?;
        }
        self.live.replace(freed, taken)?;
        let (owner, stamp) = (Owner::new(self.range(), cx, namespace), self.stamp());
        map_table!(self.registry, get_mut, handle.id(), <K, N, UK, UV>, table => {
            for (user_key, value) in entries {
                match value {
                    Some(value) => table.put(owner, user_key, value, stamp),
                    None => table.remove(owner, &user_key, stamp),
                }
            }
            Ok(())
        })
    }

    /// A copy of the map.
    fn map_entries<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
    ) -> Result<Vec<(UK, Option<UV>)>> {
        let mut entries = Vec::new();
        let all = (Bound::Unbounded, Bound::Unbounded);
        self.map_scan(handle, cx, namespace, all, |user_key, value| {
            entries.push((user_key.clone(), Some(value.clone())));
            ControlFlow::Continue(())
        })?;
        Ok(entries)
    }

    /// Counts a map as gone.
    #[cold]
    #[inline(never)]
    pub(in crate::backend) fn release_map<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
    ) -> Result<()> {
        let codec = self.map_codec(handle)?;
        let owner = self.owner_size(cx, namespace);
        let mut freed = 0;
        for (user_key, value) in self.map_entries(handle, cx, namespace)? {
            let path = owner + self.live.size_of_key(&user_key);
            freed += self.entry_size(&codec, path, value.as_ref())?;
        }
        self.live.replace(freed, 0)
    }
}
