//! Where checkpoints and savepoints are kept, how, and for how long.

use crate::config::definition::{ConfigOption, Group};
use crate::config::value::{ByteSize, CheckpointStorageType, CompressionType, Location};
use alluvium_checkpoint::{Compression, ExternalizedRetention, SegmentOptions};

/// Where checkpoints are kept.
pub const CHECKPOINT_DIR: ConfigOption<Option<Location>> = ConfigOption::new(
    "execution.checkpointing.dir",
    None,
    "Where checkpoints are kept: a path, or a URL (`file://`, `memory://`, `s3://`, `hdfs://`). \
     Each job has a directory of its own below it, named by its id.",
)
.renamed_from(&["state.checkpoints.dir"])
.by_default("in memory, where they survive the failure of a task but not of the process");

/// Where savepoints go unless told otherwise.
pub const SAVEPOINT_DIR: ConfigOption<Option<Location>> = ConfigOption::new(
    "execution.checkpointing.savepoint-dir",
    None,
    "Where savepoints go that are asked for without a directory: a path or URL.",
)
.renamed_from(&["state.savepoints.dir"])
.by_default("a savepoint asked for without a directory is refused");

/// Where snapshots go.
pub const CHECKPOINT_STORAGE: ConfigOption<Option<CheckpointStorageType>> = ConfigOption::new(
    "execution.checkpointing.storage",
    None,
    "Where snapshots go: `jobmanager`, into the metadata of the checkpoint, limited in size; \
     `filesystem`, into files in `execution.checkpointing.dir`.",
)
.renamed_from(&["state.checkpoint-storage"])
.by_default("`filesystem` if a checkpoint directory is configured, else `jobmanager`");

/// How many checkpoints are kept.
pub const NUM_RETAINED: ConfigOption<u32> = ConfigOption::new(
    "execution.checkpointing.num-retained",
    1,
    "Completed checkpoints that are kept; the oldest gives way to a new one.",
)
.renamed_from(&["state.checkpoints.num-retained"])
.at_least(1)
.at_most(1000);

/// What becomes of checkpoints when the job ends.
pub const RETENTION: ConfigOption<ExternalizedRetention> = ConfigOption::new(
    "execution.checkpointing.externalized-checkpoint-retention",
    ExternalizedRetention::RetainOnCancellation,
    "What becomes of checkpoints when the job ends. `RETAIN_ON_CANCELLATION` keeps them when it is \
     cancelled, fails or is suspended; `DELETE_ON_CANCELLATION` only when it fails; \
     `NO_EXTERNALIZED_CHECKPOINTS` never. The default is not Flink's, which is the last: whoever \
     keeps checkpoints in a place that outlives the process wants to go on from them. Of a job that \
     ran to its end the newest stays whatever is set here, as it is what tells the next start so; \
     the others go. The death of the process ends no job.",
);

/// Whether checkpoints hold only what changed.
pub const INCREMENTAL: ConfigOption<bool> = ConfigOption::new(
    "execution.checkpointing.incremental",
    true,
    "Whether a checkpoint writes only what changed since the last one. Snapshots in memory are \
     whole in any case.",
)
.renamed_from(&["state.backend.incremental"]);

/// What is kept inside the metadata.
pub const DATA_INLINE_THRESHOLD: ConfigOption<ByteSize> = ConfigOption::new(
    "execution.checkpointing.data-inline-threshold",
    ByteSize::kib(20),
    "State up to this size is kept inside the metadata of a checkpoint instead of a file of its \
     own.",
)
.renamed_from(&["state.storage.fs.memory-threshold"])
.at_most(ByteSize::mib(1));

/// How snapshots are compressed.
pub const SNAPSHOT_COMPRESSION: ConfigOption<CompressionType> = ConfigOption::new(
    "execution.checkpointing.snapshot-compression",
    CompressionType::Zstd,
    "How snapshots are compressed.",
);

/// How hard snapshots are compressed.
pub const SNAPSHOT_COMPRESSION_LEVEL: ConfigOption<i32> = ConfigOption::new(
    "execution.checkpointing.snapshot-compression-level",
    1,
    "The level of `zstd`: higher is smaller and slower.",
)
.at_least(1)
.at_most(Compression::MAX_ZSTD_LEVEL);

/// How much is compressed and checked at once.
pub const SNAPSHOT_BLOCK_SIZE: ConfigOption<ByteSize> = ConfigOption::new(
    "execution.checkpointing.snapshot-block-size",
    ByteSize::bytes(SegmentOptions::DEFAULT_BLOCK_SIZE as u64),
    "The most of a snapshot that is held, compressed and checked at once by each of its writers \
     and readers.",
)
.at_least(ByteSize::bytes(SegmentOptions::MIN_BLOCK_SIZE as u64))
.at_most(ByteSize::bytes(SegmentOptions::MAX_BLOCK_SIZE as u64));

/// Whether a copy of the latest checkpoint is kept on the machine.
pub const LOCAL_BACKUP: ConfigOption<bool> = ConfigOption::new(
    "execution.checkpointing.local-backup.enabled",
    false,
    "Whether each machine keeps a copy of its part of the latest checkpoint, to restore from \
     without the network. A copy that is missing or damaged is passed over, and one that cannot be \
     written fails no checkpoint.",
)
.renamed_from(&["state.backend.local-recovery"]);

/// Where the copies lie.
pub const LOCAL_BACKUP_DIR: ConfigOption<Option<Location>> = ConfigOption::new(
    "execution.checkpointing.local-backup.dirs",
    None,
    "The local directory for copies of the latest checkpoint: exactly one, as a path or a `file://` \
     URL, though the name is Flink's, which takes several. Each job has a directory of its own below \
     it, named by its id; no two running jobs with the same id may share it.",
)
.renamed_from(&["taskmanager.state.local.root-dirs"])
.by_default("`alluvium-local-backup` in the temporary directory");

/// The limit on metadata.
pub const MAX_METADATA_SIZE: ConfigOption<ByteSize> = ConfigOption::new(
    "execution.checkpointing.max-metadata-size",
    ByteSize::gib(1),
    "The most that the metadata of a checkpoint or savepoint may take, written or read; and, of one \
     that is read, operator state and raw state of a subtask.",
);

/// How much of the log is checked.
pub const VERIFIED_LOG_ENTRIES: ConfigOption<u64> = ConfigOption::new(
    "execution.checkpointing.verified-log-entries",
    4096,
    "How many of the newest entries of the publication log are checked against one another at a \
     start. The newest one always is, and tells everything; the others show whether the log was \
     tampered with.",
);

/// How often shared files are looked for.
pub const VERIFY_SHARED_FILES_EVERY: ConfigOption<Option<u32>> = ConfigOption::new(
    "execution.checkpointing.verify-shared-files-every",
    None,
    "At every how many checkpoints the job looks whether the files that increments build on are \
     still there: one listing of their folder, which is a request for every 1,000 files at an \
     object store. State whose files somebody has deleted is written whole then, with a warning, \
     and the job goes on. 0: never.",
)
.by_default("1 if checkpoints are in a local directory, else 10");

pub(super) const GROUP: Group = Group {
    title: "Checkpoint storage",
    intro: "",
    options: &[
        &CHECKPOINT_DIR,
        &SAVEPOINT_DIR,
        &CHECKPOINT_STORAGE,
        &NUM_RETAINED,
        &RETENTION,
        &INCREMENTAL,
        &DATA_INLINE_THRESHOLD,
        &SNAPSHOT_COMPRESSION,
        &SNAPSHOT_COMPRESSION_LEVEL,
        &SNAPSHOT_BLOCK_SIZE,
        &LOCAL_BACKUP,
        &LOCAL_BACKUP_DIR,
        &MAX_METADATA_SIZE,
        &VERIFIED_LOG_ENTRIES,
        &VERIFY_SHARED_FILES_EVERY,
    ],
};
