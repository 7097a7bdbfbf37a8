//! Limits of the memory backend.

use crate::config::definition::{ConfigOption, Group};
use crate::config::value::ByteSize;

/// The limit on the snapshot of one subtask.
pub const MAX_SNAPSHOT_SIZE: ConfigOption<ByteSize> = ConfigOption::new(
    "state.backend.memory.max-snapshot-size",
    ByteSize::mib(5),
    "The most that one subtask may contribute to a checkpoint. One that is larger fails the \
     checkpoint; the state is untouched.",
);

/// The limit on a checkpoint.
pub const MAX_CHECKPOINT_SIZE: ConfigOption<ByteSize> = ConfigOption::new(
    "state.backend.memory.max-checkpoint-size",
    ByteSize::mib(64),
    "The most that all subtasks together may contribute to a checkpoint.",
);

/// The limit on live state.
pub const MAX_LIVE_SIZE: ConfigOption<Option<ByteSize>> = ConfigOption::new(
    "state.backend.memory.max-live-size",
    None,
    "The most that the live keyed state of one subtask may take, measured in encoded keys and \
     values. A write over it fails. Measuring costs an encoding at each write.",
)
.by_default("no limit, and nothing is measured");

pub(super) const GROUP: Group = Group {
    title: "Memory backend",
    intro: "They apply when the backend is memory.",
    options: &[&MAX_SNAPSHOT_SIZE, &MAX_CHECKPOINT_SIZE, &MAX_LIVE_SIZE],
};
