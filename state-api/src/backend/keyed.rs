//! The contract of a keyed backend.

use super::KeyCx;
use crate::data::StateData;
use crate::error::Result;
use crate::group::{KeyGroupRange, MaxParallelism};
use crate::key::OrderedKey;
use crate::schema::Schema;
use crate::snapshot::{CheckpointId, FreezeRequest, SnapshotJob};
use crate::state::{
    ListHandle, ListSpec, MapHandle, MapSpec, StateId, StateMeta, StateRef, ValueHandle, ValueSpec,
};
use std::ops::{Bound, ControlFlow};

/// How much work a call of [`KeyedBackend::maintain`] may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The greatest number of entries to look at.
    pub entries: usize,
}

/// What a call of [`KeyedBackend::maintain`] has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// The number of entries looked at.
    pub visited: usize,
    /// Whether there is more to do at once.
    pub more: bool,
}

/// The keyed state of one subtask. Backend authors implement this; users call
/// [`KeyScope`](crate::KeyScope) and [`KeyedBackendExt`](super::KeyedBackendExt), which are written
/// once for all backends.
///
/// # Rules
/// - Keys are entered by [`enter`](Self::enter); a [`KeyCx`] is valid until the next `enter`.
/// - A handle that another backend gave out, or whose types are not those of the state, is
///   `Misuse`, and nothing has changed.
/// - An access that fails changes nothing. Batch calls are all or nothing.
/// - An absent value is `None`; an empty list and an empty map are the same as absent ones and
///   leave nothing behind, in memory or in snapshots.
/// - A closure that panics leaves the entry as it was before, or as the closure left it; one that it
///   had emptied may be gone, and is then not counted.
/// - What [`freeze`](Self::freeze) returned never sees a later change.
///
/// No method has a default: a wrapper that forgets one must not compile.
pub trait KeyedBackend: Send + 'static {
    /// The type of keys.
    type Key: OrderedKey;

    /// The key groups that this backend holds.
    fn key_groups(&self) -> KeyGroupRange;

    /// The number of key groups of the operator.
    fn max_parallelism(&self) -> MaxParallelism;

    /// Derives what accesses under `key` need.
    ///
    /// # Errors
    /// `Misuse` if the key's group lies outside [`key_groups`](Self::key_groups).
    fn enter<'k>(&mut self, key: &'k Self::Key) -> Result<KeyCx<'k, Self::Key>>;

    /// Registers a state that stores one value; the same name, kind and types return the same id.
    ///
    /// # Errors
    /// As [`StateDescriptor::register`](crate::StateDescriptor::register).
    fn register_value<V: StateData, N: OrderedKey>(
        &mut self,
        spec: &ValueSpec<'_, V, N>,
    ) -> Result<StateId>;

    /// Registers a list state; likewise.
    ///
    /// # Errors
    /// As [`StateDescriptor::register`](crate::StateDescriptor::register).
    fn register_list<T: StateData, N: OrderedKey>(
        &mut self,
        spec: &ListSpec<'_, T, N>,
    ) -> Result<StateId>;

    /// Registers a map state; likewise.
    ///
    /// # Errors
    /// As [`StateDescriptor::register`](crate::StateDescriptor::register).
    fn register_map<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        spec: &MapSpec<'_, UK, UV, N>,
    ) -> Result<StateId>;

    /// Every state, registered or restored and not registered yet, in order of names.
    fn states(&self) -> Vec<StateMeta>;

    /// The states that were restored and are not registered yet, in order of names. They are
    /// carried on from snapshot to snapshot, with their old schemas.
    fn unclaimed(&self) -> Vec<StateMeta>;

    /// The registered state called `name`.
    fn state_id(&self, name: &str) -> Option<StateId>;

    /// Reads a value.
    ///
    /// # Errors
    /// `Misuse` for a wrong handle; `Corrupt` or `Storage` from a backend that reads stored bytes.
    /// The same holds for every access below.
    fn value_get<V: StateData, N: OrderedKey>(
        &self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
    ) -> Result<Option<StateRef<'_, V>>>;

    /// Writes a value without reading the old one.
    ///
    /// # Errors
    /// As [`value_get`](Self::value_get); `LimitExceeded` if the state may not grow.
    fn value_set<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        value: V,
    ) -> Result<()>;

    /// Removes a value, if there is one.
    ///
    /// # Errors
    /// As [`value_get`](Self::value_get).
    fn value_clear<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
    ) -> Result<()>;

    /// Lends the value to `f`, which leaves it as it wants it: `None` removes it.
    ///
    /// # Errors
    /// As [`value_set`](Self::value_set).
    fn value_update<V: StateData, N: OrderedKey, R>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        f: impl FnOnce(&mut Option<V>) -> R,
    ) -> Result<R>;

    /// Lends the values of two states to `f` at once.
    ///
    /// # Errors
    /// As [`value_set`](Self::value_set); `Misuse` if both handles name the same state.
    fn value_update_pair<V: StateData, W: StateData, N: OrderedKey, M: OrderedKey, R>(
        &mut self,
        first: (ValueHandle<V, N>, &N),
        second: (ValueHandle<W, M>, &M),
        cx: KeyCx<'_, Self::Key>,
        f: impl FnOnce(&mut Option<V>, &mut Option<W>) -> R,
    ) -> Result<R>;

    /// Merges the values of `sources` into that of `target`, and removes them, in one step: either
    /// all of it has happened, or nothing. `fold` is given what is merged so far and the next
    /// value, the target's first, then those of the sources in order; absent ones are passed over.
    /// Callers name no source twice, nor the target among them.
    ///
    /// # Errors
    /// As [`value_set`](Self::value_set); what counts against a limit is the outcome, without the
    /// sources. A panic of `fold` changes nothing.
    fn value_merge<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, Self::Key>,
        target: &N,
        sources: &[&N],
        fold: impl FnMut(&mut V, V),
    ) -> Result<()>;

    /// Adds one element at the end, without reading the list.
    ///
    /// # Errors
    /// As [`value_set`](Self::value_set).
    fn list_append<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        item: T,
    ) -> Result<()>;

    /// Adds all elements at the end, or none.
    ///
    /// # Errors
    /// As [`value_set`](Self::value_set).
    fn list_extend<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        items: Vec<T>,
    ) -> Result<()>;

    /// Replaces the list; no elements remove it.
    ///
    /// # Errors
    /// As [`value_set`](Self::value_set).
    fn list_set<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        items: Vec<T>,
    ) -> Result<()>;

    /// Shows the elements to `f`, in order, until it breaks.
    ///
    /// # Errors
    /// As [`value_get`](Self::value_get).
    fn list_scan<T: StateData, N: OrderedKey>(
        &self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        f: impl FnMut(&T) -> ControlFlow<()>,
    ) -> Result<()>;

    /// Removes the list, if there is one.
    ///
    /// # Errors
    /// As [`value_get`](Self::value_get).
    fn list_clear<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
    ) -> Result<()>;

    /// Moves the elements of `sources`, in order, behind those of `target`, in one step: likewise,
    /// with the same rule for callers.
    ///
    /// # Errors
    /// As [`value_merge`](Self::value_merge).
    fn list_merge<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, Self::Key>,
        target: &N,
        sources: &[&N],
    ) -> Result<()>;

    /// Reads the value of a user key.
    ///
    /// # Errors
    /// As [`value_get`](Self::value_get).
    fn map_get<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        user_key: &UK,
    ) -> Result<Option<StateRef<'_, UV>>>;

    /// Writes the value of a user key without reading the old one.
    ///
    /// # Errors
    /// As [`value_set`](Self::value_set).
    fn map_put<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        user_key: UK,
        value: UV,
    ) -> Result<()>;

    /// Writes all entries, in order, or none.
    ///
    /// # Errors
    /// As [`value_set`](Self::value_set).
    fn map_put_all<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        entries: Vec<(UK, UV)>,
    ) -> Result<()>;

    /// Lends the value of a user key to `f`, which leaves it as it wants it: `None` removes it.
    ///
    /// # Errors
    /// As [`value_set`](Self::value_set).
    fn map_update<UK: OrderedKey, UV: StateData, N: OrderedKey, R>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        user_key: &UK,
        f: impl FnOnce(&mut Option<UV>) -> R,
    ) -> Result<R>;

    /// Lends the value of each user key to `f`, ascending, which leaves it as it wants it: `None`
    /// removes it. One step: if it fails, no entry has changed. If `f` panics, those that it was
    /// lent before may be as it left them.
    ///
    /// # Errors
    /// As [`value_set`](Self::value_set); what counts against a limit is the outcome.
    fn map_update_all<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        f: impl FnMut(&UK, &mut Option<UV>),
    ) -> Result<()>;

    /// Removes a user key, if it is there.
    ///
    /// # Errors
    /// As [`value_get`](Self::value_get).
    fn map_remove<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        user_key: &UK,
    ) -> Result<()>;

    /// Shows the entries whose user key lies within the bounds to `f`, ascending, until it breaks.
    ///
    /// # Errors
    /// As [`value_get`](Self::value_get).
    fn map_scan<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        bounds: (Bound<&UK>, Bound<&UK>),
        f: impl FnMut(&UK, &UV) -> ControlFlow<()>,
    ) -> Result<()>;

    /// Whether the map has no entries.
    ///
    /// # Errors
    /// As [`value_get`](Self::value_get).
    fn map_is_empty<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
    ) -> Result<bool>;

    /// Removes all entries of the map.
    ///
    /// # Errors
    /// As [`value_get`](Self::value_get).
    fn map_clear<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
    ) -> Result<()>;

    /// Shows each (key, namespace) that has something in the state to `f`, once, in any order,
    /// until it breaks.
    ///
    /// # Errors
    /// As [`value_get`](Self::value_get); `Misuse` if `N` is not the state's namespace type.
    fn scan_keys<N: OrderedKey>(
        &self,
        state: StateId,
        f: impl FnMut(&Self::Key, &N) -> ControlFlow<()>,
    ) -> Result<()>;

    /// The number of entries of the state: values, lists, or user keys.
    ///
    /// # Errors
    /// As [`value_get`](Self::value_get).
    fn entry_count(&self, state: StateId) -> Result<u64>;

    /// Tells the time: processing time and watermark, both in milliseconds since the epoch of the
    /// engine's clock. Time does not go by unless this is called.
    fn set_time(&mut self, processing: i64, watermark: i64);

    /// Does a bounded amount of the work that may wait: an engine calls it when it is idle, or
    /// every so many records.
    ///
    /// # Errors
    /// As [`value_get`](Self::value_get).
    fn maintain(&mut self, budget: Budget) -> Result<Maintained>;

    /// Says that these keys will be entered soon, so that what they need can be fetched together. A
    /// hint: it never fails and shows nothing; keys of other subtasks are passed over. Some dozens
    /// at a time do best.
    fn prefetch(&mut self, keys: &[Self::Key]);

    /// Freezes the state: no encoding, no copying of entries, no reading, no waiting. The job that
    /// comes back writes it, on any thread; restored state that nobody has registered is read then.
    ///
    /// # Errors
    /// `LimitExceeded` if too many snapshots are unfinished; `Misuse` if the checkpoint's number
    /// is not above that of the freeze before; from a backend that is told to write before this
    /// returns, as [`SnapshotJob::run`]. The state is untouched.
    fn freeze(&mut self, request: FreezeRequest) -> Result<Box<dyn SnapshotJob>>;

    /// Says that `checkpoint` is complete: later increments may build on it. May come late, more
    /// than once, out of order, or never; unknown numbers are ignored.
    fn confirm(&mut self, checkpoint: CheckpointId);

    /// Says that `checkpoint` will never be complete. Likewise.
    fn abort(&mut self, checkpoint: CheckpointId);

    /// The shape of keys, as snapshots record it.
    fn key_schema(&self) -> Schema;
}
