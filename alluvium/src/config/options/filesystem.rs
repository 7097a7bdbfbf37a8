//! How the filesystem backend lays snapshots into files.

use crate::config::definition::{ConfigOption, Group};

/// How many files a whole snapshot is written into at a time.
pub const SNAPSHOT_PARTS: ConfigOption<u32> = ConfigOption::new(
    "state.backend.filesystem.snapshot-parts",
    2,
    "Parts of a whole snapshot of a subtask that are written at the same time, each into a file of \
     its own.",
)
.at_least(1)
.at_most(64);

/// When a chain of deltas has become too long to restore quickly.
pub const MAX_DELTA_RATIO: ConfigOption<f64> = ConfigOption::new(
    "state.backend.filesystem.max-delta-ratio",
    0.5,
    "When the deltas since a whole snapshot come to this part of it, in bytes, the next snapshot is \
     whole again. It bounds what a restore reads beyond the state itself.",
)
.at_least(0.0)
.at_most(8.0);

/// How many deltas there may be.
pub const MAX_DELTAS: ConfigOption<u32> = ConfigOption::new(
    "state.backend.filesystem.max-deltas",
    64,
    "The greatest number of deltas since a whole snapshot.",
)
.at_least(1);

/// When a key group is written whole.
pub const FULL_REWRITE_SHARE: ConfigOption<f64> = ConfigOption::new(
    "state.backend.filesystem.full-rewrite-share",
    0.5,
    "A key group of which more than this share changed or was removed since the last checkpoint is \
     written whole into the next delta.",
)
.at_least(0.0)
.at_most(1.0);

pub(super) const GROUP: Group = Group {
    title: "Filesystem backend",
    intro: "They apply when the backend is filesystem.",
    options: &[
        &SNAPSHOT_PARTS,
        &MAX_DELTA_RATIO,
        &MAX_DELTAS,
        &FULL_REWRITE_SHARE,
    ],
};
