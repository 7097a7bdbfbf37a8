//! Collection by hand, beside a job that may be running.

use super::beside::beside_job;
use super::layout;
use super::recover::open_published;
use crate::files::{FileName, FilePlace, StoredSnapshotOptions};
use crate::log::{Entry, JobId, Log, LogEvent};
use crate::metadata::METADATA;
use crate::storage::Storage;
use alluvium_state_api::Result;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most entries of a log that are read, the newest ones.
const MAX_ENTRIES: u64 = 1 << 16;

/// What nobody needs of a job, as far as one can tell who does not own it.
///
/// That is what its log has retired, and what earlier owners have left behind: folders of
/// checkpoints that were begun before the newest claim and are not published, and shared files of
/// earlier owners that no checkpoint names which the newest owner has ever known. Nothing else: what
/// the newest owner has written itself it may still need. So it can be deleted beside a running job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Garbage {
    /// Objects, from the root of the storage, in the order in which they are deleted.
    pub paths: Vec<String>,
    /// How many more shared files of earlier owners no checkpoint names now, but one may have named
    /// that was retired since the newest claim: only the owner can tell.
    pub undecided: u64,
}

impl Garbage {
    /// What there is of `job`; nothing is deleted. The metadata of its retained checkpoints is read
    /// as `options` say.
    ///
    /// # Errors
    /// `LimitExceeded` if the metadata of a retained checkpoint is longer than the options allow;
    /// `Misuse` if the job has no log; `Corrupt`, `Incompatible` or `Storage` if log or metadata of
    /// a retained checkpoint cannot be read: then nothing can be said. As [`read_published`] if the
    /// job retires checkpoints faster than they are read.
    ///
    /// [`read_published`]: super::read_published
    pub fn find(
        storage: &Arc<dyn Storage>,
        job: &JobId,
        options: StoredSnapshotOptions,
    ) -> Result<Self> {
        beside_job(storage, job, 1, |newest| {
            let history = History::read(storage, job, newest.entry.clone())?;
            let mut garbage = Self::default();
            garbage.checkpoints(&**storage, job, &history)?;
            garbage.shared(storage, job, &history, options)?;
            Ok(garbage)
        })
    }

    /// Deletes it.
    ///
    /// # Errors
    /// `Storage`; some may have been deleted.
    pub fn delete(&self, storage: &dyn Storage, mut progress: impl FnMut(&str)) -> Result<()> {
        self.paths.iter().try_for_each(|path| {
            progress(path);
            storage.delete(path)
        })
    }

    fn checkpoints(&mut self, storage: &dyn Storage, job: &JobId, history: &History) -> Result<()> {
        for folder in storage.list(&job.to_string())? {
            let id = layout::checkpoint_of(&folder).filter(|id| history.is_garbage(*id));
            let Some(id) = id else { continue };
            let folder = layout::checkpoint_folder(job, id);
            let mut names = storage.list(&folder)?;
            // Metadata first, so that what is left never looks like a checkpoint.
            names.sort_by_key(|name| name != METADATA);
            self.paths
                .extend(names.iter().map(|name| format!("{folder}/{name}")));
        }
        Ok(())
    }

    fn shared(
        &mut self,
        storage: &Arc<dyn Storage>,
        job: &JobId,
        history: &History,
        options: StoredSnapshotOptions,
    ) -> Result<()> {
        let folder = layout::shared_folder(job);
        let names = storage.list(&folder)?;
        if names.is_empty() {
            return Ok(());
        }
        let mut needed = BTreeSet::new();
        for published in &history.newest.state.live {
            let stored = open_published(Arc::clone(storage), job, published, options)?;
            let files = stored.file_refs().into_iter();
            let shared = files.filter(|file| file.place == FilePlace::Shared);
            needed.extend(shared.map(|file| file.name));
        }
        for name in names {
            let file = FileName::parse(&name);
            let older = file.is_some_and(|file| file.generation < history.newest.generation);
            if needed.contains(&name) {
                continue;
            }
            if history.files.contains(&name) || (older && history.all_known) {
                self.paths.push(format!("{folder}/{name}"));
            } else if older {
                self.undecided += 1;
            }
        }
        Ok(())
    }
}

/// What the log tells about what is needed.
struct History {
    newest: Entry,
    /// No checkpoint below this was begun by the newest owner.
    first: u64,
    /// Retired checkpoints and files.
    retired: BTreeSet<u64>,
    files: BTreeSet<String>,
    /// Whether all checkpoints that the newest owner found are still retained: then what they name
    /// is known.
    all_known: bool,
}

impl History {
    fn read(storage: &Arc<dyn Storage>, job: &JobId, newest: Entry) -> Result<Self> {
        let log = Log::new(Arc::clone(storage), job.clone());
        let mut history = Self {
            // Until the claim is found, nothing counts as begun by others.
            first: 0,
            retired: BTreeSet::new(),
            files: BTreeSet::new(),
            all_known: false,
            newest: newest.clone(),
        };
        let oldest = newest.seq.saturating_sub(MAX_ENTRIES - 1).max(1);
        for seq in (oldest..=newest.seq).rev() {
            let entry = log.read(seq)?.entry;
            match entry.event {
                LogEvent::Claim if entry.generation == newest.generation => {
                    history.first = entry.state.next_checkpoint;
                    let mut found = entry.state.live.iter();
                    history.all_known = found.all(|one| newest.state.is_live(one.checkpoint));
                }
                LogEvent::Retired(retirement) => {
                    history.retired.extend(retirement.checkpoints);
                    history.files.extend(retirement.files);
                }
                _ => {}
            }
        }
        Ok(history)
    }

    fn is_garbage(&self, checkpoint: u64) -> bool {
        let known = checkpoint < self.first || self.retired.contains(&checkpoint);
        known && !self.newest.state.is_live(checkpoint)
    }
}
