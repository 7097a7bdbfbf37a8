//! Value, reducing and aggregating state: one table of values.

use super::frozen::{BATCH_BYTES, Ends, EntryWriter, FrozenGroups, Out};
use super::groups::{FrozenGroup, Groups, Place, Stamp};
use super::job::FrozenState;
use super::live::LiveBytes;
use super::owner::{Owner, rehash};
use super::registry::StateTable;
use super::shape::Shape;
use super::view::Lookup;
use crate::table::{FrozenTable, Hold, KeyHold};
use alluvium_state_api::{
    Change, CodecRef, OrderedKey, Result, StateData, StateMeta, decode_exact,
};
use scopeguard::{ScopeGuard, guard};
use std::any::{Any, TypeId, type_name};
use std::hint::black_box;
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::sync::Arc;

/// One value per key and namespace; `KS` and `VS` say how owners and values are held.
pub(super) struct ValueTable<K, N, V: 'static, KS, VS> {
    meta: StateMeta,
    shape: Shape,
    codec: CodecRef<V>,
    groups: Groups<KS, VS>,
    owner: PhantomData<fn() -> (K, N)>,
}

impl<K, N, V, KS, VS> ValueTable<K, N, V, KS, VS>
where
    K: OrderedKey,
    N: OrderedKey,
    V: StateData,
    KS: KeyHold<(K, N)>,
    VS: Hold<V>,
{
    pub(super) fn new(meta: StateMeta, shape: Shape, codec: CodecRef<V>) -> Self {
        let groups = Groups::new(shape.range.len());
        Self {
            meta,
            shape,
            codec,
            groups,
            owner: PhantomData,
        }
    }

    pub(super) fn codec(&self) -> CodecRef<V> {
        self.codec.clone()
    }

    #[inline(always)]
    pub(super) fn get(&self, owner: Owner<'_, K, N>) -> Option<&V> {
        let group = self.groups.get(owner.group)?;
        group.table.get(owner.hash, |held| owner.is(held))?.get()
    }

    #[inline(always)]
    pub(super) fn set(&mut self, owner: Owner<'_, K, N>, value: V, stamp: Stamp) {
        match self.value_mut(owner, stamp) {
            Some(held) => held.set(value),
            None => self.insert(owner.apart(), value, stamp.epoch),
        }
    }

    /// Adds a value where there is none.
    #[inline(never)]
    fn insert(&mut self, owner: Owner<'_, K, N>, value: V, epoch: u32) {
        if let Some(group) = self.groups.get_mut(owner.group) {
            let (key, value) = (owner.hold(), VS::new(value));
            group.table.insert_new(owner.hash, key, value, epoch);
        }
    }

    pub(super) fn clear(&mut self, owner: Owner<'_, K, N>, stamp: Stamp) {
        let Some(group) = self.groups.get_mut(owner.group) else {
            return;
        };
        group.remove(owner.hash, |held| owner.is(held), stamp);
    }

    #[inline(always)]
    pub(super) fn update<R>(
        &mut self,
        owner: Owner<'_, K, N>,
        stamp: Stamp,
        f: impl FnOnce(&mut Option<V>) -> R,
    ) -> R {
        // Should the closure panic, having emptied the value, no empty entry must stay.
        let mut table = guard(self, |table| table.remove_if_vacant(owner.apart(), stamp));
        if let Some(held) = table.value_mut(owner, stamp) {
            let (result, present) = held.update(f);
            let table = ScopeGuard::into_inner(table);
            if !present {
                table.clear(owner.apart(), stamp);
            }
            return result;
        }
        let table = ScopeGuard::into_inner(table);
        let mut value = None;
        let result = f(&mut value);
        if let Some(value) = value {
            table.insert(owner.apart(), value, stamp.epoch);
        }
        result
    }

    #[inline(always)]
    fn value_mut(&mut self, owner: Owner<'_, K, N>, stamp: Stamp) -> Option<&mut VS> {
        let group = self.groups.get_mut(owner.group)?;
        let same = |held: &KS| owner.is(held);
        group.table.get_mut(owner.hash, same, stamp.epoch)
    }

    #[cold]
    #[inline(never)]
    fn remove_if_vacant(&mut self, owner: Owner<'_, K, N>, stamp: Stamp) {
        let held = self.value_mut(owner, stamp);
        if held.is_some_and(|held| held.get().is_none()) {
            self.clear(owner, stamp);
        }
    }

    /// Applies one entry of a snapshot.
    pub(super) fn restore(&mut self, owner: Owner<'_, K, N>, change: Change<'_>) -> Result<()> {
        match change {
            Change::Put(bytes) => {
                let value = decode_exact(&*self.codec, bytes)?;
                self.set(owner, value, Stamp::RESTORED);
                Ok(())
            }
            Change::Delete => {
                self.clear(owner, Stamp::RESTORED);
                Ok(())
            }
            Change::Append(_) => Err(super::shape::not_a_list(&self.meta)),
        }
    }

    pub(super) fn view(&mut self) -> Arc<dyn Lookup<K, N, (), V>> {
        Arc::new(FrozenValues(self.groups.freeze_tables()))
    }

    /// Empties a group, and makes room for about so many entries.
    pub(super) fn reset_group(&mut self, group: usize, room: usize) {
        self.groups.reset(group, room);
    }
}

impl<K, N, V, KS, VS> StateTable<K> for ValueTable<K, N, V, KS, VS>
where
    K: OrderedKey,
    N: OrderedKey,
    V: StateData,
    KS: KeyHold<(K, N)>,
    VS: Hold<V>,
{
    fn types() -> String {
        format!(
            "value of {} in namespaces {}",
            type_name::<V>(),
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
        for (held, value) in self.groups.iter() {
            bytes += live.size_of_owner(held.get());
            if let Some(value) = value.get() {
                bytes += live.size_of(&*self.codec, value)?;
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
        if size_of::<N>() > 0 {
            return;
        }
        self.groups.touch(places);
        if KS::ELSEWHERE || VS::ELSEWHERE {
            self.groups.touch_held(places, |key, value| {
                key.touch();
                value.touch();
            });
        }
    }

    fn freeze(&mut self) -> Box<dyn FrozenState> {
        Box::new(FrozenGroups {
            range: self.shape.range,
            groups: self.groups.freeze(),
            writer: ValueWriter {
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

/// The values of each group, for lookups.
struct FrozenValues<KS, VS>(Vec<FrozenTable<KS, VS>>);

impl<K, N, V, KS, VS> Lookup<K, N, (), V> for FrozenValues<KS, VS>
where
    K: OrderedKey,
    N: OrderedKey,
    KS: KeyHold<(K, N)>,
    VS: Hold<V>,
{
    fn find(&self, owner: Owner<'_, K, N>, _query: &()) -> Option<&V> {
        self.0
            .get(owner.group)?
            .get(owner.hash, |held| owner.is(held))?
            .get()
    }
}

struct ValueWriter<K, N, V: 'static> {
    codec: CodecRef<V>,
    owner: PhantomData<fn() -> (K, N)>,
}

impl<K, N, V, KS, VS> EntryWriter<KS, VS> for ValueWriter<K, N, V>
where
    K: OrderedKey,
    N: OrderedKey,
    V: StateData,
    KS: KeyHold<(K, N)>,
    VS: Hold<V>,
{
    fn write(&self, key: &KS, value: &VS, _since: Option<u32>, out: &mut Out<'_>) -> Result<()> {
        let Some(value) = value.get() else {
            return Ok(());
        };
        out.owner(key.get());
        out.scratch.value.clear();
        self.codec.encode(value, &mut out.scratch.value)?;
        out.put_value()
    }

    fn write_batch(
        &self,
        mut batch: &[(&KS, &VS)],
        _since: Option<u32>,
        out: &mut Out<'_>,
    ) -> Result<()> {
        // Nothing in the loops waits for the entry before: the memory is asked for many at once.
        let present = batch.iter().filter(|(key, value)| {
            key.touch();
            value.get().is_some()
        });
        black_box(present.count());
        while !batch.is_empty() {
            let scratch = &mut out.scratch;
            scratch.key.clear();
            scratch.namespace.clear();
            scratch.value.clear();
            scratch.ends.clear();
            for (key, _) in batch {
                if scratch.key.len() + scratch.namespace.len() > BATCH_BYTES {
                    break;
                }
                let (key, namespace) = key.get();
                key.encode_key(&mut scratch.key);
                namespace.encode_key(&mut scratch.namespace);
                scratch.ends.push(Ends {
                    key: scratch.key.len(),
                    namespace: scratch.namespace.len(),
                    value: None,
                });
            }
            let mut encoded = 0;
            for ((_, value), ends) in batch.iter().zip(&mut scratch.ends) {
                if scratch.value.len() > BATCH_BYTES {
                    break;
                }
                if let Some(value) = value.get() {
                    self.codec.encode(value, &mut scratch.value)?;
                    ends.value = Some(scratch.value.len());
                }
                encoded += 1;
            }
            scratch.ends.truncate(encoded);
            batch = batch.get(encoded..).unwrap_or_default();
            out.put_values()?;
        }
        Ok(())
    }

    fn delete(&self, key: &KS, out: &mut Out<'_>) -> Result<()> {
        out.owner(key.get());
        out.put_delete()
    }

    fn is_present(&self, group: &FrozenGroup<KS, VS>, key: &KS) -> bool {
        group
            .table
            .get(rehash::<K, N, KS>(key), |held| held == key)
            .is_some()
    }
}
