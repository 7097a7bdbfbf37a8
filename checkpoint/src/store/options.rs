//! How a store is opened.

use alluvium_state_api::{Result, StateError};

use crate::coordinator::LAST_FIRST_ID;
use crate::files::StoredSnapshotOptions;
pub use crate::log::OpenMode;
use crate::log::{MAX_ORIGIN, OwnerId};

/// How a [`CheckpointStore`](super::CheckpointStore) is opened.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// What is taken over. Default: everything.
    pub mode: OpenMode,
    /// The snapshot that the job is told to start from, whatever checkpoints it has, in words by which
    /// its engine finds it again: a path or a URL, 1 to 4,096 bytes. The log says so until the job has
    /// published something: whoever takes over before must start from it, too. What was published
    /// before is retired by that, as its output may have been taken back. Default: none; what the log
    /// says stays, except where nothing is taken over.
    pub origin: Option<String>,
    /// Whether opening reads what there is to recover from, and fails if that cannot be read; whoever
    /// starts from something else has no need of it. Default: yes.
    pub recover: bool,
    /// The least id that the next checkpoint may have: above that of the snapshot that the job starts
    /// from, so that what was put out with it keeps its own. Default: 1, whatever the log says.
    pub first_checkpoint: u64,
    /// Most bytes that the metadata of a checkpoint or savepoint may have, written or read. Default
    /// 1 GiB.
    pub max_metadata: u64,
    /// How much of a remote file of a checkpoint or savepoint is read at once, in bytes, as
    /// [`StoredSnapshotOptions::remote_read_size`]. Default 8 MiB, 64 KiB to 64 MiB.
    pub remote_read_size: usize,
    /// How many of the newest log entries are read and checked against one another when opening;
    /// the newest one always is. It alone tells everything: the others show whether the log was
    /// tampered with. Default 4,096.
    pub verified_entries: u64,
    /// Whether an older checkpoint is restored if the newest is damaged. Default: yes.
    pub fall_back: bool,
    /// At every how many checkpoints the store looks whether the shared files of the published ones
    /// are still there; what would build on lost files is written whole then, with a warning. One
    /// look lists their folder, which is one request for every 1,000 files at an object store, and
    /// measures up to 256 local ones. 0: never. Default: at each where the files are local, at every
    /// tenth elsewhere.
    pub verify_shared_files_every: Option<u32>,
    /// The owner that must have written last: a process that opens its store once more must not
    /// take the job back from one that has taken it over. Default: none, whoever it was.
    pub after: Option<OwnerId>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        let snapshots = StoredSnapshotOptions::default();
        Self {
            mode: OpenMode::Resume,
            origin: None,
            recover: true,
            first_checkpoint: 1,
            max_metadata: snapshots.max_metadata,
            remote_read_size: snapshots.remote_read_size,
            verified_entries: 4096,
            fall_back: true,
            verify_shared_files_every: None,
            after: None,
        }
    }
}

impl StoreOptions {
    /// The defaults, taking over nothing.
    pub fn fresh() -> Self {
        Self {
            mode: OpenMode::Fresh,
            ..Self::default()
        }
    }

    /// The same, with [`mode`](Self::mode) set.
    pub fn with_mode(mut self, mode: OpenMode) -> Self {
        self.mode = mode;
        self
    }

    /// The same, with [`origin`](Self::origin) set.
    pub fn with_origin(mut self, origin: Option<String>) -> Self {
        self.origin = origin;
        self
    }

    /// The same, with [`recover`](Self::recover) set.
    pub fn with_recover(mut self, recover: bool) -> Self {
        self.recover = recover;
        self
    }

    /// The same, with [`first_checkpoint`](Self::first_checkpoint) set.
    pub fn with_first_checkpoint(mut self, checkpoint: u64) -> Self {
        self.first_checkpoint = checkpoint;
        self
    }

    /// The same, with [`max_metadata`](Self::max_metadata) set.
    pub fn with_max_metadata(mut self, bytes: u64) -> Self {
        self.max_metadata = bytes;
        self
    }

    /// The same, with [`remote_read_size`](Self::remote_read_size) set.
    pub fn with_remote_read_size(mut self, bytes: usize) -> Self {
        self.remote_read_size = bytes;
        self
    }

    /// # Errors
    /// `Misuse` if the origin is empty or too long, or if no ids would be left.
    pub(super) fn check(&self) -> Result<()> {
        if self.first_checkpoint > LAST_FIRST_ID {
            return Err(StateError::misuse(format!(
                "the next checkpoint id must be at most {LAST_FIRST_ID}, found {}",
                self.first_checkpoint
            )));
        }
        match self.origin.as_ref().map(String::len) {
            None | Some(1..=MAX_ORIGIN) => Ok(()),
            Some(length) => Err(StateError::misuse(format!(
                "what a job starts from must be named in 1 to {MAX_ORIGIN} bytes, found {length}"
            ))),
        }
    }

    /// What readers of its snapshots take.
    pub fn snapshot_options(&self) -> StoredSnapshotOptions {
        StoredSnapshotOptions::default()
            .with_max_metadata(self.max_metadata)
            .with_remote_read_size(self.remote_read_size)
    }

    /// The same, with [`verified_entries`](Self::verified_entries) set.
    pub fn with_verified_entries(mut self, entries: u64) -> Self {
        self.verified_entries = entries;
        self
    }

    /// The same, with [`verify_shared_files_every`](Self::verify_shared_files_every) set.
    pub fn with_verify_shared_files_every(mut self, every: Option<u32>) -> Self {
        self.verify_shared_files_every = every;
        self
    }

    /// The same, with [`after`](Self::after) set.
    pub fn with_after(mut self, owner: OwnerId) -> Self {
        self.after = Some(owner);
        self
    }

    /// The same, with [`fall_back`](Self::fall_back) set.
    pub fn with_fall_back(mut self, fall_back: bool) -> Self {
        self.fall_back = fall_back;
        self
    }
}
