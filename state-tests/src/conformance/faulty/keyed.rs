//! The wrapper around a keyed backend.

use super::Fault;
use super::job::{FaultyJob, Late, LateWrites};
use alluvium_state_api::{
    Budget, CheckpointId, CodecRef, FreezeRequest, KeyCx, KeyGroupRange, KeyedBackend, ListHandle,
    ListSpec, Maintained, MapHandle, MapSpec, MaxParallelism, OrderedKey, Result, Schema,
    SnapshotJob, StateData, StateHandle, StateId, StateMeta, StateRef, ValueHandle, ValueSpec,
};
use std::any::Any;
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

/// A keyed backend with at most one fault.
pub struct FaultyKeyed<B> {
    inner: B,
    groups: KeyGroupRange,
    fault: Option<Fault>,
    /// The names and codecs of value and list states.
    codecs: Vec<(StateId, String, Box<dyn Any + Send>)>,
    /// The first namespace that was used of each state.
    namespaces: Vec<(StateId, Box<dyn Any + Send>)>,
    late: LateWrites,
    last: Option<CheckpointId>,
}

impl<B: KeyedBackend> FaultyKeyed<B> {
    pub(super) fn new(inner: B, groups: KeyGroupRange, fault: Option<Fault>) -> Self {
        Self {
            inner,
            groups,
            fault,
            codecs: Vec::new(),
            namespaces: Vec::new(),
            late: LateWrites::default(),
            last: None,
        }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// The namespace that is used in place of `namespace`.
    fn leak<'n, N: OrderedKey>(&'n self, state: StateId, namespace: &'n N) -> &'n N {
        let first = self.namespaces.iter().find(|(id, _)| *id == state);
        let first = first.and_then(|(_, first)| first.downcast_ref());
        first.unwrap_or(namespace)
    }

    /// The same for a write, which decides what it will be from now on.
    fn leak_mut<N: OrderedKey>(&mut self, state: StateId, namespace: &N) -> N {
        let leaked = self.leak(state, namespace).clone();
        if self.is(Fault::LeakyNamespace) {
            self.namespaces.push((state, Box::new(leaked.clone())));
        }
        leaked
    }

    /// What is to be known of a state later.
    fn remember<T: 'static>(&mut self, id: StateId, name: &str, codec: &CodecRef<T>) {
        self.codecs
            .push((id, name.to_owned(), Box::new(codec.clone())));
    }

    /// Cuts a batch where its first element stands that cannot be encoded, and tells so.
    fn cut<T: StateData>(&self, state: StateId, items: &mut Vec<T>) -> Result<()> {
        let known = self.codecs.iter().find(|(id, ..)| *id == state);
        let codec = known.and_then(|(_, name, codec)| Some((name, codec.downcast_ref()?)));
        let (true, Some((name, codec))) = (self.is(Fault::HalfBatch), codec) else {
            return Ok(());
        };
        let codec: &CodecRef<T> = codec;
        let refusal = items.iter().enumerate().find_map(|(at, item)| {
            let error = codec.encode(item, &mut Vec::new()).err()?;
            Some((at, error))
        });
        let Some((at, error)) = refusal else {
            return Ok(());
        };
        items.truncate(at);
        Err(error.context(format_args!("state '{name}'")))
    }

    /// Tells the snapshot that was frozen last what is written after it.
    fn alias<V: StateData, N: OrderedKey>(
        &self,
        state: StateId,
        key: &B::Key,
        namespace: &N,
        value: &V,
    ) {
        let known = self.codecs.iter().find(|(id, ..)| *id == state);
        let Some((_, name, codec)) = known else {
            return;
        };
        if let (true, Some(codec)) = (
            self.is(Fault::Aliasing),
            codec.downcast_ref::<CodecRef<V>>(),
        ) {
            let mut late = Late {
                state: name.clone(),
                ..Late::default()
            };
            key.encode_key(&mut late.key);
            namespace.encode_key(&mut late.namespace);
            codec.encode(value, &mut late.value).unwrap();
            self.late.lock().push(late);
        }
    }
}

/// Forwards methods to `self.inner`.
macro_rules! forward {
    ($(fn $name:ident $(<$($g:ident: $b:path),+>)? (&$this:ident $(, $arg:ident: $ty:ty)*)
        $(-> $ret:ty)?;)*) => {
        $(fn $name $(<$($g: $b),+>)? (&$this $(, $arg: $ty)*) $(-> $ret)? {
            $this.inner.$name($($arg),*)
        })*
    };
    ($(mut fn $name:ident $(<$($g:ident: $b:path),+>)? (&$this:ident $(, $arg:ident: $ty:ty)*)
        $(-> $ret:ty)?;)*) => {
        $(fn $name $(<$($g: $b),+>)? (&mut $this $(, $arg: $ty)*) $(-> $ret)? {
            $this.inner.$name($($arg),*)
        })*
    };
}

#[deny(clippy::missing_trait_methods)]
impl<B: KeyedBackend> KeyedBackend for FaultyKeyed<B> {
    type Key = B::Key;

    fn key_groups(&self) -> KeyGroupRange {
        self.groups
    }

    fn enter<'k>(&mut self, key: &'k Self::Key) -> Result<KeyCx<'k, Self::Key>> {
        self.inner.enter(key)
    }

    fn register_value<V: StateData, N: OrderedKey>(
        &mut self,
        spec: &ValueSpec<'_, V, N>,
    ) -> Result<StateId> {
        let id = self.inner.register_value(spec)?;
        self.remember(id, spec.name, &spec.codec);
        Ok(id)
    }

    fn value_get<V: StateData, N: OrderedKey>(
        &self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
    ) -> Result<Option<StateRef<'_, V>>> {
        let namespace = self.leak(handle.id(), namespace);
        self.inner.value_get(handle, cx, namespace)
    }

    fn value_set<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        value: V,
    ) -> Result<()> {
        let namespace = self.leak_mut(handle.id(), namespace);
        self.alias(handle.id(), cx.key(), &namespace, &value);
        self.inner.value_set(handle, cx, &namespace, value)
    }

    fn value_clear<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
    ) -> Result<()> {
        if self.is(Fault::LostDelete) {
            return Ok(());
        }
        let namespace = self.leak_mut(handle.id(), namespace);
        self.inner.value_clear(handle, cx, &namespace)
    }

    fn value_update<V: StateData, N: OrderedKey, R>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        f: impl FnOnce(&mut Option<V>) -> R,
    ) -> Result<R> {
        let namespace = self.leak_mut(handle.id(), namespace);
        if self.is(Fault::LastingCopies)
            && self.last.is_some()
            && Arc::strong_count(&self.late) == 1
        {
            let value = self.inner.value_get(handle, cx, &namespace)?;
            drop(value.map(|value| V::clone(&value)));
        }
        self.inner.value_update(handle, cx, &namespace, f)
    }

    fn freeze(&mut self, request: FreezeRequest) -> Result<Box<dyn SnapshotJob>> {
        if let (true, Some(last)) = (self.is(Fault::UnconfirmedBase), self.last) {
            self.inner.confirm(last);
        }
        let job = self.inner.freeze(request)?;
        self.last = Some(request.checkpoint);
        let Some(fault) = self.fault else {
            return Ok(job);
        };
        self.late = LateWrites::default();
        let unclaimed = self.inner.unclaimed().into_iter().map(|state| state.name);
        let unclaimed = unclaimed.collect();
        Ok(FaultyJob::wrap(job, fault, self.late.clone(), unclaimed))
    }

    forward! {
        fn max_parallelism(&self) -> MaxParallelism;
        fn states(&self) -> Vec<StateMeta>;
        fn unclaimed(&self) -> Vec<StateMeta>;
        fn state_id(&self, name: &str) -> Option<StateId>;
        fn list_scan<T: StateData, N: OrderedKey>(&self, handle: ListHandle<T, N>,
            cx: KeyCx<'_, Self::Key>, namespace: &N, f: impl FnMut(&T) -> ControlFlow<()>)
            -> Result<()>;
        fn map_get<UK: OrderedKey, UV: StateData, N: OrderedKey>(&self,
            handle: MapHandle<UK, UV, N>, cx: KeyCx<'_, Self::Key>, namespace: &N, user_key: &UK)
            -> Result<Option<StateRef<'_, UV>>>;
        fn map_scan<UK: OrderedKey, UV: StateData, N: OrderedKey>(&self,
            handle: MapHandle<UK, UV, N>, cx: KeyCx<'_, Self::Key>, namespace: &N,
            bounds: (Bound<&UK>, Bound<&UK>), f: impl FnMut(&UK, &UV) -> ControlFlow<()>)
            -> Result<()>;
        fn map_is_empty<UK: OrderedKey, UV: StateData, N: OrderedKey>(&self,
            handle: MapHandle<UK, UV, N>, cx: KeyCx<'_, Self::Key>, namespace: &N) -> Result<bool>;
        fn scan_keys<N: OrderedKey>(&self, state: StateId,
            f: impl FnMut(&Self::Key, &N) -> ControlFlow<()>) -> Result<()>;
        fn entry_count(&self, state: StateId) -> Result<u64>;
        fn key_schema(&self) -> Schema;
    }

    fn value_update_pair<V: StateData, W: StateData, N: OrderedKey, M: OrderedKey, R>(
        &mut self,
        first: (ValueHandle<V, N>, &N),
        second: (ValueHandle<W, M>, &M),
        cx: KeyCx<'_, Self::Key>,
        f: impl FnOnce(&mut Option<V>, &mut Option<W>) -> R,
    ) -> Result<R> {
        self.inner.value_update_pair(first, second, cx, f)
    }

    fn value_merge<V: StateData, N: OrderedKey>(
        &mut self,
        handle: ValueHandle<V, N>,
        cx: KeyCx<'_, Self::Key>,
        target: &N,
        sources: &[&N],
        fold: impl FnMut(&mut V, V),
    ) -> Result<()> {
        self.inner.value_merge(handle, cx, target, sources, fold)
    }

    fn register_list<T: StateData, N: OrderedKey>(
        &mut self,
        spec: &ListSpec<'_, T, N>,
    ) -> Result<StateId> {
        let id = self.inner.register_list(spec)?;
        self.remember(id, spec.name, &spec.codec);
        Ok(id)
    }

    fn list_extend<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        mut items: Vec<T>,
    ) -> Result<()> {
        let refusal = self.cut(handle.id(), &mut items);
        self.inner.list_extend(handle, cx, namespace, items)?;
        refusal
    }

    fn list_set<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        mut items: Vec<T>,
    ) -> Result<()> {
        let refusal = self.cut(handle.id(), &mut items);
        self.inner.list_set(handle, cx, namespace, items)?;
        refusal
    }

    fn abort(&mut self, checkpoint: CheckpointId) {
        if !self.is(Fault::ForgottenAbort) {
            self.inner.abort(checkpoint);
        }
    }

    fn list_merge<T: StateData, N: OrderedKey>(
        &mut self,
        handle: ListHandle<T, N>,
        cx: KeyCx<'_, Self::Key>,
        target: &N,
        sources: &[&N],
    ) -> Result<()> {
        if !self.is(Fault::MergeOrder) {
            return self.inner.list_merge(handle, cx, target, sources);
        }
        let reversed: Vec<_> = sources.iter().rev().copied().collect();
        self.inner.list_merge(handle, cx, target, &reversed)
    }

    fn map_update<UK: OrderedKey, UV: StateData, N: OrderedKey, R>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        user_key: &UK,
        f: impl FnOnce(&mut Option<UV>) -> R,
    ) -> Result<R> {
        self.inner.map_update(handle, cx, namespace, user_key, f)
    }

    fn map_update_all<UK: OrderedKey, UV: StateData, N: OrderedKey>(
        &mut self,
        handle: MapHandle<UK, UV, N>,
        cx: KeyCx<'_, Self::Key>,
        namespace: &N,
        f: impl FnMut(&UK, &mut Option<UV>),
    ) -> Result<()> {
        self.inner.map_update_all(handle, cx, namespace, f)
    }

    forward! {
        mut fn register_map<UK: OrderedKey, UV: StateData, N: OrderedKey>(&self,
            spec: &MapSpec<'_, UK, UV, N>) -> Result<StateId>;
        mut fn list_append<T: StateData, N: OrderedKey>(&self, handle: ListHandle<T, N>,
            cx: KeyCx<'_, Self::Key>, namespace: &N, item: T) -> Result<()>;
        mut fn list_clear<T: StateData, N: OrderedKey>(&self, handle: ListHandle<T, N>,
            cx: KeyCx<'_, Self::Key>, namespace: &N) -> Result<()>;
        mut fn map_put<UK: OrderedKey, UV: StateData, N: OrderedKey>(&self,
            handle: MapHandle<UK, UV, N>, cx: KeyCx<'_, Self::Key>, namespace: &N, user_key: UK,
            value: UV) -> Result<()>;
        mut fn map_put_all<UK: OrderedKey, UV: StateData, N: OrderedKey>(&self,
            handle: MapHandle<UK, UV, N>, cx: KeyCx<'_, Self::Key>, namespace: &N,
            entries: Vec<(UK, UV)>) -> Result<()>;
        mut fn map_remove<UK: OrderedKey, UV: StateData, N: OrderedKey>(&self,
            handle: MapHandle<UK, UV, N>, cx: KeyCx<'_, Self::Key>, namespace: &N, user_key: &UK)
            -> Result<()>;
        mut fn map_clear<UK: OrderedKey, UV: StateData, N: OrderedKey>(&self,
            handle: MapHandle<UK, UV, N>, cx: KeyCx<'_, Self::Key>, namespace: &N) -> Result<()>;
        mut fn set_time(&self, processing: i64, watermark: i64);
        mut fn maintain(&self, budget: Budget) -> Result<Maintained>;
        mut fn prefetch(&self, keys: &[Self::Key]);
        mut fn confirm(&self, checkpoint: CheckpointId);
    }
}
