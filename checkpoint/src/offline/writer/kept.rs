//! An operator of another snapshot.

use super::rows::{Again, Rows};
use super::segments::{Segments, Target};
use crate::offline::{KeyedEntry, OfflineOperator, OfflineOptions, StateTypes};
use crate::subtask::{KeyedChain, OperatorSnapshot, SubtaskSnapshot};
use alluvium_state_api::{
    KeyGroup, KeyGroupRange, MaxParallelism, OperatorStateImage, Result, StateError,
};

/// An operator that goes over into another savepoint.
#[derive(Debug)]
pub(super) struct Kept<'s> {
    operator: OfflineOperator<'s>,
    pub(super) uid: String,
    max_parallelism: MaxParallelism,
    options: OfflineOptions,
}

impl<'s> Kept<'s> {
    pub(super) fn new(operator: OfflineOperator<'s>, options: OfflineOptions) -> Self {
        Self {
            uid: operator.uid().to_owned(),
            max_parallelism: operator.max_parallelism(),
            operator,
            options,
        }
    }

    /// Re-keys it when it is written.
    ///
    /// # Errors
    /// `Incompatible` if it has raw keyed state, or more subtasks than groups.
    pub(super) fn set_max_parallelism(&mut self, max: MaxParallelism) -> Result<()> {
        let (uid, parallelism) = (&self.uid, self.operator.parallelism());
        let changes = max != self.operator.max_parallelism();
        if changes && self.operator.raw_keyed().iter().any(|raw| !raw.is_empty()) {
            return Err(StateError::incompatible(format!(
                "operator '{uid}' has raw keyed state, which cannot be re-keyed: only the operator \
                 knows which keys are in it"
            )));
        }
        if parallelism > max.get() {
            return Err(StateError::incompatible(format!(
                "operator '{uid}' has {parallelism} subtasks, a max parallelism of {max} allows no \
                 more than that"
            )));
        }
        self.max_parallelism = max;
        Ok(())
    }

    /// What a savepoint holds of it.
    pub(super) fn finish(self, target: Target<'_>) -> Result<OperatorSnapshot> {
        let label = format!("operator '{}'", self.uid);
        self.try_finish(target)
            .map_err(|error| error.context(label))
    }

    fn try_finish(self, target: Target<'_>) -> Result<OperatorSnapshot> {
        let mut keyed = self.keyed(target)?.into_iter();
        let (old, mut subtasks) = (self.operator.metadata(), Vec::new());
        let mut finished: Vec<_> = old.subtasks.iter().collect();
        finished.sort_by_key(|subtask| subtask.subtask);
        for (place, before) in finished.into_iter().enumerate() {
            let mut after = SubtaskSnapshot::new(&*self.uid, before.subtask, before.parallelism);
            after.keyed = keyed.next().unwrap_or_default();
            let views = self.operator.operator_states().iter();
            let images = views.filter_map(|view| {
                let items = view.subtasks.get(place)?.clone();
                let meta = view.meta.clone();
                Some(OperatorStateImage { meta, items })
            });
            after.operator_state = images.collect();
            after.raw_keyed = self
                .operator
                .raw_keyed()
                .get(place)
                .cloned()
                .unwrap_or_default();
            after.raw_operator = self
                .operator
                .raw_operator()
                .get(place)
                .cloned()
                .unwrap_or_default();
            after.finished = before.finished;
            subtasks.push(after);
        }
        Ok(OperatorSnapshot {
            uid: self.uid,
            max_parallelism: self.max_parallelism,
            parallelism: old.parallelism,
            subtasks,
        })
    }

    /// The keyed state of each subtask: whole, however many layers it had.
    fn keyed(&self, target: Target<'_>) -> Result<Vec<Vec<KeyedChain>>> {
        let Some(key) = self.operator.key_schema() else {
            return Ok(Vec::new());
        };
        let mut segments = Segments {
            target,
            max_parallelism: self.max_parallelism,
            parallelism: self.operator.parallelism(),
            key,
            states: self.operator.keyed_states(),
            written: Vec::new(),
        };
        let mut rest = self.max_parallelism.all_groups();
        while let Some(first) = rest.first() {
            let (rows, groups) = self.gather(rest)?;
            segments.write(&rows, groups)?;
            rest = from(rest, usize::from(first.0) + groups.len())?;
        }
        Ok(segments.into_chains().collect())
    }

    /// As many of the first of `groups` as memory holds, and their rows.
    fn gather(&self, groups: KeyGroupRange) -> Result<(Rows, KeyGroupRange)> {
        let (mut rows, mut groups) = (Rows::default(), groups);
        for (place, state) in self.operator.keyed_states().iter().enumerate() {
            let mut reader = self.operator.keyed(&state.name)?;
            let types = reader.types().clone();
            let entries = if self.rekeys() {
                reader.entries()
            } else {
                reader.entries_of(groups)
            };
            for entry in entries {
                let entry = self.placed(entry?, &types)?;
                if !groups.contains(entry.group) {
                    continue;
                }
                rows.add(place, entry, Again::Append);
                if rows.held() > self.options.max_held {
                    let Some(bound) = rows.give_up_half() else {
                        rows.check(self.options, "what one key group holds")?;
                        continue;
                    };
                    groups = up_to(groups, bound)?;
                }
            }
        }
        Ok((rows, groups))
    }

    fn rekeys(&self) -> bool {
        self.max_parallelism != self.operator.max_parallelism()
    }

    /// The entry in its new key group.
    fn placed(&self, mut entry: KeyedEntry, types: &StateTypes) -> Result<KeyedEntry> {
        if !self.rekeys() {
            return Ok(entry);
        }
        let old = types.group_of_encoded(&entry.key, self.operator.max_parallelism())?;
        if old != entry.group {
            return Err(StateError::incompatible(format!(
                "state '{}': a key lies in key group {}, the hash of its type says {old}: a type \
                 with a hash of its own cannot be re-keyed without the program",
                types.meta().name,
                entry.group
            )));
        }
        entry.group = types.group_of_encoded(&entry.key, self.max_parallelism)?;
        Ok(entry)
    }
}

/// The groups of `range` below `bound`.
fn up_to(range: KeyGroupRange, bound: KeyGroup) -> Result<KeyGroupRange> {
    let below = KeyGroupRange::new(0, i32::from(bound.0) - 1)?;
    Ok(range.intersection(below))
}

/// The groups of `range` from `first` on.
fn from(range: KeyGroupRange, first: usize) -> Result<KeyGroupRange> {
    let Some(last) = range.last().filter(|last| usize::from(last.0) >= first) else {
        return Ok(KeyGroupRange::EMPTY);
    };
    KeyGroupRange::new(first as i32, last.0.into())
}
