//! The choice of backend at run time: a closed enum, matched once per call, so that the calls
//! themselves stay static.

use alluvium_checkpoint::SnapshotFileOptions;
use alluvium_state_api::{
    Budget, CheckpointId, FreezeRequest, KeyCx, KeyGroupRange, KeyedBackend, ListHandle, ListSpec,
    Maintained, MapHandle, MapSpec, MaxParallelism, OpenRequest, OrderedKey, Result, Schema,
    SnapshotJob, SnapshotLimits, StateBackend, StateData, StateId, StateMeta, StateRef,
    ValueHandle, ValueSpec,
};
use alluvium_state_heap::HeapKeyedBackend;
use std::ops::{Bound, ControlFlow};

#[cfg(feature = "fs")]
use alluvium_backend_fs::FsBackend;
#[cfg(feature = "memory")]
use alluvium_backend_memory::MemoryBackend;

/// A kind of backend with its settings, chosen at run time.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub enum AnyStateBackend {
    /// State on the heap, snapshots in memory.
    #[cfg(feature = "memory")]
    Memory(MemoryBackend),
    /// State on the heap, snapshots in files.
    #[cfg(feature = "fs")]
    Fs(FsBackend),
}

#[cfg(feature = "memory")]
impl Default for AnyStateBackend {
    fn default() -> Self {
        Self::Memory(MemoryBackend::default())
    }
}

#[cfg(feature = "memory")]
impl From<MemoryBackend> for AnyStateBackend {
    fn from(backend: MemoryBackend) -> Self {
        Self::Memory(backend)
    }
}

#[cfg(feature = "fs")]
impl From<FsBackend> for AnyStateBackend {
    fn from(backend: FsBackend) -> Self {
        Self::Fs(backend)
    }
}

impl AnyStateBackend {
    /// How snapshots are laid into files; `None` for a backend whose snapshots stay inside the
    /// metadata.
    pub fn file_options(&self) -> Option<&SnapshotFileOptions> {
        match *self {
            #[cfg(feature = "memory")]
            Self::Memory(_) => None,
            #[cfg(feature = "fs")]
            Self::Fs(ref backend) => Some(backend.file_options()),
        }
    }
}

#[deny(clippy::missing_trait_methods)]
impl StateBackend for AnyStateBackend {
    type Keyed<K: OrderedKey> = AnyBackend<K>;

    #[cfg_attr(
        not(any(feature = "memory", feature = "fs")),
        expect(
            unused_variables,
            reason = "without any backend there is nothing to open"
        )
    )]
    fn open<K: OrderedKey>(&self, request: OpenRequest) -> Result<AnyBackend<K>> {
        match *self {
            #[cfg(feature = "memory")]
            Self::Memory(ref backend) => backend.open(request).map(AnyBackend::Heap),
            #[cfg(feature = "fs")]
            Self::Fs(ref backend) => backend.open(request).map(AnyBackend::Heap),
        }
    }

    fn snapshot_limits(&self) -> SnapshotLimits {
        match *self {
            #[cfg(feature = "memory")]
            Self::Memory(ref backend) => backend.snapshot_limits(),
            #[cfg(feature = "fs")]
            Self::Fs(ref backend) => backend.snapshot_limits(),
        }
    }
}

/// The keyed state of one subtask, in whichever backend was chosen.
#[non_exhaustive]
#[derive(Debug)]
pub enum AnyBackend<K: OrderedKey> {
    /// State on the heap.
    Heap(HeapKeyedBackend<K>),
}

macro_rules! each {
    ($any:expr, $backend:ident => $call:expr) => {
        match $any {
            AnyBackend::Heap($backend) => $call,
        }
    };
}

#[deny(clippy::missing_trait_methods)]
impl<K: OrderedKey> KeyedBackend for AnyBackend<K> {
    type Key = K;

    fn key_groups(&self) -> KeyGroupRange {
        each!(self, backend => backend.key_groups())
    }

    fn max_parallelism(&self) -> MaxParallelism {
        each!(self, backend => backend.max_parallelism())
    }

    #[inline]
    fn enter<'k>(&mut self, key: &'k Self::Key) -> Result<KeyCx<'k, Self::Key>> {
        each!(self, backend => backend.enter(key))
    }

    fn register_value<V: StateData, N: OrderedKey>(
        &mut self,
        spec: &ValueSpec<'_, V, N>,
    ) -> Result<StateId> {
        each!(self, backend => backend.register_value(spec))
    }

    fn register_list<T: StateData, N: OrderedKey>(
        &mut self,
        spec: &ListSpec<'_, T, N>,
    ) -> Result<StateId> {
        each!(self, backend => backend.register_list(spec))
    }

    fn register_map<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        spec: &MapSpec<'_, UK, UV, N>,
    ) -> Result<StateId> {
        each!(self, backend => backend.register_map(spec))
    }

    fn states(&self) -> Vec<StateMeta> {
        each!(self, backend => backend.states())
    }

    fn unclaimed(&self) -> Vec<StateMeta> {
        each!(self, backend => backend.unclaimed())
    }

    fn state_id(&self, name: &str) -> Option<StateId> {
        each!(self, backend => backend.state_id(name))
    }

    #[inline]
    fn value_get<V: StateData, N: OrderedKey>(
        &self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
    ) -> Result<Option<StateRef<'_, V>>> {
        each!(self, backend => backend.value_get(handle, cx, namespace))
    }

    #[inline]
    fn value_set<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        value: V,
    ) -> Result<()> {
        each!(self, backend => backend.value_set(handle, cx, namespace, value))
    }

    #[inline]
    fn value_clear<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
    ) -> Result<()> {
        each!(self, backend => backend.value_clear(handle, cx, namespace))
    }

    #[inline]
    fn value_update<V: StateData, N: OrderedKey, R>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        f: impl FnOnce(&mut Option<V>) -> R,
    ) -> Result<R> {
        each!(self, backend => backend.value_update(handle, cx, namespace, f))
    }

    #[inline]
    fn value_update_pair<V: StateData, W: StateData, N: OrderedKey, M: OrderedKey, R>(
        &mut self,
        first: (ValueHandle<V, N>, &N),
        second: (ValueHandle<W, M>, &M),
        cx: KeyCx<'_, Self::Key>,
        f: impl FnOnce(&mut Option<V>, &mut Option<W>) -> R,
    ) -> Result<R> {
        each!(self, backend => backend.value_update_pair(first, second, cx, f))
    }

    #[inline]
    fn value_merge<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, Self::Key>,
        target: &N,
        sources: &[&N],
        fold: impl FnMut(&mut V, V),
    ) -> Result<()> {
        each!(self, backend => backend.value_merge(handle, cx, target, sources, fold))
    }

    #[inline]
    fn list_append<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        item: T,
    ) -> Result<()> {
        each!(self, backend => backend.list_append(handle, cx, namespace, item))
    }

    #[inline]
    fn list_extend<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        items: Vec<T>,
    ) -> Result<()> {
        each!(self, backend => backend.list_extend(handle, cx, namespace, items))
    }

    #[inline]
    fn list_set<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        items: Vec<T>,
    ) -> Result<()> {
        each!(self, backend => backend.list_set(handle, cx, namespace, items))
    }

    #[inline]
    fn list_scan<T: StateData, N: OrderedKey>(
        &self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        f: impl FnMut(&T) -> ControlFlow<()>,
    ) -> Result<()> {
        each!(self, backend => backend.list_scan(handle, cx, namespace, f))
    }

    #[inline]
    fn list_clear<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
    ) -> Result<()> {
        each!(self, backend => backend.list_clear(handle, cx, namespace))
    }

    #[inline]
    fn list_merge<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, Self::Key>,
        target: &N,
        sources: &[&N],
    ) -> Result<()> {
        each!(self, backend => backend.list_merge(handle, cx, target, sources))
    }

    #[inline]
    fn map_get<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        user_key: &UK,
    ) -> Result<Option<StateRef<'_, UV>>> {
        each!(self, backend => backend.map_get(handle, cx, namespace, user_key))
    }

    #[inline]
    fn map_put<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        user_key: UK,
        value: UV,
    ) -> Result<()> {
        each!(self, backend => backend.map_put(handle, cx, namespace, user_key, value))
    }

    #[inline]
    fn map_put_all<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        entries: Vec<(UK, UV)>,
    ) -> Result<()> {
        each!(self, backend => backend.map_put_all(handle, cx, namespace, entries))
    }

    #[inline]
    fn map_update<UK: OrderedKey, UV: StateData, N: OrderedKey, R>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        user_key: &UK,
        f: impl FnOnce(&mut Option<UV>) -> R,
    ) -> Result<R> {
        each!(self, backend => backend.map_update(handle, cx, namespace, user_key, f))
    }

    #[inline]
    fn map_update_all<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        f: impl FnMut(&UK, &mut Option<UV>),
    ) -> Result<()> {
        each!(self, backend => backend.map_update_all(handle, cx, namespace, f))
    }

    #[inline]
    fn map_remove<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        user_key: &UK,
    ) -> Result<()> {
        each!(self, backend => backend.map_remove(handle, cx, namespace, user_key))
    }

    #[inline]
    fn map_scan<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        bounds: (Bound<&UK>, Bound<&UK>),
        f: impl FnMut(&UK, &UV) -> ControlFlow<()>,
    ) -> Result<()> {
        each!(self, backend => backend.map_scan(handle, cx, namespace, bounds, f))
    }

    #[inline]
    fn map_is_empty<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
    ) -> Result<bool> {
        each!(self, backend => backend.map_is_empty(handle, cx, namespace))
    }

    #[inline]
    fn map_clear<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
    ) -> Result<()> {
        each!(self, backend => backend.map_clear(handle, cx, namespace))
    }

    fn scan_keys<N: OrderedKey>(
        &self,
        state: StateId,
        f: impl FnMut(&Self::Key, &N) -> ControlFlow<()>,
    ) -> Result<()> {
        each!(self, backend => backend.scan_keys(state, f))
    }

    fn entry_count(&self, state: StateId) -> Result<u64> {
        each!(self, backend => backend.entry_count(state))
    }

    fn set_time(&mut self, processing: i64, watermark: i64) {
        each!(self, backend => backend.set_time(processing, watermark));
    }

    fn maintain(&mut self, budget: Budget) -> Result<Maintained> {
        each!(self, backend => backend.maintain(budget))
    }

    fn prefetch(&mut self, keys: &[Self::Key]) {
        each!(self, backend => backend.prefetch(keys));
    }

    fn freeze(&mut self, request: FreezeRequest) -> Result<Box<dyn SnapshotJob>> {
        each!(self, backend => backend.freeze(request))
    }

    fn confirm(&mut self, checkpoint: CheckpointId) {
        each!(self, backend => backend.confirm(checkpoint));
    }

    fn abort(&mut self, checkpoint: CheckpointId) {
        each!(self, backend => backend.abort(checkpoint));
    }

    fn key_schema(&self) -> Schema {
        each!(self, backend => backend.key_schema())
    }
}
