//! Opening a backend: fresh, or from snapshots.

use super::KeyedBackend;
use crate::error::{Result, StateError};
use crate::function::SubtaskInfo;
use crate::group::{KeyGroupRange, MaxParallelism};
use crate::key::OrderedKey;
use crate::snapshot::SnapshotChain;
use std::fmt;

/// A limit in bytes, and the name of the option that raises it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The greatest size allowed, in bytes.
    pub bytes: u64,
    /// The option.
    pub option: &'static str,
}

impl Limit {
    /// Checks `size`.
    ///
    /// # Errors
    /// `LimitExceeded` naming `what`, the size, the limit and the option, if `size` is above it.
    pub fn check(&self, what: impl fmt::Display, size: u64) -> Result<()> {
        if size <= self.bytes {
            return Ok(());
        }
        Err(StateError::limit(what, size, self.bytes, self.option))
    }
}

/// The limits that a backend sets to the snapshots of its state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnapshotLimits {
    /// The size of all that one subtask contributes to a checkpoint.
    pub subtask: Option<Limit>,
    /// The size of a whole checkpoint.
    pub checkpoint: Option<Limit>,
}

/// What a backend is opened for: one subtask of an operator, and what it restores from.
pub struct OpenRequest {
    /// The operator's uid, for messages; `None` if whoever opens the backend names it in them.
    pub operator: Option<String>,
    /// The subtask, below `parallelism`.
    pub subtask: u32,
    /// The number of subtasks.
    pub parallelism: u32,
    /// The number of key groups; `None` adopts that of the snapshots, or the default.
    pub max_parallelism: Option<MaxParallelism>,
    /// The snapshots of all subtasks, old or new, whose groups may matter; none for a fresh start.
    pub restore: Vec<SnapshotChain>,
}

impl OpenRequest {
    /// A fresh start of subtask `subtask` of `parallelism`.
    pub const fn fresh(subtask: u32, parallelism: u32) -> Self {
        Self {
            operator: None,
            subtask,
            parallelism,
            max_parallelism: None,
            restore: Vec::new(),
        }
    }

    /// The same, for the operator of this uid: what is wrong with what it restores is told with it.
    pub fn with_operator(mut self, uid: impl Into<String>) -> Self {
        self.operator = Some(uid.into());
        self
    }

    /// The same with this number of key groups.
    pub fn with_max_parallelism(mut self, max_parallelism: MaxParallelism) -> Self {
        self.max_parallelism = Some(max_parallelism);
        self
    }

    /// The same, restored from `chains`.
    pub fn with_restore(mut self, chains: Vec<SnapshotChain>) -> Self {
        self.restore = chains;
        self
    }

    /// How messages call what it is for; `None` without [`operator`](Self::operator). A backend
    /// puts it in front of every error about what it restores.
    ///
    /// ```
    /// use alluvium_state_api::OpenRequest;
    /// let request = OpenRequest::fresh(1, 2).with_operator("count");
    /// assert_eq!(request.label().unwrap(), "operator 'count', subtask 1");
    /// ```
    pub fn label(&self) -> Option<String> {
        let subtask = SubtaskInfo {
            operator: self.operator.clone()?,
            index: self.subtask,
            parallelism: self.parallelism,
        };
        Some(subtask.to_string())
    }

    /// The max parallelism that applies, and the key groups of the subtask.
    ///
    /// # Errors
    /// `Incompatible` if the snapshots and the request, or two snapshots, disagree on the max
    /// parallelism; `Misuse` if subtask and parallelism do not fit it.
    pub fn resolve(&self) -> Result<(MaxParallelism, KeyGroupRange)> {
        let mut wanted = self.max_parallelism;
        for source in self.restore.iter().flatten() {
            let found = source.header().max_parallelism;
            if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
                return Err(StateError::incompatible(format!(
                    "Max parallelism mismatch: the snapshot was taken with {found}, the program \
                     asks for {wanted}"
                )));
            }
            wanted = Some(found);
        }
        let max = match wanted {
            Some(max) => max,
            None => MaxParallelism::default_for(self.parallelism)?,
        };
        Ok((max, max.range_of(self.subtask, self.parallelism)?))
    }
}

impl fmt::Debug for OpenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenRequest")
            .field("operator", &self.operator)
            .field("subtask", &self.subtask)
            .field("parallelism", &self.parallelism)
            .field("max_parallelism", &self.max_parallelism)
            .field("restore", &self.restore.len())
            .finish()
    }
}

/// A kind of backend with its settings: opens one keyed backend per subtask.
///
/// An engine is written once, for whichever backend a job is given:
///
/// ```
/// use alluvium_state_api::{KeyGroupRange, OpenRequest, OrderedKey, Result, StateBackend};
///
/// /// The keyed state of all subtasks of an operator that starts afresh.
/// fn open_all<K: OrderedKey, B: StateBackend>(
///     backend: &B,
///     parallelism: u32,
/// ) -> Result<Vec<B::Keyed<K>>> {
///     let open = |subtask| backend.open(OpenRequest::fresh(subtask, parallelism));
///     (0..parallelism).map(open).collect()
/// }
///
/// // What the second of two subtasks is opened for:
/// let (max_parallelism, groups) = OpenRequest::fresh(1, 2).resolve()?;
/// assert_eq!(max_parallelism.get(), 128);
/// assert_eq!(groups, KeyGroupRange::new(64, 127)?);
/// # Ok::<(), alluvium_state_api::StateError>(())
/// ```
pub trait StateBackend: Send + Sync + 'static {
    /// What it opens.
    type Keyed<K: OrderedKey>: KeyedBackend<Key = K>;

    /// Opens the keyed state of one subtask.
    ///
    /// # Errors
    /// `Incompatible` if a snapshot has other keys or another max parallelism; `Misuse` if the
    /// subtask does not exist; `Corrupt` or `Storage` if a snapshot cannot be read.
    fn open<K: OrderedKey>(&self, request: OpenRequest) -> Result<Self::Keyed<K>>;

    /// The limits on what checkpoints of its state may hold.
    fn snapshot_limits(&self) -> SnapshotLimits;
}
