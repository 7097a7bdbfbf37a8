//! Values, measured.

use crate::backend::keyed::HeapKeyedBackend;
use crate::backend::owner::Owner;
use crate::backend::pick::value_table;
use crate::backend::values::ValueTable;
use crate::table::{Inline, Shared};
use alluvium_state_api::{
    CodecRef, KeyCx, KeyedBackend, OrderedKey, Result, StateData, StateHandle, StateRef,
    ValueHandle,
};
use std::sync::Arc;

impl<K: OrderedKey> HeapKeyedBackend<K> {
    fn value_codec<V: StateData, N: OrderedKey>(
        &self,
        handle: ValueHandle<V, N>,
    ) -> Result<CodecRef<V>> {
        value_table!(self.registry, get, handle.id(), <K, N, V>, table => Ok(table.codec()))
    }

    /// The bytes of the value that is there, and of `new` in its place.
    fn value_sizes<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        new: Option<&V>,
    ) -> Result<(u64, u64)> {
        let codec = self.value_codec(handle)?;
        let old = self
            .value_get(handle, cx, namespace)?
            .map(StateRef::into_owned);
        let path = self.owner_size(cx, namespace);
        let freed = self.entry_size(&codec, path, old.as_ref())?;
        let taken = self.entry_size(&codec, path, new);
        let taken = taken.map_err(|error| self.place(handle.id(), error))?;
        Ok((freed, taken))
    }

    /// Leaves the value as `value` says; it has been counted.
    fn store_value<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        value: Option<V>,
    ) -> Result<()> {
        let (owner, stamp) = (Owner::new(self.range(), cx, namespace), self.stamp());
        value_table!(self.registry, get_mut, handle.id(), <K, N, V>, table => {
            match value {
                Some(value) => table.set(owner, value, stamp),
                None => table.clear(owner, stamp),
            }
            Ok(())
        })
    }

    /// Counts the value as replaced by `new`.
    #[cold]
    #[inline(never)]
    pub(in crate::backend) fn charge_value<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        new: Option<&V>,
    ) -> Result<()> {
        let (freed, taken) = self.value_sizes(handle, cx, namespace, new)?;
        self.live.replace(freed, taken)
    }

    /// Updates a copy, and writes it back if it fits.
    #[cold]
    #[inline(never)]
    pub(in crate::backend) fn limited_update<V: StateData, N: OrderedKey, R>(
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

    /// Updates copies, and writes both back if they fit together.
    #[cold]
    #[inline(never)]
    pub(in crate::backend) fn limited_update_pair<
        V: StateData,
        W: StateData,
        N: OrderedKey,
        M: OrderedKey,
        R,
    >(
        &mut self,
        first: (ValueHandle<V, N>, &N),
        second: (ValueHandle<W, M>, &M),
        cx: KeyCx<'_, K>,
        f: impl FnOnce(&mut Option<V>, &mut Option<W>) -> R,
    ) -> Result<R> {
        let old = self.value_get(first.0, cx, first.1)?;
        let mut value = old.map(StateRef::into_owned);
        let old = self.value_get(second.0, cx, second.1)?;
        let mut other = old.map(StateRef::into_owned);
        let result = f(&mut value, &mut other);
        let sizes = self.value_sizes(first.0, cx, first.1, value.as_ref())?;
        let others = self.value_sizes(second.0, cx, second.1, other.as_ref())?;
        self.live.replace(sizes.0 + others.0, sizes.1 + others.1)?;
        self.store_value(first.0, cx, first.1, value)?;
        self.store_value(second.0, cx, second.1, other)?;
        Ok(result)
    }

    /// Counts a value as what has become of those of `target` and `sources`.
    #[cold]
    #[inline(never)]
    pub(in crate::backend) fn charge_merged_value<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, K>,
        target: &N,
        sources: &[&N],
        merged: &V,
    ) -> Result<()> {
        let (mut freed, taken) = self.value_sizes(handle, cx, target, Some(merged))?;
        for source in sources {
            freed += self.value_sizes(handle, cx, source, None)?.0;
        }
        self.live.replace(freed, taken)
    }
}
