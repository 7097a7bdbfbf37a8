//! The operators of a snapshot and their states.

use super::keyed::KeyedReader;
use super::snapshot::missing;
use super::{OfflineSnapshot, StateTypes};
use crate::subtask::OperatorSnapshot;
use alluvium_state_api::{
    DynamicKeyType, DynamicType, DynamicValue, MaxParallelism, OperatorItem, OperatorStateKind,
    OperatorStateMeta, RawKeyedState, RawOperatorState, Result, Schema, SnapshotChain, StateError,
    StateMeta,
};
use std::fmt;

/// One operator of a snapshot.
pub struct OfflineOperator<'s> {
    snapshot: &'s OfflineSnapshot,
    operator: &'s OperatorSnapshot,
    /// The shape of its keys; `None` without keyed state.
    key: Option<Schema>,
    states: Vec<StateMeta>,
    operator_states: Vec<OperatorStateView>,
    raw_keyed: Vec<RawKeyedState>,
    raw_operator: Vec<RawOperatorState>,
}

/// One operator state, that of all subtasks together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorStateView {
    /// What it is.
    pub meta: OperatorStateMeta,
    /// What each subtask holds, in their order; nothing if it does not have the state.
    pub subtasks: Vec<Vec<OperatorItem>>,
}

impl<'s> OfflineOperator<'s> {
    /// Reads what the subtasks say about their states.
    pub(super) fn open(
        snapshot: &'s OfflineSnapshot,
        operator: &'s OperatorSnapshot,
    ) -> Result<Self> {
        let mut opened = Self {
            snapshot,
            operator,
            key: None,
            states: Vec::new(),
            operator_states: Vec::new(),
            raw_keyed: Vec::new(),
            raw_operator: Vec::new(),
        };
        opened
            .gather()
            .map_err(|error| error.context(opened.label()))?;
        Ok(opened)
    }

    fn gather(&mut self) -> Result<()> {
        let mut subtasks: Vec<_> = self.operator.subtasks.iter().collect();
        subtasks.sort_by_key(|subtask| subtask.subtask);
        for (place, subtask) in subtasks.into_iter().enumerate() {
            for chain in self.snapshot.chains(self.operator, subtask)? {
                self.add_headers(&chain)?;
            }
            let whole = self.snapshot.stored().complete(subtask)?;
            for image in whole.operator_state {
                self.view(image.meta)?.hold(place, image.items);
            }
            self.raw_keyed.push(whole.raw_keyed);
            self.raw_operator.push(whole.raw_operator);
        }
        Ok(())
    }

    /// Notes the states of a chain: those of its newest layer, which knows all that are left.
    fn add_headers(&mut self, chain: &SnapshotChain) -> Result<()> {
        let Some(newest) = chain.last().map(|layer| layer.header()) else {
            return Ok(());
        };
        match &self.key {
            Some(key) if *key != newest.key => {
                return Err(StateError::incompatible(format!(
                    "keys are {key} in one subtask and {} in another",
                    newest.key
                )));
            }
            Some(_) => {}
            None => self.key = Some(newest.key.clone()),
        }
        for state in &newest.states {
            match self.states.iter().find(|known| known.name == state.name) {
                None => self.states.push(state.clone()),
                Some(known) if known == state => {}
                Some(known) => {
                    let differ = known.check_readable_as(state);
                    return Err(differ.err().unwrap_or_else(|| {
                        let name = &state.name;
                        StateError::incompatible(format!("subtasks disagree on state '{name}'"))
                    }));
                }
            }
        }
        Ok(())
    }

    fn view(&mut self, meta: OperatorStateMeta) -> Result<&mut OperatorStateView> {
        let broadcast = |meta: &OperatorStateMeta| meta.kind == OperatorStateKind::Broadcast;
        let place = self.operator_states.iter().position(|view| {
            view.meta.name == meta.name && broadcast(&view.meta) == broadcast(&meta)
        });
        let place = place.unwrap_or_else(|| {
            self.operator_states.push(OperatorStateView {
                meta: meta.clone(),
                subtasks: Vec::new(),
            });
            self.operator_states.len() - 1
        });
        match self.operator_states.get_mut(place) {
            Some(view) if view.meta == meta => Ok(view),
            _ => Err(StateError::incompatible(format!(
                "subtasks disagree on operator state '{}'",
                meta.name
            ))),
        }
    }

    /// Its uid.
    pub fn uid(&self) -> &str {
        &self.operator.uid
    }

    /// The number of key groups.
    pub const fn max_parallelism(&self) -> MaxParallelism {
        self.operator.max_parallelism
    }

    /// The number of subtasks.
    pub const fn parallelism(&self) -> u32 {
        self.operator.parallelism
    }

    /// What the metadata says about it.
    pub const fn metadata(&self) -> &'s OperatorSnapshot {
        self.operator
    }

    /// The shape of its keys; `None` without keyed state.
    pub const fn key_schema(&self) -> Option<&Schema> {
        self.key.as_ref()
    }

    /// Its keyed states.
    pub fn keyed_states(&self) -> &[StateMeta] {
        &self.states
    }

    /// Its operator states.
    pub fn operator_states(&self) -> &[OperatorStateView] {
        &self.operator_states
    }

    /// The raw keyed state of each subtask, in their order.
    pub fn raw_keyed(&self) -> &[RawKeyedState] {
        &self.raw_keyed
    }

    /// The raw operator state of each subtask, in their order.
    pub fn raw_operator(&self) -> &[RawOperatorState] {
        &self.raw_operator
    }

    /// Opens the keyed state called `name`.
    ///
    /// # Errors
    /// `Misuse` if there is none; else as [`OfflineSnapshot::operator`].
    pub fn keyed(&self, name: &str) -> Result<KeyedReader> {
        let meta = self.states.iter().find(|state| state.name == name);
        let (Some(meta), Some(key)) = (meta, &self.key) else {
            let names = self.states.iter().map(|state| state.name.as_str());
            return Err(missing(self.label(), "keyed state", name, names));
        };
        let types = StateTypes::new(key, meta)?;
        let chains = self.open_chains()?;
        let label = format!("state '{name}' of {}", self.label());
        let (max, options) = (self.max_parallelism(), self.snapshot.options());
        Ok(KeyedReader::new(chains, types, max, options, label))
    }

    /// Opens the chains of all subtasks.
    pub(super) fn open_chains(&self) -> Result<Vec<SnapshotChain>> {
        let mut chains = Vec::new();
        for subtask in &self.operator.subtasks {
            chains.extend(self.snapshot.chains(self.operator, subtask)?);
        }
        Ok(chains)
    }

    /// How messages call it.
    pub(super) fn label(&self) -> String {
        format!("operator '{}'", self.uid())
    }
}

// Not derived: that would print operator state.
impl fmt::Debug for OfflineOperator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfflineOperator")
            .field("uid", &self.uid())
            .field("states", &self.states)
            .finish_non_exhaustive()
    }
}

impl OperatorStateView {
    fn hold(&mut self, subtask: usize, items: Vec<OperatorItem>) {
        if self.subtasks.len() <= subtask {
            self.subtasks.resize_with(subtask + 1, Vec::new);
        }
        if let Some(slot) = self.subtasks.get_mut(subtask) {
            *slot = items;
        }
    }

    /// The elements of a list, or the entries of a broadcast map, of one subtask: keys are `None`
    /// for lists.
    ///
    /// # Errors
    /// `Corrupt` if one does not fit its schema.
    pub fn dynamic(&self, subtask: usize) -> Result<Vec<(Option<DynamicValue>, DynamicValue)>> {
        let value = DynamicType::new(&self.meta.value)?;
        let key = self
            .meta
            .key
            .as_ref()
            .map(DynamicKeyType::new)
            .transpose()?;
        let items = self.subtasks.get(subtask).map_or(&[][..], Vec::as_slice);
        let items = items.iter().map(|item| {
            let key = key
                .as_ref()
                .map(|key| key.decode_exact(&item.key))
                .transpose()?;
            Ok((key, value.decode_exact(&item.value)?))
        });
        items
            .collect::<Result<_>>()
            .map_err(|error| error.context(format_args!("operator state '{}'", self.meta.name)))
    }
}
