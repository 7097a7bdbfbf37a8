//! Copying snapshots, from any store to any other.

use super::OfflineSnapshot;
use crate::files::{
    FilePlace, FileRef, SnapshotFiles, SnapshotFolder, StoredSnapshot, StoredSnapshotOptions,
};
use crate::log::{Entry, JobId, Log};
use crate::metadata::METADATA;
use crate::savepoint::copy_into;
use crate::storage::{Created, Storage};
use crate::store::{beside_job, note_for_copy, read_metadata};
use crate::subtask::CheckpointMetadata;
use alluvium_state_api::{Result, StateError};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many of the newest entries of a log are checked against one another.
const VERIFIED: u64 = 4096;

/// What was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Snapshots.
    pub snapshots: u64,
    /// Files beside their metadata, each once.
    pub files: u64,
    /// The bytes of these files.
    pub bytes: u64,
}

/// Copies `snapshot` into `folder` of `target`, in which there must be nothing. What it shares with
/// other checkpoints is copied with it: the copy holds all its files itself, and can be moved and
/// restored anywhere.
///
/// Every file is checked while it is read, and once more in its new place, before `_metadata` is
/// stored, last. If anything fails, what was written is deleted. `progress` is told the bytes that
/// were checked in their new place.
///
/// # Errors
/// `Misuse` if there is something in `folder`; `Corrupt` if the snapshot is damaged or a file does
/// not arrive as it was; `Storage`.
pub fn copy_snapshot(
    snapshot: &OfflineSnapshot,
    target: Arc<dyn Storage>,
    folder: &str,
    mut progress: impl FnMut(u64),
) -> Result<Copied> {
    let stored = snapshot.stored();
    check_empty(&*target, folder)?;
    let written = SnapshotFolder::savepoint(Arc::clone(&target), folder)?;
    let metadata = copy_into(stored.metadata(), stored.files(), &written)?;
    let mut copied = Copied {
        snapshots: 1,
        ..Copied::default()
    };
    let copy = StoredSnapshot::new(metadata, written.files());
    for file in copy.file_refs() {
        copied.files += 1;
        copied.bytes += file.length;
        copy.files().scan(&file, |part| {
            progress(part.len() as u64);
            Ok(())
        })?;
    }
    let bytes = copy.metadata().to_bytes()?;
    let created = target.create(&format!("{folder}/{METADATA}"), &bytes);
    if !matches!(created, Ok(Created::Exists)) {
        // After a failure it may be there all the same.
        written.keep();
    }
    match created? {
        Created::New => Ok(copied),
        Created::Exists => Err(taken(&*target, folder)),
    }
}

/// Copies all that `job` has published from one root to another: the checkpoints that are retained,
/// their files, and the log, so that the job can go on from the copy. There must be nothing of the
/// job in the new place.
///
/// The log is stored last, its first entry at the very end: before that nothing looks like a job.
/// If anything fails, what was written is deleted. If that is because the job runs and has retired a
/// checkpoint meanwhile, it is begun anew, as [`read_published`](crate::read_published) has it.
/// `options` bound what is read of metadata; `progress` is told the bytes that were copied or checked.
///
/// # Errors
/// `LimitExceeded` if the metadata of a checkpoint is longer than `options` allow;
/// `Misuse` if the job has no log, or there is something of it in the new place; `Corrupt` if
/// something is damaged; `Storage`, also if the job retires checkpoints faster than they are copied.
pub fn copy_job(
    source: &Arc<dyn Storage>,
    job: &JobId,
    target: &Arc<dyn Storage>,
    options: StoredSnapshotOptions,
    mut progress: impl FnMut(u64),
) -> Result<Copied> {
    check_empty(&**target, &job.to_string())?;
    beside_job(source, job, VERIFIED, |newest| {
        let mut copy = JobCopy {
            source,
            job,
            target,
            options,
            progress: &mut progress,
            written: Vec::new(),
            copied: Copied::default(),
        };
        let result = copy.run(&newest.entry);
        if result.is_err() {
            copy.delete_written();
        }
        result.map(|()| copy.copied)
    })
}

struct JobCopy<'c, P> {
    source: &'c Arc<dyn Storage>,
    job: &'c JobId,
    target: &'c Arc<dyn Storage>,
    options: StoredSnapshotOptions,
    progress: P,
    /// What stands in the new place, or may.
    written: Vec<String>,
    copied: Copied,
}

impl<P: FnMut(u64)> JobCopy<'_, P> {
    fn run(&mut self, newest: &Entry) -> Result<()> {
        let mut shared = BTreeSet::new();
        for published in &newest.state.live {
            let path = format!("{}/{}", self.job, published.path);
            let most = self.options.max_metadata;
            let bytes = read_metadata(&**self.source, self.job, published, most)?;
            self.checkpoint(&path, &bytes, &mut shared)?;
            self.create(&path, &bytes)?;
            self.copied.snapshots += 1;
        }
        let next = newest.state.next_checkpoint;
        if let Some((path, note)) = note_for_copy(&**self.source, self.job, next)? {
            self.create(&path, note)?;
        }
        let log = Log::new(Arc::clone(self.source), self.job.clone());
        for seq in (1..=newest.seq).rev() {
            let bytes = log.read(seq)?.bytes;
            self.create(&log.path(seq), &bytes)?;
        }
        Ok(())
    }

    /// Copies the files of a checkpoint, those that are shared only once.
    fn checkpoint(
        &mut self,
        path: &str,
        bytes: &[u8],
        shared: &mut BTreeSet<FileRef>,
    ) -> Result<()> {
        let place = self.source.locate(path);
        let metadata = CheckpointMetadata::from_bytes(bytes)
            .map_err(|error| error.context(format_args!("'{place}'")))?;
        let folder = path
            .strip_suffix(METADATA)
            .unwrap_or(path)
            .trim_end_matches('/');
        let from = SnapshotFiles::new(Arc::clone(self.source), folder)?;
        let to = SnapshotFiles::new(Arc::clone(self.target), folder)?;
        let stored = StoredSnapshot::new(metadata, from.clone());
        for file in stored.file_refs() {
            if file.place == FilePlace::Shared && !shared.insert(file.clone()) {
                continue;
            }
            let path = to.path(&file)?;
            let mut output = self.target.write(&path)?;
            self.written.push(path);
            from.scan(&file, |part| {
                (self.progress)(part.len() as u64);
                output.append(part)
            })?;
            output.finish()?;
            to.scan(&file, |part| {
                (self.progress)(part.len() as u64);
                Ok(())
            })?;
            self.copied.files += 1;
            self.copied.bytes += file.length;
        }
        Ok(())
    }

    fn delete_written(&self) {
        for path in self.written.iter().rev() {
            if let Err(error) = self.target.delete(path) {
                tracing::warn!(%error, "what a failed copy has written could not be deleted");
            }
        }
    }

    /// Stores an object that must be new.
    fn create(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        match self.target.create(path, bytes) {
            Ok(Created::New) => {
                self.written.push(path.to_owned());
                Ok(())
            }
            Ok(Created::Exists) => Err(taken(&**self.target, path)),
            Err(error) => {
                self.written.push(path.to_owned());
                Err(error)
            }
        }
    }
}

fn check_empty(storage: &dyn Storage, folder: &str) -> Result<()> {
    if storage.list(folder)?.is_empty() {
        return Ok(());
    }
    Err(taken(storage, folder))
}

fn taken(storage: &dyn Storage, path: &str) -> StateError {
    let place = storage.locate(path);
    StateError::misuse(format!(
        "there is something in '{place}': nothing is overwritten"
    ))
}
