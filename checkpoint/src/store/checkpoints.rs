//! Opening, publishing, retiring.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alluvium_state_api::{CheckpointId, ErrorKind, Result, StateError};

use super::layout;
use super::options::{OpenMode, StoreOptions};
use super::recover::{self, Recovered, read_metadata};
use super::registry::Registry;
use super::watch::{self, Watch};
use crate::coordinator::StoreOutcome;
use crate::files::{FileRef, LocalCopies, SnapshotFolder, check_metadata_size};
use crate::log::{
    Claimant, JobId, Log, LogEvent, LogState, MAX_LIVE, MAX_RETIRED_FILES, OwnerId, PublicationLog,
    PublishedCheckpoint, Retirement,
};
use crate::storage::{Created, Storage};

/// How many retired checkpoints and files whose deletion failed are tried again; more wait for the
/// [`sweep`](CheckpointStore::sweep) of the next owner.
const LEFT_OVER: usize = 1024;

/// The greatest number of checkpoints that have begun and not ended.
const MAX_PENDING: usize = 1024;

/// What a [`sweep`](CheckpointStore::sweep) deletes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Checkpoints that were begun and not published, or retired and not deleted, ascending.
    pub checkpoints: Vec<u64>,
    /// The names of shared files.
    pub files: Vec<String>,
}

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
        let mode = options.mode;
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
            |state| next_checkpoint(&*storage, &job, state),
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
    /// to be [lost](StoreOptions::verify_shared_files_every). `LimitExceeded` for metadata too long
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
    fn retain_copies(&self, newest: Option<(u64, &[u8])>) {
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

    /// Takes published checkpoints out of the log, and with them the shared files that nobody needs
    /// any more; then deletes them. What cannot be deleted is tried again with the next retirement;
    /// that is no error.
    ///
    /// # Errors
    /// `Misuse` if one is not published or all would go, and as [`publish`](Self::publish) says;
    /// `Storage` if the retirement could not be recorded: then nothing is deleted.
    pub fn retire(&mut self, checkpoints: &[u64]) -> Result<()> {
        self.log.check()?;
        let retired: BTreeSet<u64> = checkpoints.iter().copied().collect();
        let state = self.log.state();
        if let Some(&unknown) = retired.iter().find(|&&id| !state.is_live(id)) {
            return Err(self.not_published(unknown));
        }
        if retired.is_empty() {
            return Ok(());
        }
        if retired.len() == state.live.len() {
            return Err(StateError::misuse(format!(
                "job '{}' would be left without a checkpoint: the newest cannot be retired",
                self.job
            )));
        }
        let ids: Vec<u64> = retired.iter().copied().collect();
        let state = state.without(&ids);
        self.discard(retired, ids, state)
    }

    /// Records that these are `retired`, and what is not needed any more, and deletes it; `ids` are
    /// those of them that this takes out of the log, and `state` is what it says then.
    fn discard(&mut self, retired: BTreeSet<u64>, ids: Vec<u64>, state: LogState) -> Result<()> {
        self.registry.retire(&retired, self.begun_below());
        let files = self.registry.garbage(MAX_RETIRED_FILES);
        if !ids.is_empty() || !files.is_empty() {
            let checkpoints = ids;
            let retirement = Retirement { checkpoints, files };
            self.log
                .append(LogEvent::Retired(retirement.clone()), state)?;
            self.registry.forget(&retirement.files);
            self.files_left_over.extend(retirement.files);
        }
        self.left_over.extend(retired);
        self.delete_left_over();
        Ok(())
    }

    /// No checkpoint of this id or above has begun.
    fn begun_below(&self) -> u64 {
        let newest = self.registry.newest_pending();
        newest.map_or(0, |id| id + 1).max(self.next_checkpoint)
    }

    fn not_published(&self, checkpoint: u64) -> StateError {
        StateError::misuse(format!(
            "checkpoint {checkpoint} of job '{}' is not published; published are {:?}",
            self.job,
            self.retained()
        ))
    }

    fn delete_left_over(&mut self) {
        for checkpoint in std::mem::take(&mut self.left_over) {
            if let Err(error) = self.delete(checkpoint) {
                tracing::warn!(job = %self.job, checkpoint, %error, "cannot delete a checkpoint");
                if self.left_over.len() < LEFT_OVER {
                    self.left_over.insert(checkpoint);
                }
            }
        }
        for file in std::mem::take(&mut self.files_left_over) {
            if let Err(error) = self.storage.delete(&layout::shared(&self.job, &file)) {
                tracing::warn!(job = %self.job, file, %error, "cannot delete a shared file");
                if self.files_left_over.len() < LEFT_OVER {
                    self.files_left_over.insert(file);
                }
            }
        }
    }

    fn delete(&self, checkpoint: u64) -> Result<()> {
        let folder = layout::checkpoint_folder(&self.job, checkpoint);
        for name in self.storage.list(&folder)? {
            self.storage.delete(&format!("{folder}/{name}"))?;
        }
        Ok(())
    }

    /// Deletes what earlier owners left: folders of checkpoints that are not published, begun
    /// before this owner's claim, and shared files that no published checkpoint names; local copies
    /// if nothing is published.
    ///
    /// # Errors
    /// `Storage`; some may have been deleted.
    pub fn sweep(&mut self) -> Result<Swept> {
        let orphans = self.orphans()?;
        for &checkpoint in &orphans.checkpoints {
            self.delete(checkpoint)?;
            self.left_over.remove(&checkpoint);
        }
        for file in &orphans.files {
            self.storage.delete(&layout::shared(&self.job, file))?;
        }
        if self.latest().is_none() {
            self.retain_copies(None);
        }
        Ok(orphans)
    }

    /// What [`sweep`](Self::sweep) would delete.
    ///
    /// # Errors
    /// As [`publish`](Self::publish) if another owner has taken over; `Storage`.
    pub fn orphans(&self) -> Result<Swept> {
        self.log.check()?;
        let state = self.log.state();
        let mut checkpoints: Vec<u64> = checkpoint_folders(&*self.storage, &self.job)?
            .into_iter()
            .filter(|&id| id < self.first_checkpoint && !state.is_live(id))
            .collect();
        checkpoints.sort_unstable();
        let mut files = self.storage.list(&layout::shared_folder(&self.job))?;
        files.retain(|file| self.registry.is_orphan(file, self.generation()));
        Ok(Swept { checkpoints, files })
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

/// The ids of all checkpoints of which there is a folder.
fn checkpoint_folders(storage: &dyn Storage, job: &JobId) -> Result<Vec<u64>> {
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
