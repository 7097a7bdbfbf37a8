//! The snapshot that a job was told to start from, and what it owes to it.

use super::claimed::{self, Claimed};
use super::retained::Retained;
use super::{Given, JobSettings};
use alluvium::checkpoint::storage::Location;
use alluvium::checkpoint::{
    CheckpointMetadata, OpenMode, StoredSnapshot, is_savepoint, open_snapshot,
};
pub use alluvium::config::ClaimMode;
use alluvium::{Result, StateError};

/// How a job is restored from a path.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestoreOptions {
    /// Whom the snapshot belongs to.
    pub claim: ClaimMode,
    /// Whether state of operators that the job does not have may be left behind. Default: no; the
    /// job then does not start.
    pub allow_non_restored_state: bool,
}

impl RestoreOptions {
    /// The same, with [`claim`](Self::claim) set.
    pub const fn with_claim(mut self, claim: ClaimMode) -> Self {
        self.claim = claim;
        self
    }

    /// The same, with [`allow_non_restored_state`](Self::allow_non_restored_state) set.
    pub const fn with_allow_non_restored_state(mut self, allow: bool) -> Self {
        self.allow_non_restored_state = allow;
        self
    }
}

/// Where a job is to start from.
#[derive(Clone, Debug)]
pub(crate) struct RestoreFrom {
    pub(crate) path: Given,
    pub(crate) options: RestoreOptions,
}

/// The snapshot that the job was told to start from, if any.
#[derive(Default)]
pub(super) struct Origin {
    explicit: Option<Explicit>,
    /// Whether the next checkpoint must be full.
    full: bool,
    /// What is to be deleted, oldest first.
    claimed: Vec<Claimed>,
    /// Whether a run has been given what it starts from.
    begun: bool,
}

struct Explicit {
    path: Location,
    /// Its folder, with all links resolved.
    folder: Location,
    stored: StoredSnapshot,
    /// The newest checkpoint of the job when it started: those after it count, those before do not.
    newest_before: Option<u64>,
    /// Whether the job's own checkpoints tell of it.
    noted: bool,
}

impl Explicit {
    fn open(path: &Location, settings: &JobSettings) -> Result<Self> {
        let opened = open_snapshot(path, &settings.storage, settings.store.snapshot_options())
            .map_err(|error| cannot_restore(path, error))?;
        Ok(Self {
            path: path.clone(),
            folder: opened.folder,
            stored: opened.stored,
            newest_before: None,
            noted: false,
        })
    }

    /// What an execution before was told to start from.
    fn noted(path: &str, settings: &JobSettings) -> Result<Self> {
        let opened = Location::new(path).and_then(|path| Self::open(&path, settings));
        let noted = opened.map_err(|error| {
            error.context(
                "the job was told to start from a snapshot and has had no checkpoint since (if that is \
                 gone, start it from another one, or over)",
            )
        })?;
        tracing::warn!(
            snapshot = path,
            "the job starts from what it was told to start from before, as it has had no checkpoint \
             since"
        );
        Ok(noted)
    }

    /// How the checkpoints of the job can tell of it.
    fn line(&self, retained: &Retained) -> Result<Option<&str>> {
        let line = claimed::line(&self.folder);
        if self.noted {
            return Ok(line);
        }
        if line.is_none() && retained.origin().is_some() {
            let error = StateError::misuse(
                "the checkpoints of the job tell of another snapshot to start from, and a path that is \
                 no text cannot be noted instead: copy this one to another path",
            );
            return Err(cannot_restore(&self.path, error));
        }
        if line.is_none() {
            tracing::warn!(
                snapshot = %self.path,
                "the path cannot be noted; if the process dies before the job has a checkpoint, it \
                 must be told again to start from there"
            );
        }
        Ok(line)
    }

    /// Checks that the snapshot is none of the job's own, which are about to be left behind.
    fn check_outside(&self, settings: &JobSettings) -> Result<()> {
        let Some(root) = settings.checkpoint_dir()? else {
            return Ok(());
        };
        let folder = root.join(settings.job_id());
        let resolved = match folder.local_path() {
            Some(path) => path.canonicalize().ok().map(Location::from),
            None => Some(folder),
        };
        if !resolved.is_some_and(|folder| self.folder.is_in(&folder)) {
            return Ok(());
        }
        let why = if settings.fresh {
            "to start over"
        } else {
            "the job has finished, and to start it again"
        };
        let error = StateError::misuse(format!(
            "{why} leaves the job's own checkpoints behind: copy this one elsewhere before"
        ));
        Err(cannot_restore(&self.path, error))
    }
}

impl Origin {
    /// Opens what the settings name.
    pub(super) fn open(settings: &JobSettings) -> Result<Self> {
        let Some(RestoreFrom { path, options }) = &settings.restore_from else {
            return Ok(Self::default());
        };
        let path = path.get("what the job is to start from")?;
        let explicit = Explicit::open(path, settings)?;
        let claim = options.claim == ClaimMode::Claim;
        if claim && !is_savepoint(explicit.stored.metadata()) {
            return Err(cannot_restore(
                path,
                StateError::misuse(
                    "only savepoints can be claimed, and this is a checkpoint; it is deleted by \
                     the job that took it",
                ),
            ));
        }
        let claimed = if claim {
            vec![Claimed::new(explicit.folder.clone(), settings)?]
        } else {
            Vec::new()
        };
        Ok(Self {
            explicit: Some(explicit),
            full: !claim,
            claimed,
            begun: false,
        })
    }

    /// Takes note of what the job has had before: what it has claimed stays so, except for what it
    /// now starts from. If it was told then where to start, and has had no checkpoint since, it
    /// starts from there.
    pub(super) fn take_over(
        &mut self,
        retained: &mut Retained,
        settings: &JobSettings,
    ) -> Result<()> {
        if self.explicit.is_none()
            && let Some(noted) = retained.origin()
        {
            let mut explicit = Explicit::noted(noted, settings)?;
            explicit.noted = true;
            (self.explicit, self.full) = (Some(explicit), true);
        }
        let Some(explicit) = &mut self.explicit else {
            return Ok(());
        };
        if settings.fresh || retained.is_finished() {
            explicit.check_outside(settings)?;
        }
        explicit.newest_before = retained.ids().last().copied();
        retained.used(explicit.stored.metadata().checkpoint.0.saturating_add(1));
        if let Some(before) = retained.newest_readable() {
            let mut claimed = Claimed::noted(&before, settings)?;
            claimed.retain(|claimed| !claimed.is_in(&explicit.folder));
            claimed.append(&mut self.claimed);
            self.claimed = claimed;
        }
        Ok(())
    }

    /// All tasks have opened what they are restored from. If the job was told to start from that, it is
    /// what whoever comes next starts from, too, until the job has a checkpoint. One that is started
    /// over, or has finished, and can publish nothing any more, leaves its checkpoints behind.
    pub(super) fn note_start(
        &mut self,
        retained: &mut Retained,
        settings: &JobSettings,
    ) -> Result<()> {
        let in_use = self.is_in_use(retained);
        let Some(explicit) = self.explicit.as_mut().filter(|_| in_use) else {
            return retained.look();
        };
        let line = explicit.line(retained)?;
        let starts_over = settings.fresh && !explicit.noted;
        let mode = match (starts_over, retained.is_finished()) {
            // Without the path whoever comes next would begin from nothing.
            (true, _) if line.is_some() => OpenMode::StartOver,
            (true, _) | (_, true) => OpenMode::Fresh,
            (false, false) if explicit.noted => return retained.look(),
            (false, false) => OpenMode::Resume,
        };
        retained.start_from(line, mode)?;
        explicit.newest_before = retained.ids().last().copied();
        explicit.noted = true;
        Ok(())
    }

    /// The checkpoints of the job that count, and are to be retired one day. Those of before what it
    /// starts from go by themselves with the next one.
    pub(super) fn counting(&self, retained: &Retained) -> Vec<u64> {
        if self.is_in_use(retained) && retained.origin().is_some() {
            return Vec::new();
        }
        retained.ids()
    }

    /// What a run has to start from: the newest checkpoint that this execution has taken, else
    /// what it was told, else the newest of earlier executions.
    pub(super) fn latest(
        &mut self,
        retained: &mut Retained,
        settings: &JobSettings,
    ) -> Result<Option<StoredSnapshot>> {
        let first = !std::mem::replace(&mut self.begun, true);
        retained.look()?;
        match self.in_use(retained) {
            Some(explicit) => Ok(Some(explicit.stored.clone())),
            None => {
                let latest = retained.latest()?;
                if let Some(latest) = latest.as_ref().filter(|_| first) {
                    self.claimed = Claimed::noted(latest.metadata(), settings)?;
                }
                Ok(latest)
            }
        }
    }

    /// Completes the metadata of a checkpoint of the job, which is about to be published.
    pub(super) fn note(&self, metadata: &mut CheckpointMetadata) {
        Claimed::note(&self.claimed, metadata);
    }

    /// Whether a run has to start from what the job was told.
    pub(super) fn is_in_use(&self, retained: &Retained) -> bool {
        self.in_use(retained).is_some()
    }

    fn in_use(&self, retained: &Retained) -> Option<&Explicit> {
        let explicit = self.explicit.as_ref()?;
        let newest = retained.ids().last().copied();
        (newest == explicit.newest_before).then_some(explicit)
    }

    /// Says of an error in restoring where that was from.
    pub(super) fn name(&self, retained: &Retained, error: StateError) -> StateError {
        match self.in_use(retained) {
            Some(explicit) => cannot_restore(&explicit.path, error),
            None => error,
        }
    }

    /// Whether the next checkpoint must be full.
    pub(super) const fn wants_full(&self) -> bool {
        self.full
    }

    /// A checkpoint of the job is complete; the savepoints that are to be deleted now.
    pub(super) fn completed(&mut self) -> Vec<Claimed> {
        self.full = false;
        self.claimed.extract_if(.., Claimed::completed).collect()
    }

    /// What the job has claimed goes with it.
    pub(super) fn dispose_claimed(&mut self) {
        self.claimed.drain(..).for_each(|claimed| claimed.dispose());
    }
}

fn cannot_restore(path: &Location, error: StateError) -> StateError {
    error.context(format_args!("cannot restore from '{path}'"))
}
