//! When checkpoints are taken, and what becomes of one that fails.

use crate::config::definition::{ConfigOption, Group};
use crate::config::value::ByteSize;
use alluvium_checkpoint::CheckpointMode;
use std::time::Duration;

const SHORTEST: Duration = Duration::from_millis(10);

/// The time between checkpoints.
pub const INTERVAL: ConfigOption<Option<Duration>> = ConfigOption::new(
    "execution.checkpointing.interval",
    None,
    "The time from the start of one periodic checkpoint to the start of the next.",
)
.at_least(SHORTEST)
.by_default("no periodic checkpoints");

/// What a checkpoint promises.
pub const MODE: ConfigOption<CheckpointMode> = ConfigOption::new(
    "execution.checkpointing.mode",
    CheckpointMode::ExactlyOnce,
    "What a checkpoint promises. `EXACTLY_ONCE`: restored state reflects each record exactly once. \
     `AT_LEAST_ONCE`: records near the cut may count again after a restore, and no channel ever \
     waits for another.",
);

/// The longest that a checkpoint may take.
pub const TIMEOUT: ConfigOption<Duration> = ConfigOption::new(
    "execution.checkpointing.timeout",
    Duration::from_mins(10),
    "A checkpoint that is not complete after this time is given up, and counts as failed.",
)
.at_least(SHORTEST);

/// The time without a checkpoint after one.
pub const MIN_PAUSE: ConfigOption<Duration> = ConfigOption::new(
    "execution.checkpointing.min-pause",
    Duration::ZERO,
    "The time that must pass between the completion of a checkpoint and the start of the next \
     periodic one. Above 0, periodic checkpoints never overlap.",
);

/// Checkpoints at a time.
pub const MAX_CONCURRENT_CHECKPOINTS: ConfigOption<u32> = ConfigOption::new(
    "execution.checkpointing.max-concurrent-checkpoints",
    1,
    "Unfinished checkpoints at any time, savepoints not counted.",
)
.at_least(1);

/// Savepoints at a time.
pub const MAX_CONCURRENT_SAVEPOINTS: ConfigOption<u32> = ConfigOption::new(
    "execution.checkpointing.max-concurrent-savepoints",
    16,
    "Savepoints that were asked for and are not finished, at any time; one more is refused. Those of \
     one job are taken one after the other; the others wait.",
)
.at_least(1);

/// Requests that wait.
pub const MAX_QUEUED_REQUESTS: ConfigOption<u32> = ConfigOption::new(
    "execution.checkpointing.max-queued-requests",
    1000,
    "Requests for checkpoints that wait for a free place; one more is refused.",
);

/// Failures in a row that the job survives.
pub const TOLERABLE_FAILED_CHECKPOINTS: ConfigOption<u32> = ConfigOption::new(
    "execution.checkpointing.tolerable-failed-checkpoints",
    0,
    "Checkpoints that may fail one after the other before the job fails. A completed checkpoint \
     begins the count anew.",
);

/// How much raw state a subtask may have.
pub const MAX_RAW_STATE_SIZE: ConfigOption<ByteSize> = ConfigOption::new(
    "raw-state.max-size",
    ByteSize::mib(64),
    "The most that a subtask may write of raw keyed state into a checkpoint, and of raw operator \
     state. It is held in memory.",
);

pub(super) const GROUP: Group = Group {
    title: "Checkpointing",
    intro: "Without an interval no checkpoints are taken, except those that are asked for.",
    options: &[
        &INTERVAL,
        &MODE,
        &TIMEOUT,
        &MIN_PAUSE,
        &MAX_CONCURRENT_CHECKPOINTS,
        &MAX_CONCURRENT_SAVEPOINTS,
        &MAX_QUEUED_REQUESTS,
        &TOLERABLE_FAILED_CHECKPOINTS,
        &MAX_RAW_STATE_SIZE,
    ],
};
