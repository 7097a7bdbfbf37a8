//! What the owner of a store does: it opens it, publishes, and retires.

mod publish;
mod retire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alluvium_state_api::{ErrorKind, Result, StateError};

use super::given::GivenIds;
use super::layout;
use super::options::{OpenMode, StoreOptions};
use super::recover::{self, Recovered, read_metadata};
use super::registry::Registry;
use super::watch::Watch;
use crate::coordinator::StoreOutcome;
use crate::files::LocalCopies;
use crate::log::{Claimant, JobId, Log, LogState, OwnerId, PublicationLog, PublishedCheckpoint};
use crate::storage::Storage;

pub use retire::Swept;

/// The completed checkpoints of one job, as its owner sees them. Calls block.
///
/// ```
/// use std::sync::Arc;
/// use alluvium_checkpoint::{
///     CheckpointStore, JobId, MemoryStorage, MetadataWriter, OwnerId, SectionKind, StoreOptions,
/// };
///
/// let storage = Arc::new(MemoryStorage::new());
/// let job = JobId::new("count-flights")?;
/// let open = |owner| {
///     let options = StoreOptions::default();
///     CheckpointStore::open(storage.clone(), job.clone(), OwnerId([owner; 16]), options)
/// };
/// let (mut store, recovered) = open(1)?;
/// assert!(recovered.is_none());
///
/// let mut metadata = MetadataWriter::new();
/// metadata.section(SectionKind::SUMMARY, b"12 flights");
/// store.publish(store.next_checkpoint(), &metadata.finish())?;
///
/// // The process dies; another one takes over.
/// let (_, recovered) = open(2)?;
/// assert_eq!(recovered.unwrap().checkpoint, 1);
/// let error = store.publish(2, &MetadataWriter::new().finish()).unwrap_err();
/// assert!(error.to_string().contains("taken over"));
/// # Ok::<_, alluvium_checkpoint::StateError>(())
/// ```
pub struct CheckpointStore {
    storage: Arc<dyn Storage>,
    job: JobId,
    log: PublicationLog,
    options: StoreOptions,
    registry: Registry,
    watch: Watch,
    /// Whether what was last to be published lacked files.
    lacks_files: bool,
    /// Published checkpoints that turned out to be damaged when they were read, and how.
    distrusted: BTreeMap<u64, String>,
    /// Ids below this were given by earlier owners.
    first_checkpoint: u64,
    /// Ids below this were given.
    next_checkpoint: u64,
    /// Retired checkpoints that could not be deleted.
    left_over: BTreeSet<u64>,
    /// Retired files that could not be deleted.
    files_left_over: BTreeSet<String>,
    copies: Option<LocalCopies>,
    given: GivenIds,
}

impl CheckpointStore {
    /// Takes over the checkpoints of `job` in `storage` as `owner`, an id drawn at random for this
    /// run. An owner before, if it still runs, can publish nothing from now on. Returns what the
    /// new owner has to recover from, unless it has to start from an [origin](Self::origin) instead,
    /// or the options [do without](StoreOptions::recover).
    ///
    /// # Errors
    /// `Corrupt` if a log entry or the newest published metadata is missing or damaged, naming it;
    /// `Incompatible` if it is of another job or a later version; `LimitExceeded`; `Storage`, also
    /// if the store cannot create an object only if it is absent; `Misuse` if the owner id was used
    /// before, if the options name the owner before and another has taken over, or for an origin that
    /// is empty or too long. Nothing that stands
    /// in the store is changed by any of them.
    pub fn open(
        storage: Arc<dyn Storage>,
        job: JobId,
        owner: OwnerId,
        options: StoreOptions,
    ) -> Result<(Self, Option<Recovered>)> {
        options.check()?;
        let log = Log::new(Arc::clone(&storage), job.clone());
        let (mode, first) = (options.mode, options.first_checkpoint);
        let claimant = Claimant {
            owner,
            mode,
            origin: options.origin.as_deref(),
        };
        let (log, before) = PublicationLog::claim(
            log,
            &claimant,
            options.verified_entries,
            options.after,
            |state| Ok(next_checkpoint(&*storage, &job, state)?.max(first)),
        )?;
        let mut store = Self {
            options,
            registry: Registry::default(),
            watch: Watch::default(),
            lacks_files: false,
            distrusted: BTreeMap::new(),
            first_checkpoint: log.state().next_checkpoint,
            next_checkpoint: log.state().next_checkpoint,
            left_over: BTreeSet::new(),
            files_left_over: BTreeSet::new(),
            copies: None,
            given: GivenIds::new(Arc::clone(&storage), job.clone()),
            storage,
            job,
            log,
        };
        let resumes = before.is_some() && mode == OpenMode::Resume && store.origin().is_none();
        let recovered = if resumes && store.options.recover {
            store.recover()?
        } else {
            None
        };
        store.register_published();
        Ok((store, recovered))
    }

    /// The same, with the files of checkpoints copied to `copies` as well. What this says about the
    /// store is not changed by them.
    pub fn with_copies(mut self, copies: LocalCopies) -> Self {
        self.copies = Some(copies);
        self
    }

    /// The newest published checkpoint that can be restored: its metadata is whole, and all its
    /// files are there with the lengths that it says.
    ///
    /// # Errors
    /// `Corrupt` naming what is missing or damaged in the newest, if the options do not allow an
    /// older one, or no older one is better; `Incompatible` if a later version wrote it;
    /// `LimitExceeded`; `Storage`.
    pub fn recover(&self) -> Result<Option<Recovered>> {
        let state = self.log.state();
        let (mut skipped, mut first) = (Vec::new(), None);
        for published in state.live.iter().rev() {
            if let Some(reason) = self.distrusted.get(&published.checkpoint) {
                skipped.push((published.checkpoint, reason.clone()));
                continue;
            }
            let read = recover::read_checkpoint(
                &self.storage,
                &self.job,
                published,
                self.options.max_metadata,
            );
            match read {
                Ok(metadata) => {
                    return Ok(Some(Recovered {
                        checkpoint: published.checkpoint,
                        metadata,
                        location: self.locate(published.checkpoint),
                        finished: state.finished && skipped.is_empty(),
                        skipped,
                    }));
                }
                Err(error) if error.kind() != ErrorKind::Corrupt || !self.options.fall_back => {
                    return Err(first.unwrap_or(error));
                }
                Err(error) => {
                    let checkpoint = published.checkpoint;
                    tracing::warn!(job = %self.job, checkpoint, %error, "a checkpoint is damaged");
                    skipped.push((checkpoint, error.to_string()));
                    first.get_or_insert(error);
                }
            }
        }
        first.map_or(Ok(None), Err)
    }

    /// Notes that a published checkpoint turned out to be damaged when its files were read:
    /// [`recover`](Self::recover) passes over it from now on. Whether there is an older one to
    /// recover from and the options allow that; if not, nothing is noted.
    pub fn distrust(&mut self, checkpoint: u64, error: &StateError) -> bool {
        let older = self
            .published()
            .iter()
            .any(|live| live.checkpoint < checkpoint && !self.is_distrusted(live.checkpoint));
        let live = self.log.state().is_live(checkpoint);
        if !live || !older || !self.options.fall_back {
            return false;
        }
        tracing::warn!(job = %self.job, checkpoint, %error, "a checkpoint is damaged");
        self.distrusted.insert(checkpoint, error.to_string());
        true
    }

    fn is_distrusted(&self, checkpoint: u64) -> bool {
        self.distrusted.contains_key(&checkpoint)
    }

    /// Notes what the checkpoints of earlier owners name.
    fn register_published(&mut self) {
        for published in &self.log.state().live {
            let id = published.checkpoint;
            let files = read_metadata(
                &*self.storage,
                &self.job,
                published,
                self.options.max_metadata,
            )
            .and_then(|bytes| recover::shared_files(&bytes));
            if let Err(error) = &files {
                tracing::warn!(job = %self.job, checkpoint = id, %error,
                    "shared files are not collected while this checkpoint is retained");
            }
            self.registry.restore(id, files.ok());
        }
    }

    /// The job.
    pub fn job(&self) -> &JobId {
        &self.job
    }

    /// How many owners the store has had, this one included.
    pub fn generation(&self) -> u64 {
        self.log.generation()
    }

    /// The least id that a new checkpoint may have.
    pub fn next_checkpoint(&self) -> u64 {
        self.next_checkpoint
    }

    /// Keeps ids that are given to savepoints from being given again.
    pub fn given_ids(&self) -> GivenIds {
        self.given.clone()
    }

    /// The newest published checkpoint.
    pub fn latest(&self) -> Option<&PublishedCheckpoint> {
        self.log.state().latest()
    }

    /// The published checkpoints that are not retired, oldest first.
    pub fn published(&self) -> &[PublishedCheckpoint] {
        &self.log.state().live
    }

    /// Their ids, ascending.
    pub fn retained(&self) -> Vec<u64> {
        let live = self.published().iter();
        live.map(|published| published.checkpoint).collect()
    }

    /// The snapshot that the job was [told to start from](StoreOptions::origin), by this owner or one
    /// before, if it has published nothing since: what is published is of before that.
    pub fn origin(&self) -> Option<&str> {
        self.log.state().origin.as_deref()
    }

    /// Whether the job is recorded as finished.
    pub fn is_finished(&self) -> bool {
        self.log.state().finished
    }

    /// Whether nothing can be recorded any more: another owner [has taken over](Self::is_superseded),
    /// or nobody knows what became of a log entry. Only in the second case may the store be opened
    /// anew to go on, [after](StoreOptions::after) the owner that it has.
    pub fn must_reopen(&self) -> bool {
        self.log.is_halted()
    }

    /// Whether another owner has taken over, as far as is known: this process must stop, and must not
    /// open the store again.
    pub fn is_superseded(&self) -> bool {
        self.log.is_superseded()
    }

    /// Looks whether another owner has taken over: to be asked before a job starts again from what
    /// this store knows.
    ///
    /// # Errors
    /// `Misuse` if one has: this process must stop. `Storage` if the log cannot be read, or if
    /// [it must be opened anew](Self::must_reopen).
    pub fn check_owner(&mut self) -> Result<()> {
        self.log.check_owner()
    }

    /// What is known of a checkpoint whose [`publish`](Self::publish) has just failed, in the terms
    /// of the coordinator.
    pub fn failure_outcome(&self) -> StoreOutcome {
        if self.is_superseded() {
            StoreOutcome::Superseded
        } else if self.must_reopen() {
            StoreOutcome::Unknown
        } else if self.lacks_files {
            StoreOutcome::LacksFiles
        } else {
            StoreOutcome::NotPublished
        }
    }

    /// The metadata of a published checkpoint.
    ///
    /// # Errors
    /// `Misuse` if it is not published or no longer; `Corrupt` if it is missing or damaged;
    /// `LimitExceeded`; `Storage`.
    pub fn read(&self, checkpoint: u64) -> Result<Vec<u8>> {
        let live = self.published().iter();
        match live.into_iter().find(|live| live.checkpoint == checkpoint) {
            Some(published) => self.metadata_of(published),
            None => Err(self.not_published(checkpoint)),
        }
    }

    fn metadata_of(&self, published: &PublishedCheckpoint) -> Result<Vec<u8>> {
        let most = self.options.max_metadata;
        read_metadata(&*self.storage, &self.job, published, most)
    }

    /// Where the metadata of a checkpoint is, or would be, for messages.
    pub fn locate(&self, checkpoint: u64) -> String {
        let path = layout::metadata(checkpoint);
        self.storage.locate(&layout::in_job(&self.job, &path))
    }

    fn not_published(&self, checkpoint: u64) -> StateError {
        StateError::misuse(format!(
            "checkpoint {checkpoint} of job '{}' is not published; published are {:?}",
            self.job,
            self.retained()
        ))
    }
}

/// The ids of all checkpoints of which there is a folder.
pub(super) fn checkpoint_folders(storage: &dyn Storage, job: &JobId) -> Result<Vec<u64>> {
    let names = storage.list(job.as_str())?;
    let ids = names.iter().filter_map(|name| layout::checkpoint_of(name));
    Ok(ids.collect())
}

/// The id that the checkpoints of a new owner begin with: above all of the log and all folders.
fn next_checkpoint(storage: &dyn Storage, job: &JobId, state: Option<&LogState>) -> Result<u64> {
    let newest_folder = checkpoint_folders(storage, job)?.into_iter().max();
    let Some(state) = state else {
        return match newest_folder {
            None => Ok(LogState::new().next_checkpoint),
            Some(id) => Err(StateError::new(
                ErrorKind::Corrupt,
                format!(
                    "log entry '{}' is missing, although checkpoint {id} was begun",
                    storage.locate(&layout::in_job(job, "log/1"))
                ),
            )),
        };
    };
    let after_folders = newest_folder.map_or(0, |id| id.saturating_add(1));
    Ok(state.next_checkpoint.max(after_folders))
}
