//! Where keyed state is kept.

use crate::config::definition::{ConfigOption, Group};
use crate::config::value::BackendType;

/// Where keyed state is kept.
pub const STATE_BACKEND: ConfigOption<Option<BackendType>> = ConfigOption::new(
    "state.backend.type",
    None,
    "Where keyed state is kept while the job runs. `hashmap` is the heap; its snapshots go where \
     `execution.checkpointing.storage` says. `memory` is the heap with snapshots whole inside the \
     metadata of a checkpoint, limited in size. `filesystem` is the heap with snapshots in files, \
     and needs `execution.checkpointing.dir`. `rocksdb` is known, but not in this build.",
)
.renamed_from(&["state.backend"])
.by_default(
    "`hashmap`, so: memory as long as no checkpoint directory is configured, filesystem as soon \
     as one is",
);

/// Whether snapshots are written while records flow.
pub const ASYNCHRONOUS_SNAPSHOTS: ConfigOption<bool> = ConfigOption::new(
    "state.backend.asynchronous-snapshots",
    true,
    "Whether snapshots are written off the task's thread, while records flow. Otherwise a task \
     waits until its snapshot is written.",
)
.renamed_from(&["state.backend.async"]);

/// How many snapshots of a subtask may be unfinished.
pub const MAX_UNFINISHED_SNAPSHOTS: ConfigOption<u32> = ConfigOption::new(
    "state.backend.max-unfinished-snapshots",
    2,
    "Snapshots of one subtask that are neither written nor given up, at any time. Each may hold a \
     copy of what changes meanwhile; one more fails its checkpoint. If it is not set, there may be \
     one more than `execution.checkpointing.max-concurrent-checkpoints` says.",
)
.at_least(1)
.at_most(1024);

pub(super) const GROUP: Group = Group {
    title: "State backend",
    intro: "",
    options: &[
        &STATE_BACKEND,
        &ASYNCHRONOUS_SNAPSHOTS,
        &MAX_UNFINISHED_SNAPSHOTS,
    ],
};
