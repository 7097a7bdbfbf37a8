//! Changes of several entries that are made as one: what may fail comes before the first of them.

use super::keyed::HeapKeyedBackend;
use super::lists::ListTable;
use super::maps::MapTable;
use super::owner::Owner;
use super::pick::{list_table, map_table, value_table};
use super::values::ValueTable;
use crate::table::{Inline, Shared};
use alluvium_state_api::{
    KeyCx, KeyedBackend, ListHandle, MapHandle, OrderedKey, Result, StateData, StateHandle,
    StateRef, ValueHandle,
};
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

impl<K: OrderedKey> HeapKeyedBackend<K> {
    /// Everything is folded before anything is written: a fold that panics has changed nothing.
    pub(super) fn merge_values<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, K>,
        target: &N,
        sources: &[&N],
        mut fold: impl FnMut(&mut V, V),
    ) -> Result<()> {
        let read = |namespace| {
            Ok(self
                .value_get(handle, cx, namespace)?
                .map(StateRef::into_owned))
        };
        let mut merged = read(target)?;
        let mut found = Vec::new();
        for source in sources {
            let Some(value) = read(source)? else {
                continue;
            };
            found.push(*source);
            match &mut merged {
                Some(merged) => fold(merged, value),
                None => merged = Some(value),
            }
        }
        let (Some(merged), false) = (merged, found.is_empty()) else {
            return Ok(());
        };
        if self.live.is_limited() {
            self.charge_merged_value(handle, cx, target, &found, &merged)?;
        }
        let (range, stamp) = (self.range(), self.stamp());
        value_table!(self.registry, get_mut, handle.id(), <K, N, V>, table => {
            table.set(Owner::new(range, cx, target), merged, stamp);
            for source in found {
                table.clear(Owner::new(range, cx, source), stamp);
            }
            Ok(())
        })
    }

    pub(super) fn merge_lists<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, K>,
        target: &N,
        sources: &[&N],
    ) -> Result<()> {
        let mut items = Vec::new();
        for source in sources {
            self.list_scan(handle, cx, source, |item| {
                items.push(item.clone());
                ControlFlow::Continue(())
            })?;
        }
        if self.live.is_limited() {
            self.charge_merged_list(handle, cx, target, sources, &items)?;
        }
        let (range, stamp) = (self.range(), self.stamp());
        list_table!(self.registry, get_mut, handle.id(), <K, N, T>, table => {
            table.extend(Owner::new(range, cx, target), items, stamp);
            for source in sources {
                table.clear(Owner::new(range, cx, source), stamp);
            }
            Ok(())
        })
    }

    /// The user keys are gathered first: the table changes while they are gone through.
    pub(super) fn update_map<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        mut f: impl FnMut(&UK, &mut Option<UV>),
    ) -> Result<()> {
        if self.live.is_limited() {
            return self.limited_update_map(handle, cx, namespace, f);
        }
        let mut user_keys = Vec::new();
        let all = (Bound::Unbounded, Bound::Unbounded);
        self.map_scan(handle, cx, namespace, all, |user_key, _| {
            user_keys.push(user_key.clone());
            ControlFlow::Continue(())
        })?;
        let (owner, stamp) = (Owner::new(self.range(), cx, namespace), self.stamp());
        map_table!(self.registry, get_mut, handle.id(), <K, N, UK, UV>, table => {
            for user_key in &user_keys {
                table.update(owner, user_key, stamp, |value| f(user_key, value));
            }
            Ok(())
        })
    }
}
