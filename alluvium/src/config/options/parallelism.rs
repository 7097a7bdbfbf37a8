//! How many subtasks there are, and can be.

use crate::config::definition::{ConfigOption, Group};

/// The number of subtasks.
pub const PARALLELISM: ConfigOption<u32> = ConfigOption::new(
    "parallelism.default",
    1,
    "The number of subtasks of operators that do not say otherwise. Not above \
     `pipeline.max-parallelism`.",
)
.at_least(1)
.at_most(32_768);

/// The number of key groups.
pub const MAX_PARALLELISM: ConfigOption<Option<u32>> = ConfigOption::new(
    "pipeline.max-parallelism",
    None,
    "The number of key groups: the greatest parallelism that the job can ever have. Fixed by the \
     first checkpoint.",
)
.at_least(1)
.at_most(32_768)
.by_default(
    "that of the checkpoint that the job is restored from, else one and a half times the \
     parallelism, rounded up to a power of two, at least 128",
);

pub(super) const GROUP: Group = Group {
    title: "Parallelism",
    intro: "",
    options: &[&PARALLELISM, &MAX_PARALLELISM],
};
