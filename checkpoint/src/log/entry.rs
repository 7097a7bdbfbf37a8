//! What a log entry says.

use super::ids::{JobId, OwnerId};

/// What a new owner takes over.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OpenMode {
    /// Everything: recover from the newest published checkpoint.
    #[default]
    Resume,
    /// Nothing: with the claim, all that was published before is no more. Only the numbering goes
    /// on.
    Fresh,
    /// Likewise, as the job is to be done once more: until it has published something, the log says
    /// that what it has put out before is to be taken back.
    StartOver,
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its place, which is its name as well: 1, 2, 3, …
    pub(crate) seq: u64,
    /// How many owners the log has had, the writer of this entry included.
    pub(crate) generation: u64,
    pub(crate) owner: OwnerId,
    pub(crate) job: JobId,
    pub(crate) event: LogEvent,
    /// What stands after it.
    pub(crate) state: LogState,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LogEvent {
    /// A new owner begins a new generation.
    Claim,
    /// The newest checkpoint of the state is published.
    Published,
    /// What is needed no more, and may be deleted.
    Retired(Retirement),
    /// The job has finished.
    Finished,
    /// A kind that a later version knows and that earlier ones may pass over.
    Other(u16),
}

/// What is needed no more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Retirement {
    /// Checkpoints, ascending: they are to be restored no more.
    pub(crate) checkpoints: Vec<u64>,
    /// The names of shared files that no checkpoint of the state names.
    pub(crate) files: Vec<String>,
}

impl From<Vec<u64>> for Retirement {
    fn from(checkpoints: Vec<u64>) -> Self {
        Self {
            checkpoints,
            files: Vec::new(),
        }
    }
}

/// What the log says as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogState {
    /// No checkpoint of this id or above has been begun by an earlier owner.
    pub(crate) next_checkpoint: u64,
    /// Whether the job has finished.
    pub(crate) finished: bool,
    /// Whether it was [started over](OpenMode::StartOver), and nothing was published since.
    pub(crate) started_over: bool,
    /// The snapshot that it was told to start from, if nothing was published since.
    pub(crate) origin: Option<String>,
    /// Published and not retired, ascending.
    pub(crate) live: Vec<PublishedCheckpoint>,
}

/// A published checkpoint, as the log names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedCheckpoint {
    /// Its id.
    pub checkpoint: u64,
    /// Where its metadata is, from the folder of the job.
    pub path: String,
    /// The length of the metadata in bytes.
    pub length: u64,
    /// The CRC-32 of the metadata.
    pub crc: u32,
}

impl LogState {
    /// The state of a job that has not begun.
    pub(crate) fn new() -> Self {
        Self {
            next_checkpoint: 1,
            ..Self::default()
        }
    }

    pub(crate) fn latest(&self) -> Option<&PublishedCheckpoint> {
        self.live.last()
    }

    pub(crate) fn is_live(&self, checkpoint: u64) -> bool {
        self.live.iter().any(|live| live.checkpoint == checkpoint)
    }

    /// With `published` added; if the job was told where to start, without those of before.
    pub(crate) fn with(&self, published: PublishedCheckpoint) -> Self {
        let mut state = self.clone();
        state.next_checkpoint = published.checkpoint + 1;
        if state.origin.is_some() {
            state.live.clear();
        }
        (state.started_over, state.origin) = (false, None);
        state.live.push(published);
        state
    }

    /// With the checkpoints of these ids taken out.
    pub(crate) fn without(&self, retired: &[u64]) -> Self {
        let mut state = self.clone();
        state
            .live
            .retain(|live| !retired.contains(&live.checkpoint));
        state
    }

    /// As a new owner takes it over, or begins afresh, without anything of before; told to start from
    /// `origin`, if that is any.
    pub(crate) fn claimed(
        &self,
        next_checkpoint: u64,
        mode: OpenMode,
        origin: Option<&str>,
    ) -> Self {
        let kept = match mode {
            OpenMode::Resume => self.clone(),
            OpenMode::Fresh | OpenMode::StartOver => Self::default(),
        };
        Self {
            next_checkpoint,
            started_over: kept.started_over || mode == OpenMode::StartOver,
            origin: origin.map(str::to_owned).or(kept.origin),
            ..kept
        }
    }

    pub(crate) fn finished(&self) -> Self {
        Self {
            finished: true,
            ..self.clone()
        }
    }
}

impl Entry {
    /// Checks that it can follow `before`, the entry of the preceding place.
    ///
    /// # Errors
    /// What does not fit, as "expected …, found …".
    pub(crate) fn check_after(&self, before: &Self) -> Result<(), String> {
        if self.seq != before.seq.saturating_add(1) {
            return Err(differs("seq", before.seq.saturating_add(1), self.seq));
        }
        if self.job != before.job {
            return Err(differs("job", &before.job, &self.job));
        }
        let claim = self.event == LogEvent::Claim;
        let generation = before.generation.saturating_add(u64::from(claim));
        if self.generation != generation {
            return Err(differs("generation", generation, self.generation));
        }
        if !claim && self.owner != before.owner {
            return Err(differs("owner", before.owner, self.owner));
        }
        if self.follows(&before.state) {
            return Ok(());
        }
        Err(format!(
            "expected the state that {:?} leads to from {:?}, found {:?}",
            self.event, before.state, self.state
        ))
    }

    fn follows(&self, before: &LogState) -> bool {
        let found = &self.state;
        let next = found.next_checkpoint;
        match &self.event {
            LogEvent::Claim => {
                let modes = [OpenMode::Resume, OpenMode::Fresh, OpenMode::StartOver];
                let origin = found.origin.as_deref();
                let is_claimed = |mode: &OpenMode| *found == before.claimed(next, *mode, origin);
                next >= before.next_checkpoint && modes.iter().any(is_claimed)
            }
            LogEvent::Published => found.latest().is_some_and(|latest| {
                latest.checkpoint >= before.next_checkpoint && *found == before.with(latest.clone())
            }),
            LogEvent::Retired(Retirement { checkpoints, .. }) => {
                checkpoints.iter().all(|&id| before.is_live(id))
                    && *found == before.without(checkpoints)
            }
            LogEvent::Finished => *found == before.finished(),
            LogEvent::Other(_) => true,
        }
    }
}

fn differs(what: &str, expected: impl std::fmt::Display, found: impl std::fmt::Display) -> String {
    format!("{what}: expected {expected}, found {found}")
}
