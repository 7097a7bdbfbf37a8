//! What one subtask contributes to a checkpoint.

use super::{format, frame};
use crate::wire::{Put, count};
use alluvium_state_api::{
    Limit, OperatorStateImage, RawKeyedState, RawOperatorState, Result, SnapshotLimits, StateError,
};
use std::fmt;
use std::sync::Arc;

/// Keyed state of a subtask, in the format of segments.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq)]
pub enum KeyedSegment {
    /// The segment itself.
    Inline(Arc<[u8]>),
}

impl KeyedSegment {
    /// The number of bytes of the segment.
    pub fn length(&self) -> u64 {
        match self {
            Self::Inline(bytes) => bytes.len() as u64,
        }
    }
}

// Not derived: that would print the state of a whole subtask.
impl fmt::Debug for KeyedSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(bytes) => write!(f, "Inline({} bytes)", bytes.len()),
        }
    }
}

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
    /// Keyed state: a segment for each part that was written by itself. The parts hold disjoint
    /// key groups, so that each is restored as a chain of its own.
    pub keyed: Vec<KeyedSegment>,
    /// Operator state.
    pub operator_state: Vec<OperatorStateImage>,
    /// Raw keyed state.
    pub raw_keyed: RawKeyedState,
    /// Raw operator state.
    pub raw_operator: RawOperatorState,
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
            finished: false,
        }
    }

    /// Whether there is no state in it: a segment without entries is state, as it names states.
    pub fn is_empty(&self) -> bool {
        self.keyed.is_empty()
            && self.operator_state.is_empty()
            && self.raw_keyed.is_empty()
            && self.raw_operator.is_empty()
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
