//! The outcome.

use super::{BackendKind, Recovery, RestartStrategy};
use crate::AnyStateBackend;
#[cfg(feature = "fs")]
use crate::FsSettings;
#[cfg(feature = "memory")]
use crate::MemorySettings;
use crate::config::value::Location;
use crate::config::warning::Warning;
use alluvium_checkpoint::storage::StorageOptions;
use alluvium_checkpoint::{CheckpointOptions, StoreOptions};
use alluvium_state_api::{MaxParallelism, Result};
use std::path::PathBuf;
use std::time::Duration;

/// Settings without contradiction, made by [`Configuration::resolve`]. Plain data.
///
/// [`Configuration::resolve`]: crate::config::Configuration::resolve
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// Where keyed state is kept.
    pub backend: BackendKind,
    /// The settings of the memory backend, whether it is the one or not.
    #[cfg(feature = "memory")]
    pub memory: MemorySettings,
    /// The settings of the filesystem backend, whether it is the one or not.
    #[cfg(feature = "fs")]
    pub fs: FsSettings,
    /// When checkpoints are taken, how many are kept, and whether they outlive the job.
    pub checkpoints: CheckpointOptions,
    /// Where checkpoints are kept; `None` in memory.
    pub checkpoint_dir: Option<Location>,
    /// Where savepoints go that are asked for without a directory; `None` refuses them.
    pub savepoint_dir: Option<Location>,
    /// How the store of checkpoints is opened and snapshots are read, and whether an older one is used if the newest is
    /// damaged.
    pub store: StoreOptions,
    /// How stores are reached that are no local directories.
    pub storage: StorageOptions,
    /// Most bytes of raw keyed state, and of raw operator state, that a subtask may write.
    pub max_raw_state: u64,
    /// What the job starts from.
    pub recovery: Recovery,
    /// The local directory in which each machine keeps a copy of its part of the latest checkpoint;
    /// `None` if it keeps none.
    pub local_backup: Option<PathBuf>,
    /// The number of subtasks of operators that do not say otherwise.
    pub parallelism: u32,
    /// The number of key groups; `None` leaves it to the checkpoint or the parallelism.
    pub max_parallelism: Option<MaxParallelism>,
    /// What happens when the job fails.
    pub restart: RestartStrategy,
    /// How long a job that is to end waits for its tasks and for storage; `None` for ever.
    pub cancellation_timeout: Option<Duration>,
    /// What should be changed, though it works.
    pub warnings: Vec<Warning>,
}

impl Resolved {
    /// The backend.
    ///
    /// # Errors
    /// `Misuse` if this build lacks it.
    pub fn state_backend(&self) -> Result<AnyStateBackend> {
        super::backend::open(self)
    }
}
