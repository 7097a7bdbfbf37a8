//! What happens when a job fails, or is to end.

use crate::config::definition::{ConfigOption, Group};
use crate::config::value::RestartStrategyType;
use std::time::Duration;

/// What happens when a job fails.
pub const RESTART_STRATEGY: ConfigOption<Option<RestartStrategyType>> = ConfigOption::new(
    "restart-strategy.type",
    None,
    "What happens when the job fails. `none`, `off` and `disable`: it has failed. `fixed-delay`: \
     it is restarted from its last checkpoint, a number of times, each after a delay.",
)
.renamed_from(&["restart-strategy"])
.by_default("three restarts, a second apart, if there is a checkpoint interval, else `none`");

/// How often a job is restarted.
pub const FIXED_DELAY_ATTEMPTS: ConfigOption<u32> = ConfigOption::new(
    "restart-strategy.fixed-delay.attempts",
    1,
    "How often the job is restarted before it has failed, if the strategy is `fixed-delay`.",
);

/// The time before a restart.
pub const FIXED_DELAY: ConfigOption<Duration> = ConfigOption::new(
    "restart-strategy.fixed-delay.delay",
    Duration::from_secs(1),
    "The time between a failure and the restart, if the strategy is `fixed-delay`.",
);

/// How long a job that is to end waits.
pub const CANCELLATION_TIMEOUT: ConfigOption<Duration> = ConfigOption::new(
    "task.cancellation.timeout",
    Duration::from_mins(3),
    "How long a job that is cancelled or suspended waits for its tasks, and for storage that does \
     not answer, before it ends without them; `0` waits for ever. What is left behind then is \
     what a crash would leave: nothing half-published, and files that the next start removes.",
);

pub(super) const GROUP: Group = Group {
    title: "Restart and cancellation",
    intro: "",
    options: &[
        &RESTART_STRATEGY,
        &FIXED_DELAY_ATTEMPTS,
        &FIXED_DELAY,
        &CANCELLATION_TIMEOUT,
    ],
};
