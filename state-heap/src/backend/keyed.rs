//! The backend, and its accesses.

use super::epochs::Epochs;
use super::groups::{Place, Stamp};
use super::hashing;
use super::job::{FrozenState, HeapJob};
use super::lists::ListTable;
use super::live::LiveBytes;
use super::maps::MapTable;
use super::options::HeapOptions;
use super::owner::Owner;
use super::pick::{list_table, map_table, value_table};
use super::registry::{Registry, StateTable};
use super::restore::Restored;
use super::shape::Shape;
use super::values::ValueTable;
use crate::table::{Inline, Shared, is_shared};
use alluvium_state_api::{
    Budget, CheckpointId, FreezeRequest, KeyCx, KeyGroup, KeyGroupRange, KeyedBackend, ListHandle,
    ListSpec, Maintained, MapHandle, MapSpec, MaxParallelism, OrderedKey, Result, Schema,
    SnapshotHeader, SnapshotJob, StateData, StateError, StateHandle, StateId, StateMeta, StateRef,
    ValueHandle, ValueSpec,
};
use std::any::{TypeId, type_name};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

/// The keyed state of one subtask, on the heap.
///
/// ```
/// use alluvium_state_api::{KeyedBackendExt, MapDescriptor, OpenRequest};
/// use alluvium_state_heap::{HeapKeyedBackend, HeapOptions};
///
/// const VISITS: MapDescriptor<String, u32> = MapDescriptor::new("visits");
/// let mut state = HeapKeyedBackend::<u64>::open(OpenRequest::fresh(0, 1), HeapOptions::default())?;
/// let visits = state.register(&VISITS)?;
/// state.key(&7)?.map(visits).put("home".to_owned(), 3)?;
/// assert_eq!(state.key(&7)?.map(visits).get(&"home".to_owned())?.as_deref(), Some(&3));
/// # Ok::<(), alluvium_state_api::StateError>(())
/// ```
pub struct HeapKeyedBackend<K: OrderedKey> {
    pub(super) shape: Shape,
    pub(super) key: Schema,
    pub(super) registry: Registry<K>,
    pub(super) restored: Restored,
    pub(super) epochs: Epochs,
    pub(super) live: LiveBytes,
    pub(super) options: HeapOptions,
    pub(super) keys: PhantomData<fn() -> K>,
}

impl<K: OrderedKey> fmt::Debug for HeapKeyedBackend<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |metas: Vec<StateMeta>| metas.into_iter().map(|m| m.name).collect::<Vec<_>>();
        f.debug_struct("HeapKeyedBackend")
            .field("key_groups", &self.shape.range)
            .field("max_parallelism", &self.shape.max_parallelism)
            .field("states", &names(self.states()))
            .field("unclaimed", &names(self.unclaimed()))
            .finish_non_exhaustive()
    }
}

impl<K: OrderedKey> HeapKeyedBackend<K> {
    /// How a write is recorded now.
    #[inline]
    pub(super) fn stamp(&self) -> Stamp {
        Stamp {
            epoch: self.epochs.current(),
            tombstones: self.options.track_changes && self.epochs.may_be_built_on(),
            settled: if self.options.track_changes {
                self.epochs.settled()
            } else {
                u32::MAX
            },
        }
    }

    /// Leaves the value as `value` says.
    pub(super) fn write_value<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        value: Option<V>,
    ) -> Result<()> {
        match value {
            Some(value) => self.value_set(handle, cx, namespace, value),
            None => self.value_clear(handle, cx, namespace),
        }
    }

    #[inline]
    pub(super) const fn range(&self) -> KeyGroupRange {
        self.shape.range
    }

    fn header(&self, request: &FreezeRequest) -> SnapshotHeader {
        let registered = self.registry.iter().map(StateTable::meta);
        SnapshotHeader {
            checkpoint: request.checkpoint,
            base: None,
            max_parallelism: self.shape.max_parallelism,
            groups: self.shape.range,
            key: self.key.clone(),
            states: registered.chain(self.restored.metas()).cloned().collect(),
        }
    }

    /// Every state frozen, in the order of [`header`](Self::header).
    fn frozen_states(&mut self) -> Vec<Box<dyn FrozenState>> {
        let registered = self.registry.iter_mut().map(|table| table.freeze());
        registered.chain(self.restored.freeze()).collect()
    }
}

/// How many keys have their entries fetched together: more than a processor waits for at once.
const PREFETCH: usize = 32;

#[cold]
fn foreign(group: KeyGroup, range: KeyGroupRange) -> StateError {
    StateError::misuse(format!(
        "the key belongs to key group {group}, outside the range {range} of this subtask"
    ))
}

/// The same, made anew of its parts. Handing the address of `cx` to a function that is not inlined
/// would keep it in memory also where that function is not called.
#[inline(always)]
fn apart<'k, K>(cx: KeyCx<'k, K>) -> KeyCx<'k, K> {
    KeyCx::new(cx.key(), cx.hash(), cx.group())
}

impl<K: OrderedKey> KeyedBackend for HeapKeyedBackend<K> {
    type Key = K;

    fn key_groups(&self) -> KeyGroupRange {
        self.shape.range
    }

    fn max_parallelism(&self) -> MaxParallelism {
        self.shape.max_parallelism
    }

    #[inline(always)]
    fn enter<'k>(&mut self, key: &'k K) -> Result<KeyCx<'k, K>> {
        let group = self.shape.max_parallelism.group_of(key.key_hash());
        if !self.shape.range.contains(group) {
            return Err(foreign(group, self.shape.range));
        }
        Ok(KeyCx::new(key, hashing::of(key), group))
    }

    fn register_value<V: StateData, N: OrderedKey>(
        &mut self,
        spec: &ValueSpec<'_, V, N>,
    ) -> Result<StateId> {
        // Constant conditions, here and below: only the branch that is taken is compiled.
        if const { is_shared::<(K, N)>() } {
            if const { is_shared::<V>() } {
                self.open_values::<N, V, Arc<(K, N)>, Shared<V>>(spec)
            } else {
                self.open_values::<N, V, Arc<(K, N)>, Inline<V>>(spec)
            }
        } else if const { is_shared::<V>() } {
            self.open_values::<N, V, Inline<(K, N)>, Shared<V>>(spec)
        } else {
            self.open_values::<N, V, Inline<(K, N)>, Inline<V>>(spec)
        }
    }

    fn register_list<T: StateData, N: OrderedKey>(
        &mut self,
        spec: &ListSpec<'_, T, N>,
    ) -> Result<StateId> {
        if const { is_shared::<(K, N)>() } {
            self.open_lists::<N, T, Arc<(K, N)>>(spec)
        } else {
            self.open_lists::<N, T, Inline<(K, N)>>(spec)
        }
    }

    fn register_map<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        spec: &MapSpec<'_, UK, UV, N>,
    ) -> Result<StateId> {
        /// Opens the table for one way of holding owners and user keys.
        macro_rules! open {
            ($OS:ty, $US:ty) => {
                if const { is_shared::<UV>() } {
                    self.open_maps::<N, UK, UV, $OS, $US, Shared<UV>>(spec)
                } else {
                    self.open_maps::<N, UK, UV, $OS, $US, Inline<UV>>(spec)
                }
            };
        }
        if const { is_shared::<(K, N)>() } {
            if const { is_shared::<UK>() } {
                open!(Arc<(K, N)>, Arc<UK>)
            } else {
                open!(Arc<(K, N)>, Inline<UK>)
            }
        } else if const { is_shared::<UK>() } {
            open!(Inline<(K, N)>, Arc<UK>)
        } else {
            open!(Inline<(K, N)>, Inline<UK>)
        }
    }

    fn states(&self) -> Vec<StateMeta> {
        let registered = self.registry.iter().map(StateTable::meta);
        let mut metas: Vec<_> = registered.chain(self.restored.metas()).cloned().collect();
        metas.sort_by(|a, b| a.name.cmp(&b.name));
        metas
    }

    fn unclaimed(&self) -> Vec<StateMeta> {
        self.restored.metas().cloned().collect()
    }

    fn state_id(&self, name: &str) -> Option<StateId> {
        self.registry.id(name)
    }

    #[inline(always)]
    fn value_get<V: StateData, N: OrderedKey>(
        &self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
    ) -> Result<Option<StateRef<'_, V>>> {
        let owner = Owner::new(self.range(), cx, namespace);
        value_table!(self.registry, get, handle.id(), <K, N, V>, table => {
            Ok(table.get(owner).map(StateRef::borrowed))
        })
    }

    #[inline(always)]
    fn value_set<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        value: V,
    ) -> Result<()> {
        if self.live.is_limited() {
            self.charge_value(handle, apart(cx), namespace, Some(&value))?;
        }
        let (owner, stamp) = (Owner::new(self.range(), cx, namespace), self.stamp());
        value_table!(self.registry, get_mut, handle.id(), <K, N, V>, table => {
            table.set(owner, value, stamp);
            Ok(())
        })
    }

    fn value_clear<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
    ) -> Result<()> {
        if self.live.is_limited() {
            self.charge_value(handle, apart(cx), namespace, None)?;
        }
        let (owner, stamp) = (Owner::new(self.range(), cx, namespace), self.stamp());
        value_table!(self.registry, get_mut, handle.id(), <K, N, V>, table => {
            table.clear(owner, stamp);
            Ok(())
        })
    }

    #[inline(always)]
    fn value_update<V: StateData, N: OrderedKey, R>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        f: impl FnOnce(&mut Option<V>) -> R,
    ) -> Result<R> {
        if self.live.is_limited() {
            return self.limited_update(handle, apart(cx), namespace, f);
        }
        let (owner, stamp) = (Owner::new(self.range(), cx, namespace), self.stamp());
        value_table!(self.registry, get_mut, handle.id(), <K, N, V>, table => {
            Ok(table.update(owner, stamp, f))
        })
    }

    fn value_update_pair<V: StateData, W: StateData, N: OrderedKey, M: OrderedKey, R>(
        &mut self,
        first: (ValueHandle<V, N>, &N),
        second: (ValueHandle<W, M>, &M),
        cx: KeyCx<'_, K>,
        f: impl FnOnce(&mut Option<V>, &mut Option<W>) -> R,
    ) -> Result<R> {
        if first.0.id() == second.0.id() {
            let name = &self.registry.any(first.0.id())?.meta().name;
            return Err(StateError::misuse(format!(
                "two different states are needed, found state '{name}' twice"
            )));
        }
        if self.live.is_limited() {
            return self.limited_update_pair(first, second, cx, f);
        }
        let mut other = self
            .value_get(second.0, cx, second.1)?
            .map(StateRef::into_owned);
        let result = self.value_update(first.0, cx, first.1, |value| f(value, &mut other))?;
        self.write_value(second.0, cx, second.1, other)?;
        Ok(result)
    }

    fn value_merge<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, K>,
        target: &N,
        sources: &[&N],
        fold: impl FnMut(&mut V, V),
    ) -> Result<()> {
        self.merge_values(handle, cx, target, sources, fold)
    }

    #[inline(always)]
    fn list_append<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        item: T,
    ) -> Result<()> {
        if self.live.is_limited() {
            self.charge_items(handle, apart(cx), namespace, std::slice::from_ref(&item))?;
        }
        let (owner, stamp) = (Owner::new(self.range(), cx, namespace), self.stamp());
        list_table!(self.registry, get_mut, handle.id(), <K, N, T>, table => {
            table.append(owner, item, stamp);
            Ok(())
        })
    }

    fn list_extend<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        items: Vec<T>,
    ) -> Result<()> {
        if self.live.is_limited() {
            self.charge_items(handle, apart(cx), namespace, &items)?;
        }
        let (owner, stamp) = (Owner::new(self.range(), cx, namespace), self.stamp());
        list_table!(self.registry, get_mut, handle.id(), <K, N, T>, table => {
            table.extend(owner, items, stamp);
            Ok(())
        })
    }

    fn list_set<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        items: Vec<T>,
    ) -> Result<()> {
        if self.live.is_limited() {
            self.charge_list(handle, apart(cx), namespace, &items)?;
        }
        let (owner, stamp) = (Owner::new(self.range(), cx, namespace), self.stamp());
        list_table!(self.registry, get_mut, handle.id(), <K, N, T>, table => {
            table.set(owner, items, stamp);
            Ok(())
        })
    }

    #[inline]
    fn list_scan<T: StateData, N: OrderedKey>(
        &self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        f: impl FnMut(&T) -> ControlFlow<()>,
    ) -> Result<()> {
        let owner = Owner::new(self.range(), cx, namespace);
        list_table!(self.registry, get, handle.id(), <K, N, T>, table => {
            // Breaking is how the caller says that it has seen enough.
            let _ = table.get(owner).map(|list| list.iter().try_for_each(f));
            Ok(())
        })
    }

    fn list_clear<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
    ) -> Result<()> {
        if self.live.is_limited() {
            self.charge_list(handle, apart(cx), namespace, &[])?;
        }
        let (owner, stamp) = (Owner::new(self.range(), cx, namespace), self.stamp());
        list_table!(self.registry, get_mut, handle.id(), <K, N, T>, table => {
            table.clear(owner, stamp);
            Ok(())
        })
    }

    fn list_merge<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, K>,
        target: &N,
        sources: &[&N],
    ) -> Result<()> {
        self.merge_lists(handle, cx, target, sources)
    }

    #[inline(always)]
    fn map_get<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        user_key: &UK,
    ) -> Result<Option<StateRef<'_, UV>>> {
        let owner = Owner::new(self.range(), cx, namespace);
        map_table!(self.registry, get, handle.id(), <K, N, UK, UV>, table => {
            Ok(table.get(owner, user_key).map(StateRef::borrowed))
        })
    }

    #[inline(always)]
    fn map_put<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        user_key: UK,
        value: UV,
    ) -> Result<()> {
        if self.live.is_limited() {
            self.charge_entry(handle, apart(cx), namespace, &user_key, Some(&value))?;
        }
        let (owner, stamp) = (Owner::new(self.range(), cx, namespace), self.stamp());
        map_table!(self.registry, get_mut, handle.id(), <K, N, UK, UV>, table => {
            table.put(owner, user_key, value, stamp);
            Ok(())
        })
    }

    fn map_put_all<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        entries: Vec<(UK, UV)>,
    ) -> Result<()> {
        if self.live.is_limited() {
            self.charge_entries(handle, cx, namespace, &entries)?;
        }
        let (owner, stamp) = (Owner::new(self.range(), cx, namespace), self.stamp());
        map_table!(self.registry, get_mut, handle.id(), <K, N, UK, UV>, table => {
            for (key, value) in entries {
                table.put(owner, key, value, stamp);
            }
            Ok(())
        })
    }

    #[inline(always)]
    fn map_update<UK: OrderedKey, UV: StateData, N: OrderedKey, R>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        user_key: &UK,
        f: impl FnOnce(&mut Option<UV>) -> R,
    ) -> Result<R> {
        if self.live.is_limited() {
            return self.limited_map_update(handle, apart(cx), namespace, user_key, f);
        }
        let (owner, stamp) = (Owner::new(self.range(), cx, namespace), self.stamp());
        map_table!(self.registry, get_mut, handle.id(), <K, N, UK, UV>, table => {
            Ok(table.update(owner, user_key, stamp, f))
        })
    }

    fn map_update_all<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        f: impl FnMut(&UK, &mut Option<UV>),
    ) -> Result<()> {
        self.update_map(handle, cx, namespace, f)
    }

    fn map_remove<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        user_key: &UK,
    ) -> Result<()> {
        if self.live.is_limited() {
            self.charge_entry(handle, apart(cx), namespace, user_key, None)?;
        }
        let (owner, stamp) = (Owner::new(self.range(), cx, namespace), self.stamp());
        map_table!(self.registry, get_mut, handle.id(), <K, N, UK, UV>, table => {
            table.remove(owner, user_key, stamp);
            Ok(())
        })
    }

    fn map_scan<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
        bounds: (Bound<&UK>, Bound<&UK>),
        f: impl FnMut(&UK, &UV) -> ControlFlow<()>,
    ) -> Result<()> {
        let owner = Owner::new(self.range(), cx, namespace);
        map_table!(self.registry, get, handle.id(), <K, N, UK, UV>, table => {
            table.scan(owner, bounds, f);
            Ok(())
        })
    }

    fn map_is_empty<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
    ) -> Result<bool> {
        let owner = Owner::new(self.range(), cx, namespace);
        map_table!(self.registry, get, handle.id(), <K, N, UK, UV>, table => {
            Ok(table.is_empty(owner))
        })
    }

    fn map_clear<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, K>,
        namespace: &N,
    ) -> Result<()> {
        if self.live.is_limited() {
            self.release_map(handle, cx, namespace)?;
        }
        let (owner, stamp) = (Owner::new(self.range(), cx, namespace), self.stamp());
        map_table!(self.registry, get_mut, handle.id(), <K, N, UK, UV>, table => {
            table.clear(owner, stamp);
            Ok(())
        })
    }

    fn scan_keys<N: OrderedKey>(
        &self,
        state: StateId,
        mut f: impl FnMut(&K, &N) -> ControlFlow<()>,
    ) -> Result<()> {
        let table = self.registry.any(state)?;
        if table.namespace_type() != TypeId::of::<N>() {
            return Err(StateError::misuse(format!(
                "state '{}' has namespaces of {}, asked for {}",
                table.meta().name,
                table.meta().namespace,
                type_name::<N>()
            )));
        }
        table.scan_keys(&mut |key, namespace| {
            let namespace = namespace.downcast_ref();
            namespace.map_or(ControlFlow::Continue(()), |namespace| f(key, namespace))
        });
        Ok(())
    }

    fn entry_count(&self, state: StateId) -> Result<u64> {
        Ok(self.registry.any(state)?.entry_count())
    }

    fn set_time(&mut self, _processing: i64, _watermark: i64) {
        // Nothing on the heap depends on time yet.
    }

    fn maintain(&mut self, _budget: Budget) -> Result<Maintained> {
        Ok(Maintained::default())
    }

    /// Has the memory of their entries come: where the state is larger than the caches, accesses
    /// that follow do not wait for it one after the other. Best with some dozens of keys at a time.
    fn prefetch(&mut self, keys: &[K]) {
        for keys in keys.chunks(PREFETCH) {
            let mut places = [Place::default(); PREFETCH];
            let groups = self.shape.max_parallelism;
            for (place, key) in places.iter_mut().zip(keys) {
                place.group = self.range().place_of(groups.group_of(key.key_hash()));
                place.hash = hashing::of(key);
            }
            let places = places.get(..keys.len()).unwrap_or_default();
            self.registry.iter().for_each(|table| table.touch(places));
        }
    }

    fn freeze(&mut self, request: FreezeRequest) -> Result<Box<dyn SnapshotJob>> {
        self.epochs.check(request.checkpoint)?;
        let states = self.frozen_states();
        let mut header = self.header(&request);
        let (base, token) = self.epochs.freeze(request.checkpoint, request.mode);
        let base = base.filter(|_| self.options.track_changes);
        header.base = base.map(|base| base.checkpoint);
        let job = Box::new(HeapJob::new(header, states, base, Arc::clone(&token)));
        if self.options.synchronous_snapshots {
            return super::buffered::run_now(job, token);
        }
        Ok(job)
    }

    fn confirm(&mut self, checkpoint: CheckpointId) {
        if let Some(base) = self.epochs.confirm(checkpoint) {
            self.registry
                .iter_mut()
                .for_each(|table| table.confirm(base.epoch));
        }
    }

    fn abort(&mut self, checkpoint: CheckpointId) {
        self.epochs.abort(checkpoint);
    }

    fn key_schema(&self) -> Schema {
        self.key.clone()
    }
}
