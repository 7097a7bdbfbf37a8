//! Jobs: what freezing returns.

use super::{CheckpointId, SnapshotHeader, SnapshotMode, SnapshotSink};
use crate::error::Result;

/// What a backend is asked to freeze.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreezeRequest {
    /// The checkpoint that the snapshot is for; above that of every freeze before.
    pub checkpoint: CheckpointId,
    /// How much to write.
    pub mode: SnapshotMode,
}

/// What a job has written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnapshotReport {
    /// The number of entries.
    pub entries: u64,
    /// Their bytes: keys, namespaces, user keys and values, before any format or compression.
    pub bytes: u64,
}

impl SnapshotReport {
    /// Adds what another part has written.
    pub fn add(&mut self, other: Self) {
        self.entries += other.entries;
        self.bytes += other.bytes;
    }
}

/// About how large a frozen state is, in bytes as [`SnapshotReport::bytes`] counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnapshotEstimate {
    /// What a whole snapshot would write.
    pub state: u64,
    /// What the job will write: less, if it writes what changed.
    pub snapshot: u64,
}

impl SnapshotEstimate {
    /// Adds that of another part.
    pub fn add(&mut self, other: Self) {
        self.state = self.state.saturating_add(other.state);
        self.snapshot = self.snapshot.saturating_add(other.snapshot);
    }
}

/// A frozen state on its way to storage.
///
/// It owns all it reads: it can be sent to any thread and written while the backend goes on
/// changing. Dropping it gives the snapshot up and releases what it held; a job that has put
/// something into storage deletes that first.
pub trait SnapshotJob: Send {
    /// What the snapshot says about itself.
    fn header(&self) -> &SnapshotHeader;

    /// About how much the job will write, and how much it would if it were whole: from numbers of
    /// entries and a sample of their sizes, so that it costs little of what writing does. What must
    /// be read from storage to be written may be read for it, and is kept until then: call it where
    /// the job runs. `None` if the job cannot tell.
    fn estimate(&self) -> Option<SnapshotEstimate>;

    /// The same frozen state as a whole snapshot, whose header names no base. A job that has kept
    /// only what changed returns itself as it is.
    fn into_whole(self: Box<Self>) -> Box<dyn SnapshotJob>;

    /// Cuts the job into at most `parts` jobs of disjoint key groups that can be written in
    /// parallel. Together they write what this one would have written; each repeats the header.
    fn split(self: Box<Self>, parts: usize) -> Vec<Box<dyn SnapshotJob>>;

    /// Writes everything into `sink`.
    ///
    /// # Errors
    /// What the sink returned; `Misuse` if a value cannot be encoded; `Corrupt` or `Storage`, naming
    /// the state, if restored state that nobody has registered cannot be read.
    fn run(self: Box<Self>, sink: &mut dyn SnapshotSink) -> Result<SnapshotReport>;
}
