//! Lists, measured.

use crate::backend::keyed::HeapKeyedBackend;
use crate::backend::lists::ListTable;
use crate::backend::owner::Owner;
use crate::backend::pick::list_table;
use crate::table::Inline;
use alluvium_state_api::{KeyCx, ListHandle, OrderedKey, Result, StateData, StateHandle};
use std::sync::Arc;

impl<K: OrderedKey> HeapKeyedBackend<K> {
    /// The bytes of the list that is there; `None` without one.
    fn list_size<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
    ) -> Result<Option<u64>> {
        let owner = Owner::new(self.range(), cx, namespace);
        let (codec, list) = list_table!(self.registry, get, handle.id(), <K, N, T>, table => {
            (table.codec(), table.get(owner).cloned())
        });
        let Some(list) = list else {
            return Ok(None);
        };
        let mut size = self.owner_size(cx, namespace);
        for item in list.iter() {
            size += self.live.size_of(&*codec, item)?;
        }
        Ok(Some(size))
    }

    /// The bytes of elements, without those of a key.
    fn items_size<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        items: &[T],
    ) -> Result<u64> {
        let codec = list_table!(self.registry, get, handle.id(), <K, N, T>, table => table.codec());
        let mut size = 0;
        for item in items {
            let item = self.live.size_of(&*codec, item);
            size += item.map_err(|error| self.place(handle.id(), error))?;
        }
        Ok(size)
    }

    /// The bytes by which the list grows with these elements.
    fn added_size<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        items: &[T],
    ) -> Result<u64> {
        let owner = Owner::new(self.range(), cx, namespace);
        let is_new = list_table!(self.registry, get, handle.id(), <K, N, T>, table => {
            table.get(owner).is_none()
        });
        let mut size = self.items_size(handle, items)?;
        if is_new && !items.is_empty() {
            size += self.owner_size(cx, namespace);
        }
        Ok(size)
    }

    /// Counts the elements as replacing the list.
    #[cold]
    #[inline(never)]
    pub(in crate::backend) fn charge_list<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        items: &[T],
    ) -> Result<()> {
        let freed = self.list_size(handle, cx, namespace)?.unwrap_or(0);
        let mut taken = self.items_size(handle, items)?;
        if !items.is_empty() {
            taken += self.owner_size(cx, namespace);
        }
        self.live.replace(freed, taken)
    }

    /// Counts the elements as added to the list.
    #[cold]
    #[inline(never)]
    pub(in crate::backend) fn charge_items<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        items: &[T],
    ) -> Result<()> {
        let taken = self.added_size(handle, cx, namespace, items)?;
        self.live.replace(0, taken)
    }

    /// Counts the elements as moved from `sources` to the list of `target`.
    #[cold]
    #[inline(never)]
    pub(in crate::backend) fn charge_merged_list<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, K>,
        target: &N,
        sources: &[&N],
        items: &[T],
    ) -> Result<()> {
        let mut freed = 0;
        for source in sources {
            freed += self.list_size(handle, cx, source)?.unwrap_or(0);
        }
        let taken = self.added_size(handle, cx, target, items)?;
        self.live.replace(freed, taken)
    }
}
