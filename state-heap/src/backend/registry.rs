//! The registered states of a backend: names, slots, and typed access by handle.

use super::groups::Place;
use super::job::FrozenState;
use alluvium_state_api::{BackendId, Result, StateError, StateId, StateMeta};
use std::any::Any;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// A registered state, seen without the types of its values.
pub(super) trait StateTable<K>: Any + Send {
    /// What snapshots say about it.
    fn meta(&self) -> &StateMeta;

    /// The number of entries: values, lists, or user keys.
    fn entry_count(&self) -> u64;

    /// Shows each (key, namespace) that has something, once; the namespace as `Any`.
    fn scan_keys(&self, f: &mut dyn FnMut(&K, &dyn Any) -> ControlFlow<()>);

    /// Looks at what accesses to these keys will need, in the namespace `()`: other namespaces are
    /// not known before they come.
    fn touch(&self, places: &[Place]);

    /// A frozen copy that shares everything with the live state.
    fn freeze(&mut self) -> Box<dyn FrozenState>;

    /// Forgets tombstones up to the epoch `base`, which was confirmed.
    fn confirm(&mut self, base: u32);
}

/// All registered states of a backend.
pub(super) struct Registry<K> {
    owner: BackendId,
    names: BTreeMap<String, u32>,
    tables: Vec<Box<dyn StateTable<K>>>,
}

impl<K: 'static> Registry<K> {
    pub(super) fn new() -> Self {
        Self {
            owner: BackendId::fresh(),
            names: BTreeMap::new(),
            tables: Vec::new(),
        }
    }

    pub(super) fn id(&self, name: &str) -> Option<StateId> {
        self.names
            .get(name)
            .map(|slot| StateId::new(self.owner, *slot))
    }

    /// The id of a state registered before as `meta` with a table of type `T`; `None` if the name
    /// is free.
    pub(super) fn find<T: StateTable<K>>(&self, meta: &StateMeta) -> Result<Option<StateId>> {
        let Some(id) = self.id(&meta.name) else {
            return Ok(None);
        };
        let table = self.any(id)?;
        let before = table.meta();
        if before == meta && (table as &dyn Any).is::<T>() {
            return Ok(Some(id));
        }
        Err(StateError::misuse(format!(
            "state '{}' is registered as {}, and now as {}",
            meta.name,
            shape(before),
            shape(meta)
        )))
    }

    pub(super) fn add(&mut self, table: Box<dyn StateTable<K>>) -> StateId {
        let slot = self.tables.len() as u32;
        self.names.insert(table.meta().name.clone(), slot);
        self.tables.push(table);
        StateId::new(self.owner, slot)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &dyn StateTable<K>> {
        self.tables.iter().map(|table| &**table)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Box<dyn StateTable<K>>> {
        self.tables.iter_mut()
    }

    pub(super) fn any(&self, id: StateId) -> Result<&dyn StateTable<K>> {
        match self.tables.get(id.slot() as usize) {
            Some(table) if id.owner() == self.owner => Ok(&**table),
            _ => Err(self.wrong(id)),
        }
    }

    /// The table of `id`, if it is of type `T`.
    #[inline]
    pub(super) fn get<T: StateTable<K>>(&self, id: StateId) -> Result<&T> {
        if id.owner() == self.owner
            && let Some(table) = self.tables.get(id.slot() as usize)
            && let Some(table) = (&**table as &dyn Any).downcast_ref()
        {
            return Ok(table);
        }
        Err(self.wrong(id))
    }

    /// The table of `id`, if it is of type `T`.
    #[inline]
    pub(super) fn get_mut<T: StateTable<K>>(&mut self, id: StateId) -> Result<&mut T> {
        match self.tables.get_mut(id.slot() as usize) {
            Some(table) if id.owner() == self.owner => (&mut **table as &mut dyn Any)
                .downcast_mut()
                .ok_or_else(|| wrong_handle(id)),
            _ => Err(wrong_handle(id)),
        }
    }

    #[cold]
    fn wrong(&self, id: StateId) -> StateError {
        let name = self
            .tables
            .get(id.slot() as usize)
            .filter(|_| id.owner() == self.owner);
        match name {
            Some(table) => StateError::misuse(format!(
                "the handle does not have the types of state '{}'",
                table.meta().name
            )),
            None => wrong_handle(id),
        }
    }
}

/// The kind and all the types of a state, in words.
fn shape(meta: &StateMeta) -> String {
    let user_key = meta.user_key.as_ref();
    let user_key = user_key.map_or_else(String::new, |user_key| format!("{user_key} to "));
    let StateMeta {
        kind,
        value,
        namespace,
        ..
    } = meta;
    format!("{kind} of {user_key}{value} in namespaces {namespace}")
}

#[cold]
fn wrong_handle(id: StateId) -> StateError {
    StateError::misuse(format!(
        "the handle names state {} of another backend, or of other types",
        id.slot()
    ))
}
