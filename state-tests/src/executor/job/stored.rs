//! What storage has come to, as the job hears it: whatever may take long is done elsewhere.

use super::retained::NotPublished;
use alluvium::Result;
use alluvium::checkpoint::{CheckpointMetadata, SavepointFolder};
use std::sync::Arc;

/// Something that was asked of storage is done, or has failed.
pub(super) enum Stored {
    /// A checkpoint may be taken, and its files have a place.
    Begun { checkpoint: u64, result: Result<()> },
    /// A checkpoint stands, of this size in bytes, or does not.
    Published {
        checkpoint: u64,
        result: Result<u64, NotPublished>,
    },
    /// The folder of a savepoint that was asked for can be written to, or cannot.
    Prepared(Result<Arc<SavepointFolder>>),
    /// A savepoint has been written, or could not be.
    Written {
        checkpoint: u64,
        result: Result<WrittenSnapshot>,
    },
}

/// A savepoint that was written.
pub(super) struct WrittenSnapshot {
    /// The size in bytes, files included.
    pub(super) size: u64,
    /// The same as a checkpoint of the job, if it stops with it.
    pub(super) copy: Option<CheckpointMetadata>,
}
