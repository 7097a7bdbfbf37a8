//! Beginning, publishing, finishing.

use std::collections::BTreeSet;
use std::sync::Arc;

use alluvium_state_api::{CheckpointId, Result, StateError};

use super::super::{layout, recover, watch};
use super::CheckpointStore;
use crate::files::{FileRef, SnapshotFolder, check_metadata_size};
use crate::log::{LogEvent, MAX_LIVE, PublishedCheckpoint};
use crate::storage::Created;

/// The greatest number of checkpoints that have begun and not ended.
const MAX_PENDING: usize = 1024;

impl CheckpointStore {
    /// Notes that `checkpoint` has begun, and returns where its files go. What was published when
    /// it began stays until it has ended, so that it may name the same files: by
    /// [`publish`](Self::publish) or [`abandon`](Self::abandon).
    ///
    /// # Errors
    /// `Misuse` if the id is below [`next_checkpoint`](Self::next_checkpoint) or has begun before;
    /// `LimitExceeded` if too many have begun and not ended; as [`publish`](Self::publish) if
    /// another owner has taken over.
    pub fn begin(&mut self, checkpoint: u64) -> Result<Arc<SnapshotFolder>> {
        self.lacks_files = false;
        self.log.check()?;
        self.check_id(checkpoint)?;
        if self.registry.pending(checkpoint).is_some() {
            return Err(StateError::misuse(format!(
                "checkpoint {checkpoint} of job '{}' has begun before",
                self.job
            )));
        }
        let pending = self.registry.pending_count();
        if pending >= MAX_PENDING {
            let what = format!("the number of unfinished checkpoints of job '{}'", self.job);
            let (size, limit) = (pending as u64 + 1, MAX_PENDING as u64);
            return Err(StateError::fixed_limit(what, size, limit));
        }
        self.look_for_files();
        let bases = self.registry.bases(self.watch.lost()).into();
        let folder = SnapshotFolder::checkpoint(
            Arc::clone(&self.storage),
            &self.job,
            self.generation(),
            CheckpointId(checkpoint),
        );
        let folder = folder.with_bases(bases).with_copies(self.copies.clone());
        let folder = Arc::new(folder);
        self.registry.begin(checkpoint, Arc::clone(&folder));
        Ok(folder)
    }

    /// Looks, if it is time, whether the shared files of the published checkpoints are there.
    fn look_for_files(&mut self) {
        let (storage, every) = (&*self.storage, self.options.verify_shared_files_every);
        if !self.watch.is_due(every, storage, &self.job) {
            return;
        }
        let lost = self.watch.look(storage, &self.job, &self.registry.named());
        if !lost.is_empty() {
            watch::warn(&self.job, &lost, &self.registry.naming(&lost));
        }
    }

    /// Gives up a checkpoint that has begun. Whoever writes its files is told to stop; they are
    /// deleted once nobody does any more.
    pub fn abandon(&mut self, checkpoint: u64) {
        self.registry.abandon(checkpoint);
    }

    /// Makes `metadata` durable, then publishes it as `checkpoint`.
    ///
    /// # Errors
    /// `Misuse` if `metadata` is none, if the id is below [`next_checkpoint`](Self::next_checkpoint),
    /// if the job is finished, or if another owner has taken over, after which this one must stop;
    /// or if it names a shared file that was not [finished](crate::FileOutput::finish) in the folder
    /// with which it [began](Self::begin), and may be gone, as no checkpoint published then names
    /// it; or one of another length or checksum than it has. `Corrupt` if it names one that is known
    /// to be [lost](crate::StoreOptions::verify_shared_files_every). `LimitExceeded` for metadata too long
    /// or too many checkpoints retained; `Storage`. The checkpoint is not published, unless
    /// [`must_reopen`](Self::must_reopen) says from now on that this is unknown.
    pub fn publish(&mut self, checkpoint: u64, metadata: &[u8]) -> Result<()> {
        self.lacks_files = false;
        self.log.check()?;
        let files = self.check_publishable(checkpoint, metadata)?;
        self.check_not_lost(checkpoint, &files)?;
        self.next_checkpoint = self.next_checkpoint.max(checkpoint + 1);
        let path = layout::metadata(checkpoint);
        self.put_metadata(&layout::in_job(&self.job, &path), metadata)?;
        let published = PublishedCheckpoint {
            checkpoint,
            path,
            length: metadata.len() as u64,
            crc: crc32fast::hash(metadata),
        };
        let state = self.log.state().with(published);
        let replaced = self.published().iter().map(|live| live.checkpoint);
        let replaced = replaced.filter(|id| !state.is_live(*id)).collect();
        let appended = self.log.append(LogEvent::Published, state);
        if appended.is_ok() || self.must_reopen() {
            // Also if nobody knows: then the files must stay.
            self.registry.publish(checkpoint, files);
        }
        if appended.is_ok() {
            self.given.forget(checkpoint);
            self.retain_copies(Some((checkpoint, metadata)));
            self.discard_replaced(replaced);
        }
        appended
    }

    /// Deletes the checkpoints of before what the job was told to start from, which are out of the
    /// log.
    fn discard_replaced(&mut self, replaced: BTreeSet<u64>) {
        if replaced.is_empty() {
            return;
        }
        let state = self.log.state().clone();
        if let Err(error) = self.discard(replaced, Vec::new(), state) {
            tracing::warn!(job = %self.job, %error, "old checkpoints could not be retired");
        }
    }

    /// Deletes the local copies that neither this checkpoint nor an unfinished one names.
    pub(super) fn retain_copies(&self, newest: Option<(u64, &[u8])>) {
        let Some(copies) = &self.copies else { return };
        let keep = newest.map(|(checkpoint, metadata)| {
            let paths = recover::paths(&self.job, checkpoint, metadata);
            paths.inspect_err(|error| {
                tracing::warn!(job = %self.job, checkpoint, %error, "local copies are not tidied");
            })
        });
        if let Ok(keep) = keep.unwrap_or_else(|| Ok(BTreeSet::new())) {
            let unfinished = |checkpoint| self.registry.pending(checkpoint).is_some();
            copies.retain(&self.job, &keep, unfinished);
        }
    }

    fn check_id(&self, checkpoint: u64) -> Result<()> {
        let next = self.next_checkpoint;
        if checkpoint >= next && checkpoint != u64::MAX {
            return Ok(());
        }
        Err(StateError::misuse(format!(
            "the next checkpoint of job '{}' must have an id of at least {next}, found \
             {checkpoint}",
            self.job
        )))
    }

    /// The shared files that `metadata` names, if it can be published.
    fn check_publishable(&self, checkpoint: u64, metadata: &[u8]) -> Result<BTreeSet<FileRef>> {
        let files = recover::shared_files(metadata).map_err(|error| {
            StateError::misuse(format!(
                "what is to be published as checkpoint {checkpoint} is no metadata"
            ))
            .with_source(error)
        })?;
        self.check_id(checkpoint)?;
        self.registry.check(checkpoint, self.generation(), &files)?;
        if self.is_finished() {
            return Err(StateError::misuse(format!(
                "job '{}' is recorded as finished: checkpoint {checkpoint} cannot be published",
                self.job
            )));
        }
        if self.published().len() >= MAX_LIVE {
            let (size, limit) = (self.published().len() as u64 + 1, MAX_LIVE as u64);
            let what = format!("the number of retained checkpoints of job '{}'", self.job);
            return Err(StateError::fixed_limit(what, size, limit));
        }
        let path = layout::in_job(&self.job, &layout::metadata(checkpoint));
        let (place, length) = (self.storage.locate(&path), metadata.len() as u64);
        check_metadata_size(&place, length, self.options.max_metadata)?;
        Ok(files)
    }

    /// Checks that none of the files that a checkpoint builds on is lost: it began before that came
    /// out, or was not written as its folder says.
    fn check_not_lost(&mut self, checkpoint: u64, files: &BTreeSet<FileRef>) -> Result<()> {
        let lost = self.watch.lost();
        let Some(what) = files.iter().find_map(|file| lost.get(&file.name)) else {
            return Ok(());
        };
        self.lacks_files = true;
        Err(StateError::corrupt(format!(
            "checkpoint {checkpoint} of job '{}' builds on a file that is lost ({what}); those that \
             begin now do not",
            self.job
        )))
    }

    /// Creates the metadata; after an error once more, to learn what became of it.
    fn put_metadata(&self, path: &str, metadata: &[u8]) -> Result<()> {
        match self.storage.create(path, metadata) {
            Ok(Created::New) => return Ok(()),
            Ok(Created::Exists) => {}
            Err(first) => match self.storage.create(path, metadata) {
                Ok(Created::New) => return Ok(()),
                Ok(Created::Exists) => {
                    let limit = metadata.len() as u64 + 1;
                    if self.storage.read(path, limit)?.as_deref() == Some(metadata) {
                        return Ok(());
                    }
                }
                Err(_) => return Err(first),
            },
        }
        Err(StateError::storage(format!(
            "'{}' exists already and is left as it is; the next checkpoint has another id",
            self.storage.locate(path)
        )))
    }

    /// Records that the job has finished, with its newest checkpoint as the last. Again is no
    /// error.
    ///
    /// # Errors
    /// `Misuse` if nothing is published, and as [`publish`](Self::publish) says; `Storage` if it
    /// could not be recorded.
    pub fn mark_finished(&mut self) -> Result<()> {
        self.log.check()?;
        if self.latest().is_none() || self.origin().is_some() {
            return Err(StateError::misuse(format!(
                "job '{}' cannot be recorded as finished before a checkpoint is published",
                self.job
            )));
        }
        if self.is_finished() {
            return Ok(());
        }
        let state = self.log.state().finished();
        self.log.append(LogEvent::Finished, state)
    }
}
