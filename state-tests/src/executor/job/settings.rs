//! What can be set about a job.

use super::JobListener;
use super::origin::RestoreFrom;
use super::retained::checkpoint_folder;
use super::status::SharedStatus;
use crate::executor::channel::ChannelSettings;
use crate::executor::clock::Clock;
use crate::executor::failure::FailurePlan;
use alluvium::checkpoint::storage::{Location, StorageOptions};
use alluvium::checkpoint::{CheckpointOptions, Storage, StoreOptions, Unclaimed};
pub use alluvium::config::RestartStrategy;
use alluvium::{AnyStateBackend, MaxParallelism, Result, SnapshotMode, StateError};
use std::fmt::Display;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A place as it was given, which may make no sense.
#[derive(Clone, Debug)]
pub(crate) struct Given(Result<Location, String>);

impl Given {
    pub(crate) fn new<L>(place: L) -> Self
    where
        L: TryInto<Location>,
        L::Error: Display,
    {
        Self(place.try_into().map_err(|error| error.to_string()))
    }

    /// The place; `what` names it.
    ///
    /// # Errors
    /// `Misuse` if it makes no sense.
    pub(crate) fn get(&self, what: &str) -> Result<&Location> {
        let given = self.0.as_ref();
        given.map_err(|error| StateError::misuse(format!("{what}: {error}")))
    }
}

/// Puts something around a store.
pub(crate) type WrapStorage = Arc<dyn Fn(Arc<dyn Storage>) -> Arc<dyn Storage> + Send + Sync>;

/// Everything that is set about a job.
#[derive(Clone)]
pub(crate) struct JobSettings {
    pub(crate) name: String,
    /// `None` takes it from the name.
    pub(crate) job_id: Option<String>,
    pub(crate) parallelism: u32,
    pub(crate) max_parallelism: Option<MaxParallelism>,
    pub(crate) backend: AnyStateBackend,
    pub(crate) checkpoints: CheckpointOptions,
    pub(crate) checkpoint_every: Option<u64>,
    pub(crate) checkpoint_dir: Option<Given>,
    /// Where savepoints go unless told otherwise.
    pub(crate) savepoint_dir: Option<Given>,
    /// Where copies of the latest checkpoint lie.
    pub(crate) local_backup_dir: Option<PathBuf>,
    /// How stores are reached that are no local directories.
    pub(crate) storage: StorageOptions,
    /// What stands between the job and the store of its checkpoints.
    pub(crate) wrap_storage: Option<WrapStorage>,
    /// Where to start from, instead of the newest checkpoint.
    pub(crate) restore_from: Option<RestoreFrom>,
    pub(crate) store: StoreOptions,
    /// Whether earlier checkpoints are left behind.
    pub(crate) fresh: bool,
    pub(crate) snapshot_mode: SnapshotMode,
    pub(crate) unclaimed: Unclaimed,
    /// `None` depends on whether there are checkpoints.
    pub(crate) restart: Option<RestartStrategy>,
    pub(crate) channels: ChannelSettings,
    pub(crate) max_raw: u64,
    pub(crate) writers: usize,
    pub(crate) rate: Option<u64>,
    pub(crate) progress_interval: Duration,
    /// How long a job that is to end waits for its tasks and for storage; `None` for ever.
    pub(crate) cancellation_timeout: Option<Duration>,
    pub(crate) failures: FailurePlan,
    pub(crate) listener: Option<Arc<dyn JobListener>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// How the job does.
    pub(crate) status: SharedStatus,
}

impl JobSettings {
    pub(crate) fn checkpointing(&self) -> bool {
        self.checkpoints.interval.is_some()
    }

    pub(crate) fn checkpoint_dir(&self) -> Result<Option<&Location>> {
        let given = self.checkpoint_dir.as_ref();
        given
            .map(|it| it.get("the checkpoint directory"))
            .transpose()
    }

    /// Where checkpoints are kept, from wherever it is asked; `None` in memory.
    pub(crate) fn checkpoint_root(&self) -> Result<Option<Location>> {
        self.checkpoint_dir()?.map(Location::absolute).transpose()
    }

    /// The folder of a checkpoint, if it is not kept in memory.
    pub(crate) fn checkpoint_folder(&self, checkpoint: u64) -> Option<Location> {
        let root = self.checkpoint_root().ok().flatten()?;
        Some(root.join(&checkpoint_folder(self.job_id(), checkpoint)))
    }

    pub(crate) fn savepoint_dir(&self) -> Result<Option<&Location>> {
        let given = self.savepoint_dir.as_ref();
        given
            .map(|it| it.get("the savepoint directory"))
            .transpose()
    }

    pub(crate) fn restart(&self) -> RestartStrategy {
        match self.restart {
            Some(strategy) => strategy,
            None if self.checkpointing() => RestartStrategy::WITH_CHECKPOINTS,
            None => RestartStrategy::None,
        }
    }

    /// What becomes of state that no operator claims.
    pub(crate) fn unclaimed(&self) -> Unclaimed {
        match &self.restore_from {
            Some(from) if from.options.allow_non_restored_state => Unclaimed::Drop,
            _ => self.unclaimed,
        }
    }

    pub(crate) fn job_id(&self) -> &str {
        self.job_id.as_deref().unwrap_or(&self.name)
    }
}
