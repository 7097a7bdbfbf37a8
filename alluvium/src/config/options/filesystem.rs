//! How the filesystem backend lays snapshots into files.

use crate::config::definition::{ConfigOption, Group};

/// How many threads write a snapshot.
pub const SNAPSHOT_THREADS: ConfigOption<u32> = ConfigOption::new(
    "state.backend.filesystem.snapshot-threads",
    0,
    "Threads that write a snapshot of a subtask into one file, each some of its key groups. A small \
     snapshot is written by fewer, one for every 2 MiB.",
)
.at_most(16)
.by_default("one a core, at most 4");

/// When a chain of deltas has become too long to restore quickly.
pub const MAX_DELTA_RATIO: ConfigOption<f64> = ConfigOption::new(
    "state.backend.filesystem.max-delta-ratio",
    0.5,
    "When the deltas since a whole snapshot come to this part of it, in bytes, the next snapshot is \
     whole again.",
)
.at_least(0.0)
.at_most(8.0);

/// When a chain has become too long for what the state has shrunk to.
pub const MAX_CHAIN_RATIO: ConfigOption<f64> = ConfigOption::new(
    "state.backend.filesystem.max-chain-ratio",
    1.75,
    "The most that a whole snapshot and the deltas since may come to, in parts of what a whole one \
     would be now: a snapshot that would make it more is whole instead. It bounds what a restore \
     reads and what files take, also when most of the state has been deleted. What a whole snapshot \
     would be is estimated from a sample; below 64 kb nothing is bounded.",
)
.at_least(1.0)
.at_most(16.0);

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
        &SNAPSHOT_THREADS,
        &MAX_DELTA_RATIO,
        &MAX_CHAIN_RATIO,
        &MAX_DELTAS,
        &FULL_REWRITE_SHARE,
    ],
};
