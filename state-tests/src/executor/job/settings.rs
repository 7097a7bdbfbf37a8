//! What can be set about a job.

use super::JobListener;
use super::origin::RestoreFrom;
use super::status::SharedStatus;
use crate::executor::channel::ChannelSettings;
use crate::executor::clock::Clock;
use crate::executor::failure::FailurePlan;
use alluvium::checkpoint::{CheckpointOptions, StoreOptions, Unclaimed};
pub use alluvium::config::RestartStrategy;
use alluvium::{AnyStateBackend, MaxParallelism, SnapshotMode};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

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
    pub(crate) checkpoint_dir: Option<PathBuf>,
    /// Where savepoints go unless told otherwise.
    pub(crate) savepoint_dir: Option<PathBuf>,
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
