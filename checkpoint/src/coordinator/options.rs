//! What can be set about checkpointing.

use std::time::Duration;

use super::retention::ExternalizedRetention;
use alluvium_state_api::{Result, StateError};

/// Names of the options, as they stand in configuration files and in error messages.
pub(super) mod key {
    pub(crate) const INTERVAL: &str = "execution.checkpointing.interval";
    pub(crate) const TIMEOUT: &str = "execution.checkpointing.timeout";
    pub(crate) const MAX_CONCURRENT: &str = "execution.checkpointing.max-concurrent-checkpoints";
    pub(crate) const MAX_SAVEPOINTS: &str = "execution.checkpointing.max-concurrent-savepoints";
    pub(crate) const MAX_QUEUED: &str = "execution.checkpointing.max-queued-requests";
    pub(crate) const NUM_RETAINED: &str = "execution.checkpointing.num-retained";
}

/// The shortest interval and time-out that make sense.
const SHORTEST: Duration = Duration::from_millis(10);

/// What a checkpoint promises about records around the cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CheckpointMode {
    /// The state of a restored job reflects every record exactly once.
    #[default]
    ExactlyOnce,
    /// Records near the cut may be counted again after a restore; no channel ever waits.
    AtLeastOnce,
}

/// How a job is checkpointed. The defaults are Flink's, but for [`retention`](Self::retention).
///
/// ```
/// use std::time::Duration;
/// use alluvium_checkpoint::CheckpointOptions;
///
/// let options = CheckpointOptions::every(Duration::from_secs(1)).with_num_retained(3);
/// assert!(options.validate().is_ok());
/// let hasty = CheckpointOptions::every(Duration::from_millis(1));
/// assert!(hasty.validate().unwrap_err().to_string().contains("interval"));
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointOptions {
    /// Time from one periodic checkpoint to the next; `None`, the default, takes none. At least
    /// 10 ms.
    pub interval: Option<Duration>,
    /// What a checkpoint promises. Default: exactly once.
    pub mode: CheckpointMode,
    /// A checkpoint not acknowledged by every task after this time is given up. At least 10 ms,
    /// default 10 minutes.
    pub timeout: Duration,
    /// Time that must pass between the completion of a checkpoint and the start of the next
    /// periodic one. Default 0. Above 0, periodic checkpoints never overlap, whatever
    /// `max_concurrent` says.
    pub min_pause: Duration,
    /// Unfinished checkpoints at any time, savepoints not counted. At least 1, the default.
    pub max_concurrent: u32,
    /// Unfinished savepoints at any time. At least 1, default 16; more are refused. An engine may
    /// also have some of them wait before it asks for them.
    pub max_concurrent_savepoints: u32,
    /// Requested checkpoints that wait for a free place. Default 1,000; more are refused.
    pub max_queued_requests: u32,
    /// Completed checkpoints that are kept. At least 1, the default.
    pub num_retained: u32,
    /// Whether checkpoints outlive the job. Default: unless it finishes.
    pub retention: ExternalizedRetention,
    /// Checkpoints that may fail one after the other before the job fails. Default 0: the first
    /// failure fails the job. A success begins the count anew.
    pub tolerable_failed: u32,
}

impl Default for CheckpointOptions {
    fn default() -> Self {
        Self {
            interval: None,
            mode: CheckpointMode::ExactlyOnce,
            timeout: Duration::from_mins(10),
            min_pause: Duration::ZERO,
            max_concurrent: 1,
            max_concurrent_savepoints: 16,
            max_queued_requests: 1000,
            num_retained: 1,
            retention: ExternalizedRetention::default(),
            tolerable_failed: 0,
        }
    }
}

impl CheckpointOptions {
    /// The defaults, with a checkpoint every `interval`.
    pub fn every(interval: Duration) -> Self {
        Self {
            interval: Some(interval),
            ..Self::default()
        }
    }

    /// The same, with [`mode`](Self::mode) set.
    pub fn with_mode(mut self, mode: CheckpointMode) -> Self {
        self.mode = mode;
        self
    }

    /// The same, with [`timeout`](Self::timeout) set.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The same, with [`min_pause`](Self::min_pause) set.
    pub fn with_min_pause(mut self, pause: Duration) -> Self {
        self.min_pause = pause;
        self
    }

    /// The same, with [`max_concurrent`](Self::max_concurrent) set.
    pub fn with_max_concurrent(mut self, checkpoints: u32) -> Self {
        self.max_concurrent = checkpoints;
        self
    }

    /// The same, with [`max_concurrent_savepoints`](Self::max_concurrent_savepoints) set.
    pub fn with_max_concurrent_savepoints(mut self, savepoints: u32) -> Self {
        self.max_concurrent_savepoints = savepoints;
        self
    }

    /// The same, with [`max_queued_requests`](Self::max_queued_requests) set.
    pub fn with_max_queued_requests(mut self, requests: u32) -> Self {
        self.max_queued_requests = requests;
        self
    }

    /// The same, with [`num_retained`](Self::num_retained) set.
    pub fn with_num_retained(mut self, checkpoints: u32) -> Self {
        self.num_retained = checkpoints;
        self
    }

    /// The same, with [`retention`](Self::retention) set.
    pub fn with_retention(mut self, retention: ExternalizedRetention) -> Self {
        self.retention = retention;
        self
    }

    /// The same, with [`tolerable_failed`](Self::tolerable_failed) set.
    pub fn with_tolerable_failed(mut self, checkpoints: u32) -> Self {
        self.tolerable_failed = checkpoints;
        self
    }

    /// Checks every value against its range.
    ///
    /// # Errors
    /// `Misuse`, naming the option, its least value and what was found.
    pub fn validate(&self) -> Result<()> {
        if let Some(interval) = self.interval {
            at_least(key::INTERVAL, interval)?;
        }
        at_least(key::TIMEOUT, self.timeout)?;
        positive(key::MAX_CONCURRENT, self.max_concurrent)?;
        positive(key::MAX_SAVEPOINTS, self.max_concurrent_savepoints)?;
        positive(key::NUM_RETAINED, self.num_retained)
    }

    /// Unfinished checkpoints allowed at any time, the minimum pause considered.
    pub(super) fn places(&self) -> usize {
        if self.min_pause > Duration::ZERO {
            1
        } else {
            self.max_concurrent as usize
        }
    }
}

fn at_least(key: &str, found: Duration) -> Result<()> {
    if found >= SHORTEST {
        return Ok(());
    }
    Err(StateError::misuse(format!(
        "'{key}' must be at least {SHORTEST:?}, found {found:?}"
    )))
}

fn positive(key: &str, found: u32) -> Result<()> {
    if found > 0 {
        return Ok(());
    }
    Err(StateError::misuse(format!(
        "'{key}' must be at least 1, found 0"
    )))
}
