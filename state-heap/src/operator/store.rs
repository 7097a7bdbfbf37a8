//! The store: names, handles, registration, restore.

use super::broadcast::BroadcastSlot;
use super::list::ListSlot;
use super::slot::{FrozenSlot, OperatorSlot};
use crate::label::Label;
use crate::misplaced::misplaced;
use alluvium_state_api::{
    BackendId, BroadcastDescriptor, BroadcastHandle, OperatorListDescriptor, OperatorListHandle,
    OperatorSnapshotJob, OperatorStateImage, OperatorStateKind, OperatorStateMeta,
    OperatorStateStore, OrderedKey, Result, StateData, StateError, StateId, SubtaskInfo,
};
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Lists and broadcast maps have name spaces of their own: the flag says which.
type Name = (bool, String);

fn name_of(meta: &OperatorStateMeta) -> Name {
    (meta.kind == OperatorStateKind::Broadcast, meta.name.clone())
}

/// The operator state of one subtask.
///
/// ```
/// use alluvium_state_api::{OperatorListDescriptor, OperatorStateStore};
/// use alluvium_state_heap::HeapOperatorState;
///
/// const OFFSETS: OperatorListDescriptor<u64> = OperatorListDescriptor::split("offsets");
/// let mut state = HeapOperatorState::new();
/// let offsets = state.register_list(&OFFSETS)?;
/// state.list_add_all(offsets, vec![7, 9])?;
/// let images = state.freeze()?.run()?;
///
/// let mut restored = HeapOperatorState::restore(images);
/// let offsets = restored.register_list(&OFFSETS)?;
/// assert_eq!(restored.list_get(offsets)?, [7, 9]);
/// # Ok::<(), alluvium_state_api::StateError>(())
/// ```
pub struct HeapOperatorState {
    owner: BackendId,
    label: Label,
    names: BTreeMap<Name, usize>,
    slots: Vec<Box<dyn OperatorSlot>>,
    restored: BTreeMap<Name, Arc<OperatorStateImage>>,
}

impl HeapOperatorState {
    /// A store without state.
    pub fn new() -> Self {
        Self::restore(Vec::new())
    }

    /// A store that starts with `images`, as
    /// [`assign_operator_state`](alluvium_state_api::assign_operator_state) deals them out.
    pub fn restore(images: Vec<OperatorStateImage>) -> Self {
        let restored = images
            .into_iter()
            .map(|image| (name_of(&image.meta), Arc::new(image)))
            .collect();
        Self {
            owner: BackendId::fresh(),
            label: Label::default(),
            names: BTreeMap::new(),
            slots: Vec::new(),
            restored,
        }
    }

    /// The same, for this subtask: what is wrong with what is restored is told with its name.
    pub fn for_subtask(mut self, subtask: &SubtaskInfo) -> Self {
        self.label = Label(Some(subtask.to_string()));
        self
    }

    fn register<S: OperatorSlot>(
        &mut self,
        meta: OperatorStateMeta,
        open: impl FnOnce(OperatorStateMeta, Option<&OperatorStateImage>) -> Result<S>,
    ) -> Result<StateId> {
        if meta.name.is_empty() {
            return Err(StateError::misuse(
                "an operator state needs a name, found an empty one",
            ));
        }
        let name = name_of(&meta);
        if let Some(index) = self.names.get(&name).copied() {
            return self.registered::<S>(index, &meta);
        }
        let restored = self.restored.get(&name).map(|image| &**image);
        let opened = restored
            .map_or(Ok(()), |image| check_readable(&image.meta, &meta))
            .and_then(|()| open(meta, restored));
        let slot = opened.map_err(|error| self.label.named(error))?;
        let index = self.slots.len();
        self.slots.push(Box::new(slot));
        self.restored.remove(&name);
        self.names.insert(name, index);
        Ok(StateId::new(self.owner, index as u32))
    }

    /// The id of the state that was registered before, if it is the same.
    fn registered<S: OperatorSlot>(
        &self,
        index: usize,
        meta: &OperatorStateMeta,
    ) -> Result<StateId> {
        let id = StateId::new(self.owner, index as u32);
        let Some(slot) = self.slots.get(index) else {
            return Err(self.wrong_handle::<S>(id));
        };
        let (before, now) = match (slot.meta() == meta, (&**slot as &dyn Any).is::<S>()) {
            (true, true) => return Ok(id),
            // What is stored is alike, and only the program's types tell them apart.
            (true, false) => (slot.held_types(), S::types()),
            (false, _) => (slot.meta().shape(), meta.shape()),
        };
        Err(StateError::misuse(format!(
            "operator state '{}' is registered as {before}, and now as {now}",
            meta.name
        )))
    }

    #[cold]
    fn wrong_handle<S: OperatorSlot>(&self, id: StateId) -> StateError {
        let slot = self.slots.get(id.slot() as usize);
        let Some(slot) = slot.filter(|_| id.owner() == self.owner) else {
            return misplaced("store of operator state", self.owner, self.slots.len(), id);
        };
        StateError::misuse(format!(
            "the handle does not have the types of operator state '{}': it is one for {}, the \
             state is registered as {}",
            slot.meta().name,
            S::types(),
            slot.meta().shape()
        ))
    }

    fn slot<S: OperatorSlot>(&self, id: StateId) -> Result<&S> {
        let index = id.slot() as usize;
        let slot = self.slots.get(index).filter(|_| id.owner() == self.owner);
        let slot = slot.and_then(|slot| (&**slot as &dyn Any).downcast_ref());
        slot.ok_or_else(|| self.wrong_handle::<S>(id))
    }

    fn slot_mut<S: OperatorSlot>(&mut self, id: StateId) -> Result<&mut S> {
        self.slot::<S>(id)?;
        let index = id.slot() as usize;
        let slot = self.slots.get_mut(index);
        let slot = slot.and_then(|slot| (&mut **slot as &mut dyn Any).downcast_mut());
        slot.ok_or_else(|| StateError::misuse("the handle names no operator state of this store"))
    }
}

fn check_readable(written: &OperatorStateMeta, program: &OperatorStateMeta) -> Result<()> {
    let name = &written.name;
    if written.kind != program.kind {
        return Err(StateError::incompatible(format!(
            "operator state '{name}' was written as {}, the program registers it as {}",
            written.kind, program.kind
        )));
    }
    let at = |place: &str| format!("operator state '{name}', {place}");
    if let (Some(written), Some(wanted)) = (&written.key, &program.key) {
        written
            .check(wanted)
            .map_err(|error| error.context(at("key")))?;
    }
    written
        .value
        .check(&program.value)
        .map_err(|error| error.context(at("value")))
}

impl Default for HeapOperatorState {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for HeapOperatorState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let registered: Vec<_> = self.names.keys().map(|(_, name)| name).collect();
        let restored: Vec<_> = self.restored.keys().map(|(_, name)| name).collect();
        f.debug_struct("HeapOperatorState")
            .field("registered", &registered)
            .field("unclaimed", &restored)
            .finish_non_exhaustive()
    }
}

impl OperatorStateStore for HeapOperatorState {
    fn register_list<T: StateData>(
        &mut self,
        descriptor: &OperatorListDescriptor<T>,
    ) -> Result<OperatorListHandle<T>> {
        let codec = descriptor.codec().clone();
        let open = |meta, restored: Option<&OperatorStateImage>| {
            ListSlot::<T>::new(meta, codec, restored.map_or(&[], |image| &image.items))
        };
        self.register(descriptor.meta(), open)
            .map(OperatorListHandle::new)
    }

    fn register_broadcast<BK: OrderedKey, BV: StateData>(
        &mut self,
        descriptor: &BroadcastDescriptor<BK, BV>,
    ) -> Result<BroadcastHandle<BK, BV>> {
        let codec = descriptor.codec().clone();
        let open = |meta, restored: Option<&OperatorStateImage>| {
            BroadcastSlot::<BK, BV>::new(meta, codec, restored.map_or(&[], |image| &image.items))
        };
        self.register(descriptor.meta(), open)
            .map(BroadcastHandle::new)
    }

    fn states(&self) -> Vec<OperatorStateMeta> {
        let registered = self.slots.iter().map(|slot| slot.meta());
        let restored = self.restored.values().map(|image| &image.meta);
        let mut metas: Vec<_> = registered.chain(restored).cloned().collect();
        metas.sort_by_key(name_of);
        metas
    }

    fn unclaimed(&self) -> Vec<OperatorStateMeta> {
        self.restored
            .values()
            .map(|image| image.meta.clone())
            .collect()
    }

    fn list_get<T: StateData>(&self, handle: OperatorListHandle<T>) -> Result<Vec<T>> {
        Ok(self
            .slot::<ListSlot<T>>(handle.id())?
            .iter()
            .cloned()
            .collect())
    }

    fn list_scan<T: StateData>(
        &self,
        handle: OperatorListHandle<T>,
        f: impl FnMut(&T) -> ControlFlow<()>,
    ) -> Result<()> {
        // Breaking is how the caller says that it has seen enough.
        let _ = self
            .slot::<ListSlot<T>>(handle.id())?
            .iter()
            .try_for_each(f);
        Ok(())
    }

    fn list_add<T: StateData>(&mut self, handle: OperatorListHandle<T>, item: T) -> Result<()> {
        self.slot_mut::<ListSlot<T>>(handle.id())?.push(item);
        Ok(())
    }

    fn list_add_all<T: StateData>(
        &mut self,
        handle: OperatorListHandle<T>,
        items: Vec<T>,
    ) -> Result<()> {
        self.slot_mut::<ListSlot<T>>(handle.id())?.extend(items);
        Ok(())
    }

    fn list_set<T: StateData>(
        &mut self,
        handle: OperatorListHandle<T>,
        items: Vec<T>,
    ) -> Result<()> {
        self.slot_mut::<ListSlot<T>>(handle.id())?.replace(items);
        Ok(())
    }

    fn list_clear<T: StateData>(&mut self, handle: OperatorListHandle<T>) -> Result<()> {
        self.list_set(handle, Vec::new())
    }

    fn broadcast_get<BK: OrderedKey, BV: StateData>(
        &self,
        handle: BroadcastHandle<BK, BV>,
        key: &BK,
    ) -> Result<Option<BV>> {
        Ok(self
            .slot::<BroadcastSlot<BK, BV>>(handle.id())?
            .get(key)
            .cloned())
    }

    fn broadcast_put<BK: OrderedKey, BV: StateData>(
        &mut self,
        handle: BroadcastHandle<BK, BV>,
        key: BK,
        value: BV,
    ) -> Result<()> {
        self.slot_mut::<BroadcastSlot<BK, BV>>(handle.id())?
            .extend([(key, value)]);
        Ok(())
    }

    fn broadcast_put_all<BK: OrderedKey, BV: StateData>(
        &mut self,
        handle: BroadcastHandle<BK, BV>,
        entries: Vec<(BK, BV)>,
    ) -> Result<()> {
        self.slot_mut::<BroadcastSlot<BK, BV>>(handle.id())?
            .extend(entries);
        Ok(())
    }

    fn broadcast_remove<BK: OrderedKey, BV: StateData>(
        &mut self,
        handle: BroadcastHandle<BK, BV>,
        key: &BK,
    ) -> Result<()> {
        self.slot_mut::<BroadcastSlot<BK, BV>>(handle.id())?
            .remove(key);
        Ok(())
    }

    fn broadcast_scan<BK: OrderedKey, BV: StateData>(
        &self,
        handle: BroadcastHandle<BK, BV>,
        mut f: impl FnMut(&BK, &BV) -> ControlFlow<()>,
    ) -> Result<()> {
        let mut entries = self.slot::<BroadcastSlot<BK, BV>>(handle.id())?.iter();
        let _ = entries.try_for_each(|(key, value)| f(key, value));
        Ok(())
    }

    fn broadcast_clear<BK: OrderedKey, BV: StateData>(
        &mut self,
        handle: BroadcastHandle<BK, BV>,
    ) -> Result<()> {
        self.slot_mut::<BroadcastSlot<BK, BV>>(handle.id())?.clear();
        Ok(())
    }

    fn freeze(&mut self) -> Result<Box<dyn OperatorSnapshotJob>> {
        let mut slots: Vec<(Name, Box<dyn FrozenSlot>)> = self
            .slots
            .iter()
            .map(|slot| (name_of(slot.meta()), slot.freeze()))
            .collect();
        for (name, image) in &self.restored {
            slots.push((name.clone(), Box::new(Arc::clone(image))));
        }
        slots.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Box::new(FrozenOperatorState { slots }))
    }
}

struct FrozenOperatorState {
    slots: Vec<(Name, Box<dyn FrozenSlot>)>,
}

impl OperatorSnapshotJob for FrozenOperatorState {
    fn run(self: Box<Self>) -> Result<Vec<OperatorStateImage>> {
        self.slots.iter().map(|(_, slot)| slot.encode()).collect()
    }
}
