//! The enums that options are of.

use super::choice::{self, Older, choice, same_name};
use super::{ConfigValue, sealed::Sealed};
use alluvium_checkpoint::{CheckpointMode, ExternalizedRetention};

/// Where keyed state is kept while the job runs, and with it how its snapshots are made.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BackendType {
    /// On the heap; where snapshots go is up to `execution.checkpointing.storage`.
    HashMap,
    /// On the heap, snapshots whole inside the metadata of a checkpoint, limited in size.
    Memory,
    /// On the heap, snapshots in files.
    Filesystem,
    /// In `RocksDB`.
    RocksDb,
}

choice!(BackendType {
    HashMap: "hashmap",
    Memory: "memory",
    Filesystem: "filesystem",
    RocksDb: "rocksdb",
} older {
    "jobmanager" => Memory as "memory",
});

/// Where snapshots go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckpointStorageType {
    /// Into the metadata of the checkpoint.
    JobManager,
    /// Into files beside it.
    Filesystem,
}

choice!(CheckpointStorageType {
    JobManager: "jobmanager",
    Filesystem: "filesystem",
} older {});

/// How snapshots are compressed.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompressionType {
    /// Not at all.
    None,
    /// With Zstandard.
    Zstd,
}

choice!(CompressionType {
    None: "none",
    Zstd: "zstd",
} older {
    "false" => None as "none",
    "true" => Zstd as "zstd",
});

/// What happens when a job fails.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RestartStrategyType {
    /// It has failed.
    None,
    /// It is restarted a number of times, each after the same delay.
    FixedDelay,
}

choice!(RestartStrategyType {
    None: "none" | "off" | "disable",
    FixedDelay: "fixed-delay" | "fixeddelay",
} older {});

/// Whom the snapshot that a job is restored from belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ClaimMode {
    /// To whoever took it: the job never deletes it, and its first checkpoint is full, after which
    /// it may be deleted by hand.
    #[default]
    NoClaim,
    /// To the job, from now on: a savepoint is deleted once as many checkpoints as are retained
    /// are complete.
    Claim,
}

choice!(ClaimMode {
    NoClaim: "NO_CLAIM",
    Claim: "CLAIM",
} older {});

const MODES: &[&str] = &["EXACTLY_ONCE", "AT_LEAST_ONCE"];

choice!(@value CheckpointMode {
    ExactlyOnce: "EXACTLY_ONCE",
    AtLeastOnce: "AT_LEAST_ONCE"
} names MODES, older &[]);

const RETENTIONS: &[&str] = &[
    "RETAIN_ON_CANCELLATION",
    "DELETE_ON_CANCELLATION",
    "NO_EXTERNALIZED_CHECKPOINTS",
    "NEVER_RETAIN",
];

choice!(@value ExternalizedRetention {
    RetainOnCancellation: "RETAIN_ON_CANCELLATION",
    DeleteOnCancellation: "DELETE_ON_CANCELLATION",
    NeverRetain: "NO_EXTERNALIZED_CHECKPOINTS" | "NEVER_RETAIN"
} names RETENTIONS, older &[]);
