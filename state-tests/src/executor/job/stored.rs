//! What storage has come to, as the job hears it: whatever may take long is done elsewhere.

use super::retained::NotPublished;
use crate::executor::task::panicked;
use alluvium::Result;
use alluvium::checkpoint::{CheckpointMetadata, SavepointFolder};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What `work` returns, which is done on a thread of its own; a panic in it is an error, so that
/// whoever waits for it is told.
pub(super) fn guarded<T>(what: &str, work: impl FnOnce() -> T) -> Result<T> {
    let done = catch_unwind(AssertUnwindSafe(work));
    done.map_err(|panic| panicked(what, &*panic))
}

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
