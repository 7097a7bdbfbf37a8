//! Work on snapshots without their program.

use crate::config::definition::{ConfigOption, Group};
use crate::config::value::ByteSize;

/// How much is held of a snapshot.
pub const MAX_HELD_SIZE: ConfigOption<ByteSize> = ConfigOption::new(
    "offline.max-held-size",
    ByteSize::gib(1),
    "The most that the entries may take which are held in memory at once: of a state that is read, \
     those of a 256th of its key groups, or of one group; of states with other numbers of key \
     groups that are compared, those of a whole state; of an operator that is written, all.",
);

pub(super) const GROUP: Group = Group {
    title: "Snapshots without their program",
    intro: "They concern whoever looks into a snapshot, compares or changes it: `alluvium inspect`, \
            `verify`, `diff` and `export`, and `OfflineOptions` in a program. How much metadata is \
            read, `execution.checkpointing.max-metadata-size` says, to `alluvium copy`, `gc` and \
            `savepoint --dispose` too.",
    options: &[&MAX_HELD_SIZE],
};
