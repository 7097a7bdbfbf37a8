//! The entries of one keyed state.

use super::histogram::Histogram;
use super::merge::{KeyedEntry, Merged};
use super::typed::{RowDescriptor, TypedRow};
use super::{DynamicEntry, OfflineOptions, StateTypes};
use alluvium_state_api::{
    DynamicValue, KeyGroup, KeyGroupRange, MaxParallelism, OrderedKey, Result, SchemaBuilder,
    SnapshotChain, StateError,
};
use std::fmt;

/// How many runs the key groups are read in, at most: one group at a time up to so many.
const RUNS: usize = 256;

/// Reads one keyed state of an operator: that of all its subtasks, over all layers.
///
/// Entries come ascending by key group, key, namespace and user key. In memory are those of a 256th
/// of the key groups at a time, of one group if there are fewer, within
/// [`OfflineOptions::max_held`].
pub struct KeyedReader {
    chains: Vec<SnapshotChain>,
    types: StateTypes,
    max_parallelism: MaxParallelism,
    options: OfflineOptions,
    label: String,
}

impl KeyedReader {
    pub(super) const fn new(
        chains: Vec<SnapshotChain>,
        types: StateTypes,
        max_parallelism: MaxParallelism,
        options: OfflineOptions,
        label: String,
    ) -> Self {
        Self {
            chains,
            types,
            max_parallelism,
            options,
            label,
        }
    }

    /// The types of the state.
    pub const fn types(&self) -> &StateTypes {
        &self.types
    }

    /// The number of key groups.
    pub const fn max_parallelism(&self) -> MaxParallelism {
        self.max_parallelism
    }

    /// All entries, encoded.
    pub fn entries(&mut self) -> KeyedEntries<'_> {
        self.entries_of(self.max_parallelism.all_groups())
    }

    /// The entries of some key groups, encoded; no others are read.
    pub fn entries_of(&mut self, groups: KeyGroupRange) -> KeyedEntries<'_> {
        let groups = groups.intersection(self.max_parallelism.all_groups());
        let step = self.max_parallelism.all_groups().len().div_ceil(RUNS);
        let mut runs = groups.split(groups.len().div_ceil(step));
        runs.reverse();
        KeyedEntries {
            reader: self,
            runs,
            current: None,
        }
    }

    /// All entries as dynamic values.
    ///
    /// Each is an error if reading fails, `Corrupt` or `Storage`, or if its bytes do not fit the
    /// schema, `Corrupt`; after one that cannot be read no other comes.
    pub fn dynamic(&mut self) -> impl Iterator<Item = Result<DynamicEntry>> + '_ {
        let types = self.types.clone();
        let entries = self.entries();
        entries.map(move |entry| types.decode(&entry?))
    }

    /// The entries of one key as dynamic values; only its key group is read.
    ///
    /// # Errors
    /// `Misuse` if the key is not of the state's type; `Corrupt` or `Storage`.
    pub fn lookup(&mut self, key: &DynamicValue) -> Result<Vec<DynamicEntry>> {
        let group = self.types.key().group_of(key, self.max_parallelism)?;
        let mut encoded = Vec::new();
        self.types.key().encode(key, &mut encoded)?;
        let types = self.types.clone();
        let mut found = Vec::new();
        for entry in self.entries_of(only(group)?) {
            let entry = entry?;
            if entry.key == encoded {
                found.push(types.decode(&entry)?);
            }
        }
        Ok(found)
    }

    /// All rows, with the types of `descriptor`.
    ///
    /// ```
    /// # use alluvium_checkpoint::{KeyedReader, TypedRow};
    /// # use alluvium_state_api::{Result, ValueDescriptor};
    /// fn sum(reader: &mut KeyedReader) -> Result<u64> {
    ///     let count = ValueDescriptor::<u64>::new("count");
    ///     let rows = reader.rows::<String, _>(&count)?;
    ///     rows.map(|row| Ok(row?.row)).sum()
    /// }
    /// ```
    ///
    /// # Errors
    /// `Misuse` if the descriptor is that of a state with another name; `Incompatible` if the state
    /// has another kind or other types, names of structs and fields included, as at a restore. Each
    /// row is an error as for [`dynamic`](Self::dynamic).
    pub fn rows<'r, K: OrderedKey, D: RowDescriptor>(
        &'r mut self,
        descriptor: &'r D,
    ) -> Result<impl Iterator<Item = Result<TypedRow<K, D>>> + 'r> {
        let labelled = |error: StateError| error.context(&self.label);
        let (meta, described) = (self.types.meta(), descriptor.meta());
        // Two states of the same types would else be taken for one another, and nothing tell.
        if meta.name != described.name {
            return Err(labelled(StateError::misuse(format!(
                "the descriptor is that of state '{}'",
                described.name
            ))));
        }
        let key = K::key_schema(&mut SchemaBuilder::default());
        let written = self.types.key().schema();
        written
            .check(&key)
            .map_err(|error| labelled(error.context("key")))?;
        meta.check_readable_as(&described).map_err(labelled)?;
        let label = self.label.clone();
        Ok(self.entries().map(move |entry| {
            TypedRow::decode(descriptor, &entry?).map_err(|error| error.context(&label))
        }))
    }

    /// How the entries spread over the key groups; reads everything.
    ///
    /// # Errors
    /// `Corrupt` or `Storage`.
    pub fn histogram(&mut self) -> Result<Histogram> {
        let mut histogram = Histogram::default();
        for entry in self.entries() {
            let entry = entry?;
            histogram.add(entry.group, entry.length());
        }
        Ok(histogram)
    }
}

/// The range of one group.
pub(super) fn only(group: KeyGroup) -> Result<KeyGroupRange> {
    KeyGroupRange::new(group.0.into(), group.0.into())
}

// Not derived: sources hold data.
impl fmt::Debug for KeyedReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyedReader").field(&self.label).finish()
    }
}

/// The entries of a [`KeyedReader`].
pub struct KeyedEntries<'r> {
    reader: &'r mut KeyedReader,
    /// The runs of key groups that are still to be read, the next one last.
    runs: Vec<KeyGroupRange>,
    current: Option<Box<dyn Iterator<Item = KeyedEntry>>>,
}

impl Iterator for KeyedEntries<'_> {
    type Item = Result<KeyedEntry>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.current.as_mut().and_then(Iterator::next) {
                return Some(Ok(entry));
            }
            let run = self.runs.pop()?;
            let reader = &mut *self.reader;
            let state = &reader.types.meta().name;
            match Merged::read(&mut reader.chains, state, run, &reader.options) {
                Ok(merged) => self.current = Some(Box::new(merged.into_entries())),
                Err(error) => {
                    self.runs.clear();
                    self.current = None;
                    return Some(Err(error.context(&reader.label)));
                }
            }
        }
    }
}
