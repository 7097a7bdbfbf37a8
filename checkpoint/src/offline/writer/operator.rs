//! An operator made of rows.

use super::rows::{Again, Rows};
use super::segments::{Segments, Target};
use crate::offline::snapshot::missing;
use crate::offline::{DynamicEntry, KeyedEntry, OfflineOptions, RowDescriptor, StateTypes};
use crate::subtask::{OperatorSnapshot, SubtaskSnapshot};
use alluvium_state_api::{
    BroadcastDescriptor, DynamicValue, MaxParallelism, OperatorItem, OperatorListDescriptor,
    OperatorStateImage, OperatorStateKind, OperatorStateMeta, OrderedKey, Result, Schema,
    SchemaBuilder, StateData, StateError, StateKind, StateMeta, assign_operator_state,
};
use std::fmt;

/// The state of one operator, put together from rows.
///
/// A row is put into the key group of its key, and with it into the subtask that owns the group: by
/// the hashes that are fixed for ever, so that a program finds it. Rows are kept in memory, within
/// [`OfflineOptions::max_held`].
///
/// ```
/// use alluvium_checkpoint::{OperatorWriter, SavepointWriter};
/// use alluvium_state_api::{MaxParallelism, OperatorListDescriptor, ValueDescriptor};
/// const COUNT: ValueDescriptor<u64> = ValueDescriptor::new("count");
/// const OFFSETS: OperatorListDescriptor<u64> = OperatorListDescriptor::split("offsets");
///
/// let mut words = OperatorWriter::new("words", MaxParallelism::new(128)?, 2)?;
/// words.put(&COUNT, &"hello".to_owned(), &(), &3)?;
/// words.put(&COUNT, &"world".to_owned(), &(), &5)?;
/// words.list(&OFFSETS, &[17, 4])?;
///
/// let mut savepoint = SavepointWriter::new("word count");
/// savepoint.add(words)?;
/// let metadata = savepoint.into_metadata()?;
/// assert_eq!(metadata.operators[0].subtasks.len(), 2);
/// # Ok::<(), alluvium_state_api::StateError>(())
/// ```
pub struct OperatorWriter {
    uid: String,
    max_parallelism: MaxParallelism,
    parallelism: u32,
    key: Option<Schema>,
    states: Vec<StateTypes>,
    rows: Rows,
    operator_states: Vec<OperatorStateImage>,
    options: OfflineOptions,
}

impl OperatorWriter {
    /// An operator without state, for so many key groups and subtasks.
    ///
    /// # Errors
    /// `Misuse` if the uid is empty, or the parallelism is 0 or above the max parallelism.
    pub fn new(
        uid: impl Into<String>,
        max_parallelism: MaxParallelism,
        parallelism: u32,
    ) -> Result<Self> {
        let uid = uid.into();
        if uid.is_empty() {
            return Err(StateError::misuse(
                "an operator needs a uid, found an empty one",
            ));
        }
        max_parallelism
            .range_of(0, parallelism)
            .map_err(|error| error.context(format_args!("operator '{uid}'")))?;
        Ok(Self {
            uid,
            max_parallelism,
            parallelism,
            key: None,
            states: Vec::new(),
            rows: Rows::default(),
            operator_states: Vec::new(),
            options: OfflineOptions::default(),
        })
    }

    /// The same, within other bounds.
    pub const fn with_options(mut self, options: OfflineOptions) -> Self {
        self.options = options;
        self
    }

    /// Its uid.
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// Adds a keyed state, or finds it if it is there; without rows it is empty.
    ///
    /// # Errors
    /// `Misuse` if its name is empty or taken by a state of another kind or type, if other states
    /// of the operator have other keys, or if a schema is none of a key.
    pub fn keyed_state(&mut self, key: &Schema, meta: &StateMeta) -> Result<StateTypes> {
        self.state(key, meta)
            .map(|(_, types)| types)
            .map_err(|error| self.named(error))
    }

    fn state(&mut self, key: &Schema, meta: &StateMeta) -> Result<(usize, StateTypes)> {
        if let Some(place) = self.place(&meta.name)
            && let Some(types) = self.states.get(place)
            && types.meta() == meta
            && types.key().schema() == key
        {
            return Ok((place, types.clone()));
        }
        let name = &meta.name;
        if name.is_empty() {
            return Err(StateError::misuse(
                "a state needs a name, found an empty one",
            ));
        }
        if self.place(name).is_some() {
            return Err(StateError::misuse(format!(
                "state '{name}' is there already, with another kind or type"
            )));
        }
        if (meta.kind == StateKind::Map) != meta.user_key.is_some() {
            return Err(StateError::misuse(format!(
                "state '{name}' is {} state: only map state has user keys, and always",
                meta.kind
            )));
        }
        if let Some(known) = self.key.as_ref().filter(|known| *known != key) {
            return Err(StateError::misuse(format!(
                "state '{name}' has keys {key}, those before have {known}"
            )));
        }
        let types = StateTypes::new(key, meta)?;
        self.key = Some(key.clone());
        self.states.push(types.clone());
        Ok((self.states.len() - 1, types))
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.states
            .iter()
            .position(|state| state.meta().name == name)
    }

    /// Adds the state that `descriptor` describes; as [`keyed_state`](Self::keyed_state).
    ///
    /// # Errors
    /// As there.
    pub fn describe<K: OrderedKey>(&mut self, descriptor: &impl RowDescriptor) -> Result<()> {
        let key = K::key_schema(&mut SchemaBuilder::default());
        self.keyed_state(&key, &descriptor.meta()).map(drop)
    }

    /// Puts a row into the state that `descriptor` describes. An empty list leaves nothing; one
    /// that comes again follows the elements that are there.
    ///
    /// # Errors
    /// `Misuse` as [`keyed_state`](Self::keyed_state), if a value cannot be encoded, or if there is
    /// a row for the same key, namespace and user key; `LimitExceeded`.
    pub fn put<K: OrderedKey, D: RowDescriptor>(
        &mut self,
        descriptor: &D,
        key: &K,
        namespace: &D::Namespace,
        row: &D::Row,
    ) -> Result<()> {
        let schema = K::key_schema(&mut SchemaBuilder::default());
        let state = self.state(&schema, &descriptor.meta());
        let (place, types) = state.map_err(|error| self.named(error))?;
        let mut entry = KeyedEntry {
            group: self.max_parallelism.group_of(key.key_hash()),
            key: Vec::new(),
            namespace: Vec::new(),
            user_key: Vec::new(),
            value: Vec::new(),
        };
        key.encode_key(&mut entry.key);
        namespace.encode_key(&mut entry.namespace);
        descriptor
            .encode(row, &mut entry.user_key, &mut entry.value)
            .map_err(|error| self.named(error))?;
        self.add(place, &types, entry)
    }

    /// Puts a row of dynamic values into the state called `state`.
    ///
    /// # Errors
    /// `Misuse` if there is no such state, a part does not fit its schema, or there is a row for the
    /// same key, namespace and user key; `LimitExceeded`.
    pub fn put_dynamic(&mut self, state: &str, entry: &DynamicEntry) -> Result<()> {
        let place = self.place(state);
        let found = place.and_then(|place| Some((place, self.states.get(place)?.clone())));
        let Some((place, types)) = found else {
            let names = self.states.iter().map(|state| state.meta().name.as_str());
            return Err(missing(self.label(), "keyed state", state, names));
        };
        let encoded = types.encode(entry, self.max_parallelism);
        let encoded = encoded.map_err(|error| self.named(error))?;
        self.add(place, &types, encoded)
    }

    fn add(&mut self, place: usize, types: &StateTypes, entry: KeyedEntry) -> Result<()> {
        let again = if types.is_list() {
            Again::Append
        } else {
            Again::Refuse
        };
        if types.is_list() && entry.value.is_empty() {
            return Ok(());
        }
        let key = entry.key.clone();
        if !self.rows.add(place, entry, again) {
            let key = types
                .key()
                .decode_exact(&key)
                .unwrap_or(DynamicValue::Opaque(key));
            return Err(self.named(StateError::misuse(format!(
                "state '{}' has a row for key {} already",
                types.meta().name,
                types.key().show(&key)
            ))));
        }
        self.rows.check(
            self.options,
            format_args!("what is put into {}", self.label()),
        )
    }

    /// Adds elements to the list state that `descriptor` describes. Those of a split list are dealt
    /// out to the subtasks; a union list is one list.
    ///
    /// # Errors
    /// `Misuse` if the name is taken by another state, or an element cannot be encoded.
    pub fn list<T: StateData>(
        &mut self,
        descriptor: &OperatorListDescriptor<T>,
        elements: &[T],
    ) -> Result<()> {
        let items = elements.iter().map(|element| {
            let mut value = Vec::new();
            descriptor.codec().encode(element, &mut value)?;
            let key = Vec::new();
            Ok(OperatorItem { key, value })
        });
        let items = items
            .collect::<Result<Vec<_>>>()
            .map_err(|error| self.named(error))?;
        self.operator_state(descriptor.meta(), items)
    }

    /// Adds entries to the broadcast map that `descriptor` describes; every subtask gets all.
    ///
    /// # Errors
    /// `Misuse` if the name is taken by another state, or a value cannot be encoded.
    pub fn broadcast<BK: OrderedKey, BV: StateData>(
        &mut self,
        descriptor: &BroadcastDescriptor<BK, BV>,
        entries: &[(BK, BV)],
    ) -> Result<()> {
        let items = entries.iter().map(|(key, value)| {
            let (mut encoded, mut bytes) = (Vec::new(), Vec::new());
            key.encode_key(&mut encoded);
            descriptor.codec().encode(value, &mut bytes)?;
            Ok(OperatorItem {
                key: encoded,
                value: bytes,
            })
        });
        let items = items
            .collect::<Result<Vec<_>>>()
            .map_err(|error| self.named(error))?;
        self.operator_state(descriptor.meta(), items)
    }

    /// Adds encoded elements or entries to an operator state.
    ///
    /// # Errors
    /// `Misuse` if the name is taken by another state, or a key of a broadcast map comes twice.
    pub fn operator_state(
        &mut self,
        meta: OperatorStateMeta,
        items: Vec<OperatorItem>,
    ) -> Result<()> {
        let broadcast = |meta: &OperatorStateMeta| meta.kind == OperatorStateKind::Broadcast;
        let there = self.operator_states.iter_mut().find(|there| {
            there.meta.name == meta.name && broadcast(&there.meta) == broadcast(&meta)
        });
        let image = match there {
            Some(image) if image.meta == meta => image,
            Some(_) => {
                let message = format!("operator state '{}' is there already", meta.name);
                return Err(self.named(StateError::misuse(format!(
                    "{message}, with another kind or type"
                ))));
            }
            None => {
                let items = Vec::new();
                self.operator_states
                    .push(OperatorStateImage { meta, items });
                match self.operator_states.last_mut() {
                    Some(image) => image,
                    None => return Ok(()),
                }
            }
        };
        image.items.extend(items);
        let mut keys: Vec<_> = image.items.iter().map(|item| &item.key).collect();
        keys.sort_unstable();
        if broadcast(&image.meta) && keys.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            let message = format!("broadcast state '{}' has a key twice", image.meta.name);
            return Err(self.named(StateError::misuse(message)));
        }
        Ok(())
    }

    /// What a savepoint holds of it.
    pub(super) fn finish(self, target: Target<'_>) -> Result<OperatorSnapshot> {
        let label = self.label();
        self.try_finish(target)
            .map_err(|error| error.context(label))
    }

    fn try_finish(self, target: Target<'_>) -> Result<OperatorSnapshot> {
        let mut operator = OperatorSnapshot {
            uid: self.uid.clone(),
            max_parallelism: self.max_parallelism,
            parallelism: self.parallelism,
            subtasks: Vec::new(),
        };
        let mut chains = Vec::new();
        if let Some(key) = &self.key {
            let states: Vec<_> = self
                .states
                .iter()
                .map(|state| state.meta().clone())
                .collect();
            let mut segments = Segments {
                target,
                max_parallelism: self.max_parallelism,
                parallelism: self.parallelism,
                key,
                states: &states,
                written: Vec::new(),
            };
            segments.write(&self.rows, self.max_parallelism.all_groups())?;
            chains.extend(segments.into_chains());
        }
        let mut chains = chains.into_iter();
        for subtask in 0..self.parallelism {
            let mut snapshot = SubtaskSnapshot::new(&*self.uid, subtask, self.parallelism);
            snapshot.keyed = chains.next().unwrap_or_default();
            snapshot.operator_state = share(&self.operator_states, subtask, self.parallelism)?;
            operator.subtasks.push(snapshot);
        }
        Ok(operator)
    }

    fn label(&self) -> String {
        format!("operator '{}'", self.uid)
    }

    #[cold]
    fn named(&self, error: StateError) -> StateError {
        error.context(self.label())
    }
}

/// What subtask `index` holds of states that are given as a whole.
fn share(
    states: &[OperatorStateImage],
    index: u32,
    parallelism: u32,
) -> Result<Vec<OperatorStateImage>> {
    let mut shares =
        assign_operator_state(&[states.to_vec()], index as usize, parallelism as usize)?;
    for share in &mut shares {
        // At restore all subtasks get what all have: so one has it.
        if share.meta.kind == OperatorStateKind::UnionList && index > 0 {
            share.items.clear();
        }
    }
    Ok(shares)
}

// Not derived: that would print the rows.
impl fmt::Debug for OperatorWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperatorWriter")
            .field("uid", &self.uid)
            .field("states", &self.states)
            .field("held", &self.rows.held())
            .finish_non_exhaustive()
    }
}
