//! The registered states of a backend: names, slots, and typed access by handle.

use super::groups::Place;
use super::job::FrozenState;
use super::live::LiveBytes;
use crate::label::Label;
use crate::misplaced::misplaced;
use alluvium_state_api::{BackendId, Result, StateError, StateId, StateMeta};
use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// What messages call the holder of keyed state.
const BACKEND: &str = "backend";

/// A registered state, seen without the types of its values.
pub(super) trait StateTable<K>: Any + Send {
    /// The types of its handles in Rust, in words.
    fn types() -> String
    where
        Self: Sized;

    /// What snapshots say about it.
    fn meta(&self) -> &StateMeta;

    /// The type of its namespaces.
    fn namespace_type(&self) -> TypeId;

    /// The bytes that the live state takes, as a limit on it counts them.
    fn live_bytes(&self, live: &mut LiveBytes) -> Result<u64>;

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
    label: Label,
    names: BTreeMap<String, u32>,
    tables: Vec<Box<dyn StateTable<K>>>,
    /// The types of each table. Beside them, so that messages can name them while a table is lent.
    types: Vec<String>,
}

impl<K: 'static> Registry<K> {
    pub(super) fn new(label: Label) -> Self {
        Self {
            owner: BackendId::fresh(),
            label,
            names: BTreeMap::new(),
            tables: Vec::new(),
            types: Vec::new(),
        }
    }

    /// Whose states they are.
    pub(super) const fn label(&self) -> &Label {
        &self.label
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
        let name = &meta.name;
        if before == meta {
            // What is stored is alike, and only the program's types tell them apart.
            let before = self.types.get(id.slot() as usize);
            return Err(StateError::misuse(format!(
                "state '{name}' is registered as {}, and now as {}",
                before.map_or("", String::as_str),
                T::types()
            )));
        }
        Err(StateError::misuse(format!(
            "state '{name}' is registered as {}, and now as {}",
            shape(before),
            shape(meta)
        )))
    }

    pub(super) fn add<T: StateTable<K>>(&mut self, table: Box<T>) -> StateId {
        let slot = self.tables.len() as u32;
        self.names.insert(table.meta().name.clone(), slot);
        self.tables.push(table);
        self.types.push(T::types());
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
            _ => Err(misplaced(BACKEND, self.owner, self.types.len(), id)),
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
        Err(self.wrong::<T>(id))
    }

    /// The table of `id`, if it is of type `T`.
    #[inline]
    pub(super) fn get_mut<T: StateTable<K>>(&mut self, id: StateId) -> Result<&mut T> {
        match self.tables.get_mut(id.slot() as usize) {
            Some(table) if id.owner() == self.owner => (&mut **table as &mut dyn Any)
                .downcast_mut()
                .ok_or_else(|| wrong_types::<K, T>(&self.names, &self.types, id)),
            _ => Err(misplaced(BACKEND, self.owner, self.types.len(), id)),
        }
    }

    #[cold]
    fn wrong<T: StateTable<K>>(&self, id: StateId) -> StateError {
        if id.owner() == self.owner && self.tables.len() > id.slot() as usize {
            return wrong_types::<K, T>(&self.names, &self.types, id);
        }
        misplaced(BACKEND, self.owner, self.types.len(), id)
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

/// The error of a handle of this backend that has other types than its state.
#[cold]
fn wrong_types<K, T: StateTable<K>>(
    names: &BTreeMap<String, u32>,
    types: &[String],
    id: StateId,
) -> StateError {
    let name = names.iter().find(|(_, slot)| **slot == id.slot());
    let name = name.map_or("", |(name, _)| name);
    let registered = types.get(id.slot() as usize).map_or("", String::as_str);
    StateError::misuse(format!(
        "the handle does not have the types of state '{name}': it is one for {}, the state is \
         registered as {registered}",
        T::types()
    ))
}
