//! Keyed streams.

use super::{Connected, Stream};
use crate::executor::Record;
use crate::executor::function::{FilterState, FlatMapState, MapState, Process};
use crate::executor::graph::{KeyHash, Partition};
use alluvium::{NativeData, OrderedKey};
use std::sync::Arc;

/// A stream whose records go, by key group, to the subtask that owns the state of their key.
pub struct KeyedStream<T, K> {
    pub(super) stream: Stream<T>,
    pub(super) key: Arc<dyn Fn(&T) -> K + Send + Sync>,
    pub(super) hash: KeyHash<T>,
}

impl<T, K> Clone for KeyedStream<T, K> {
    fn clone(&self) -> Self {
        Self {
            stream: self.stream.clone(),
            key: Arc::clone(&self.key),
            hash: Arc::clone(&self.hash),
        }
    }
}

impl<T: Record, K: OrderedKey> KeyedStream<T, K> {
    pub(super) fn new(stream: Stream<T>, key: impl Fn(&T) -> K + Send + Sync + 'static) -> Self {
        let key = Arc::new(key);
        let of_record = Arc::clone(&key);
        Self {
            stream: stream.partitioned(Partition::Key),
            // The function is known here, so that key and hash take one virtual call.
            hash: Arc::new(move |record| of_record(record).key_hash()),
            key,
        }
    }

    /// A rich function with keyed state. `factory` makes one for each subtask and run.
    pub fn process<O: Record, F: Process<K, T, O>>(
        &self,
        factory: impl Fn() -> F + Send + Sync + 'static,
    ) -> Stream<O> {
        self.keyed("keyed-process", factory)
    }

    /// One record for each, with a state per key: `None` at first, and what the function leaves
    /// afterwards; `None` clears it.
    pub fn map_with_state<O: Record, S: NativeData>(
        &self,
        function: impl Fn(T, Option<S>) -> (O, Option<S>) + Clone + Send + Sync + 'static,
    ) -> Stream<O> {
        self.keyed("map-with-state", move || {
            MapState::<_, S, O>::new(function.clone())
        })
    }

    /// Any number of records for each, likewise.
    pub fn flat_map_with_state<O, S, U>(
        &self,
        function: impl Fn(T, Option<S>) -> (U, Option<S>) + Clone + Send + Sync + 'static,
    ) -> Stream<O>
    where
        O: Record,
        S: NativeData,
        U: IntoIterator<Item = O> + 'static,
    {
        self.keyed("flat-map-with-state", move || {
            FlatMapState::<_, S, U>::new(function.clone())
        })
    }

    /// Those for which `function` is true, likewise.
    pub fn filter_with_state<S: NativeData>(
        &self,
        function: impl Fn(&T, Option<S>) -> (bool, Option<S>) + Clone + Send + Sync + 'static,
    ) -> Stream<T> {
        self.keyed("filter-with-state", move || {
            FilterState::<_, S, T>::new(function.clone())
        })
    }

    /// Both streams, keyed alike, for a function that takes records of either.
    pub fn connect<B: Record>(&self, other: &KeyedStream<B, K>) -> Connected<K, T, B> {
        Connected::new(&self.stream, &other.stream, Some((self, Some(other))))
    }

    /// This stream and one of which every subtask sees all records, for a function that takes
    /// records of either.
    pub fn connect_broadcast<B: Record>(&self, other: &Stream<B>) -> Connected<K, T, B> {
        Connected::new(&self.stream, &other.broadcast(), Some((self, None)))
    }

    fn keyed<O: Record, F: Process<K, T, O>>(
        &self,
        kind: &'static str,
        factory: impl Fn() -> F + Send + Sync + 'static,
    ) -> Stream<O> {
        let key = Arc::clone(&self.key);
        let key_of = Arc::new(move |record: &T| Some(key(record)));
        let hash = Some(Arc::clone(&self.hash));
        self.stream.operator(kind, Some(key_of), hash, factory)
    }
}
