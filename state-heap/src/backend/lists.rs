//! List state: one table of chunked lists.

use super::estimate::{self, Sample};
use super::frozen::{EntryWriter, FrozenGroups, Out};
use super::groups::{FrozenGroup, Groups, Place, Stamp};
use super::job::FrozenState;
use super::list_wire::{MAX_RUN_BYTES, push_element, take_element};
use super::live::LiveBytes;
use super::owner::{Owner, rehash};
use super::registry::StateTable;
use super::shape::Shape;
use super::view::Lookup;
use crate::list::{ListStamp, ListValue};
use crate::table::{FrozenTable, KeyHold};
use alluvium_state_api::{
    Change, CodecRef, OrderedKey, Result, StateData, StateMeta, decode_exact,
};
use std::any::{Any, TypeId, type_name};
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::sync::Arc;

/// One list per key and namespace; `KS` says how owners are held. Never holds an empty list.
pub(super) struct ListTable<K, N, T: 'static, KS> {
    meta: StateMeta,
    shape: Shape,
    codec: CodecRef<T>,
    groups: Groups<KS, ListValue<T>>,
    owner: PhantomData<fn() -> (K, N)>,
}

const fn list_stamp(stamp: Stamp) -> ListStamp {
    ListStamp {
        epoch: stamp.epoch,
        settled: stamp.settled,
    }
}

impl<K, N, T, KS> ListTable<K, N, T, KS>
where
    K: OrderedKey,
    N: OrderedKey,
    T: StateData,
    KS: KeyHold<(K, N)>,
{
    pub(super) fn new(meta: StateMeta, shape: Shape, codec: CodecRef<T>) -> Self {
        let groups = Groups::new(shape.range.len());
        Self {
            meta,
            shape,
            codec,
            groups,
            owner: PhantomData,
        }
    }

    pub(super) fn codec(&self) -> CodecRef<T> {
        self.codec.clone()
    }

    #[inline(always)]
    pub(super) fn get(&self, owner: Owner<'_, K, N>) -> Option<&ListValue<T>> {
        let group = self.groups.get(owner.group)?;
        group.table.get(owner.hash, |held| owner.is(held))
    }

    #[inline(always)]
    pub(super) fn append(&mut self, owner: Owner<'_, K, N>, item: T, stamp: Stamp) {
        let Some(group) = self.groups.get_mut(owner.group) else {
            return;
        };
        let same = |held: &KS| owner.is(held);
        match group.table.get_mut(owner.hash, same, stamp.epoch) {
            Some(list) => list.push(item, list_stamp(stamp)),
            None => self.begin(owner.apart(), item, stamp.epoch),
        }
    }

    pub(super) fn extend(&mut self, owner: Owner<'_, K, N>, items: Vec<T>, stamp: Stamp) {
        if items.is_empty() {
            return;
        }
        match self.list_mut(owner, stamp) {
            Some(list) => list.extend(items, list_stamp(stamp)),
            None => self.insert(owner, ListValue::new(items, stamp.epoch), stamp.epoch),
        }
    }

    pub(super) fn set(&mut self, owner: Owner<'_, K, N>, items: Vec<T>, stamp: Stamp) {
        if items.is_empty() {
            return self.clear(owner, stamp);
        }
        let list = ListValue::new(items, stamp.epoch);
        match self.list_mut(owner, stamp) {
            Some(held) => *held = list,
            None => self.insert(owner, list, stamp.epoch),
        }
    }

    fn list_mut(&mut self, owner: Owner<'_, K, N>, stamp: Stamp) -> Option<&mut ListValue<T>> {
        let group = self.groups.get_mut(owner.group)?;
        let same = |held: &KS| owner.is(held);
        group.table.get_mut(owner.hash, same, stamp.epoch)
    }

    /// Adds a list that is not there yet, with its first element.
    #[inline(never)]
    fn begin(&mut self, owner: Owner<'_, K, N>, item: T, epoch: u32) {
        self.insert(owner, ListValue::one(item, epoch), epoch);
    }

    /// Adds a list that is not there yet.
    fn insert(&mut self, owner: Owner<'_, K, N>, list: ListValue<T>, epoch: u32) {
        if let Some(group) = self.groups.get_mut(owner.group) {
            let (hash, key) = (owner.hash, owner.hold());
            group.table.insert_new(hash, key, list, epoch);
        }
    }

    pub(super) fn clear(&mut self, owner: Owner<'_, K, N>, stamp: Stamp) {
        let Some(group) = self.groups.get_mut(owner.group) else {
            return;
        };
        group.remove(owner.hash, |held| owner.is(held), stamp);
    }

    /// Applies one entry of a snapshot.
    pub(super) fn restore(&mut self, owner: Owner<'_, K, N>, change: Change<'_>) -> Result<()> {
        let decode = |bytes: &[u8]| {
            let (mut rest, mut items) = (bytes, Vec::new());
            while !rest.is_empty() {
                items.push(decode_exact(&*self.codec, take_element(&mut rest)?)?);
            }
            Result::Ok(items)
        };
        match change {
            Change::Put(bytes) => {
                let items = decode(bytes)?;
                self.set(owner, items, Stamp::RESTORED);
            }
            Change::Append(bytes) => {
                let items = decode(bytes)?;
                self.extend(owner, items, Stamp::RESTORED);
            }
            Change::Delete => self.clear(owner, Stamp::RESTORED),
        }
        Ok(())
    }

    pub(super) fn view(&mut self) -> Arc<dyn Lookup<K, N, (), ListValue<T>>> {
        Arc::new(FrozenLists(self.groups.freeze_tables()))
    }

    /// Empties a group, and makes room for about so many entries.
    pub(super) fn reset_group(&mut self, group: usize, room: usize) {
        self.groups.reset(group, room);
    }
}

impl<K, N, T, KS> StateTable<K> for ListTable<K, N, T, KS>
where
    K: OrderedKey,
    N: OrderedKey,
    T: StateData,
    KS: KeyHold<(K, N)>,
{
    fn types() -> String {
        format!(
            "list of {} in namespaces {}",
            type_name::<T>(),
            type_name::<N>()
        )
    }

    fn meta(&self) -> &StateMeta {
        &self.meta
    }

    fn namespace_type(&self) -> TypeId {
        TypeId::of::<N>()
    }

    fn live_bytes(&self, live: &mut LiveBytes) -> Result<u64> {
        let mut bytes = 0;
        for (held, list) in self.groups.iter() {
            bytes += live.size_of_owner(held.get());
            for item in list.iter() {
                bytes += live.size_of(&*self.codec, item)?;
            }
        }
        Ok(bytes)
    }

    fn entry_count(&self) -> u64 {
        self.groups.len()
    }

    fn scan_keys(&self, f: &mut dyn FnMut(&K, &dyn Any) -> ControlFlow<()>) {
        let _ = self.groups.iter().try_for_each(|(held, _)| {
            let (key, namespace) = held.get();
            f(key, namespace)
        });
    }

    fn touch(&self, places: &[Place]) {
        if size_of::<N>() == 0 {
            self.groups.touch(places);
            self.groups.touch_held(places, |key, list| {
                key.touch();
                list.touch();
            });
        }
    }

    fn freeze(&mut self) -> Box<dyn FrozenState> {
        Box::new(FrozenGroups {
            range: self.shape.range,
            groups: self.groups.freeze(),
            writer: ListWriter {
                codec: self.codec.clone(),
                owner: self.owner,
            },
            share: self.shape.share,
        })
    }

    fn confirm(&mut self, base: u32) {
        self.groups.confirm(base);
    }
}

/// The lists of each group, for lookups.
struct FrozenLists<KS, T>(Vec<FrozenTable<KS, ListValue<T>>>);

impl<K, N, T, KS> Lookup<K, N, (), ListValue<T>> for FrozenLists<KS, T>
where
    K: OrderedKey,
    N: OrderedKey,
    T: StateData,
    KS: KeyHold<(K, N)>,
{
    fn find(&self, owner: Owner<'_, K, N>, _query: &()) -> Option<&ListValue<T>> {
        self.0
            .get(owner.group)?
            .get(owner.hash, |held| owner.is(held))
    }
}

/// How many elements of a list are encoded to estimate its size.
const MEASURED: usize = 16;

struct ListWriter<K, N, T: 'static> {
    codec: CodecRef<T>,
    owner: PhantomData<fn() -> (K, N)>,
}

impl<K, N, T, KS> EntryWriter<KS, ListValue<T>> for ListWriter<K, N, T>
where
    K: OrderedKey,
    N: OrderedKey,
    T: StateData,
    KS: KeyHold<(K, N)>,
{
    /// The first run of elements replaces what was, unless only what came since is written; the
    /// runs behind it are appended.
    fn write(
        &self,
        key: &KS,
        list: &ListValue<T>,
        since: Option<u32>,
        out: &mut Out<'_>,
    ) -> Result<()> {
        let (whole, items) = list.since(since);
        let mut append = !whole;
        out.owner(key.get());
        out.scratch.value.clear();
        for item in items {
            let scratch = &mut out.scratch;
            push_element(&*self.codec, item, &mut scratch.element, &mut scratch.value)?;
            if out.scratch.value.len() >= MAX_RUN_BYTES {
                out.put_run(append)?;
                append = true;
            }
        }
        if out.scratch.value.is_empty() {
            Ok(())
        } else {
            out.put_run(append)
        }
    }

    /// Long lists are not encoded for that: their first elements are taken for all.
    fn measure(
        &self,
        key: &KS,
        list: &ListValue<T>,
        since: Option<u32>,
        sample: &mut Sample,
    ) -> u64 {
        let items = list.since(since).1.count();
        let mut measured = 0;
        let bytes = sample.measure(|out| {
            out.owner(key.get());
            out.scratch.value.clear();
            for item in list.since(since).1.take(MEASURED) {
                let scratch = &mut out.scratch;
                push_element(&*self.codec, item, &mut scratch.element, &mut scratch.value)?;
                measured += 1;
            }
            if measured == 0 {
                Ok(())
            } else {
                out.put_run(false)
            }
        });
        estimate::scale(bytes, measured, items)
    }

    fn delete(&self, key: &KS, out: &mut Out<'_>) -> Result<()> {
        out.owner(key.get());
        out.put_delete()
    }

    fn is_present(&self, group: &FrozenGroup<KS, ListValue<T>>, key: &KS) -> bool {
        group
            .table
            .get(rehash::<K, N, KS>(key), |held| held == key)
            .is_some()
    }
}
