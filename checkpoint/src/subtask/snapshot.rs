//! What one subtask contributes to a checkpoint.

use super::{KeyedChain, KeyedSegment, format, frame};
use crate::files::FileRef;
use crate::wire::{Put, count};
use alluvium_state_api::{
    CheckpointId, Limit, OperatorStateImage, RawKeyedState, RawOperatorState, Result,
    SnapshotHeader, SnapshotLimits, StateError,
};
/// What one subtask contributes to a checkpoint.
///
/// ```
/// use alluvium_checkpoint::SubtaskSnapshot;
/// let mut snapshot = SubtaskSnapshot::new("count", 0, 2);
/// snapshot.finished = true;
/// let bytes = snapshot.encode()?;
/// assert_eq!(bytes.len() as u64, snapshot.size()?);
/// assert_eq!(SubtaskSnapshot::decode(&bytes)?, snapshot);
/// # Ok::<(), alluvium_state_api::StateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubtaskSnapshot {
    /// The uid of the operator.
    pub operator: String,
    /// The subtask, below `parallelism`.
    pub subtask: u32,
    /// The number of subtasks that the operator had.
    pub parallelism: u32,
    /// Keyed state. Chains hold disjoint key groups; one is the rule.
    pub keyed: Vec<KeyedChain>,
    /// Operator state.
    pub operator_state: Vec<OperatorStateImage>,
    /// Raw keyed state.
    pub raw_keyed: RawKeyedState,
    /// Raw operator state.
    pub raw_operator: RawOperatorState,
    /// A file that holds operator state and raw state, where they are too large for the metadata:
    /// the [encoding](Self::encode) of a snapshot of the same subtask with these alone. What stands
    /// here directly is empty then.
    pub rest: Option<FileRef>,
    /// Whether the subtask had reached the end of its input and will do no more.
    pub finished: bool,
}

impl SubtaskSnapshot {
    /// A snapshot without state of subtask `subtask` of `parallelism` of the operator with this
    /// uid.
    pub fn new(operator: impl Into<String>, subtask: u32, parallelism: u32) -> Self {
        Self {
            operator: operator.into(),
            subtask,
            parallelism,
            keyed: Vec::new(),
            operator_state: Vec::new(),
            raw_keyed: RawKeyedState::default(),
            raw_operator: RawOperatorState::default(),
            rest: None,
            finished: false,
        }
    }

    /// The files that it names.
    pub fn files(&self) -> impl Iterator<Item = &FileRef> {
        let layers = self.keyed.iter().flat_map(|chain| &chain.layers);
        layers.filter_map(KeyedSegment::file).chain(&self.rest)
    }

    /// Whether there is nothing in it: neither operator state nor raw state nor a segment of keyed
    /// state. A segment may name no state; what it names,
    /// [`StoredSnapshot::has_state`](crate::StoredSnapshot::has_state) looks up.
    pub fn is_empty(&self) -> bool {
        self.keyed.is_empty() && !self.has_other_state()
    }

    /// Whether there is state in it that is not keyed state of a backend.
    pub(crate) fn has_other_state(&self) -> bool {
        !self.operator_state.is_empty()
            || !self.raw_keyed.is_empty()
            || !self.raw_operator.is_empty()
            || self.rest.is_some()
    }

    /// The length of its [encoding](Self::encode), in bytes; nothing is copied to find it.
    ///
    /// # Errors
    /// `Misuse` if a schema in it cannot be stored.
    pub fn size(&self) -> Result<u64> {
        Ok(count(|out| format::write(self, out))? + frame::OVERHEAD)
    }

    /// Checks its size against what the backend allows for one subtask.
    ///
    /// # Errors
    /// `LimitExceeded` naming subtask, operator, size, limit and option; `Misuse` as
    /// [`size`](Self::size).
    pub fn check_limit(&self, limits: &SnapshotLimits) -> Result<()> {
        match &limits.subtask {
            Some(limit) => self.check_against(limit),
            None => Ok(()),
        }
    }

    fn check_against(&self, limit: &Limit) -> Result<()> {
        limit.check(self.label(), self.size()?)
    }

    /// Checks that a layer may stand on the one before: another part of the same snapshot, or a
    /// delta upon it.
    pub(crate) fn check_layer(
        &self,
        before: Option<&SnapshotHeader>,
        header: &SnapshotHeader,
    ) -> Result<()> {
        let fits = match before {
            None => header.base.is_none(),
            Some(before) if header.checkpoint == before.checkpoint => header.base == before.base,
            Some(before) => header.base == Some(before.checkpoint),
        };
        if fits {
            return Ok(());
        }
        let name = |checkpoint: Option<CheckpointId>| {
            checkpoint.map_or_else(|| "nothing".to_owned(), |id| format!("checkpoint {id}"))
        };
        Err(StateError::corrupt(format!(
            "{}: the segment of checkpoint {} builds on {}, expected one that builds on {}",
            self.label(),
            header.checkpoint,
            name(header.base),
            name(before.map(|before| before.checkpoint))
        )))
    }

    /// How errors call it.
    pub(crate) fn label(&self) -> String {
        format!(
            "the snapshot of subtask {} of operator '{}'",
            self.subtask, self.operator
        )
    }

    /// Its stored form.
    ///
    /// # Errors
    /// `Misuse` if a schema in it cannot be stored.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let labelled = |error: StateError| error.context(self.label());
        let size = self.size().map_err(labelled)?;
        let mut out = Vec::with_capacity(size as usize);
        self.put(&mut out, size).map_err(labelled)?;
        Ok(out)
    }

    /// Puts its stored form, which takes `size` bytes.
    pub(super) fn put(&self, out: &mut dyn Put, size: u64) -> Result<()> {
        frame::put(out, size - frame::OVERHEAD, |out| format::write(self, out))
    }

    /// Reads its stored form back.
    ///
    /// # Errors
    /// `Corrupt` naming part and offset; `Incompatible` if a later version wrote it.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        format::read(frame::unwrap(bytes)?)
    }
}
