//! The savepoints of one run: where they go, who waits for them, and the threads that write them.

use super::request::{Reply, SavepointRequest, Then};
use super::{CheckpointStats, JobSettings};
use crate::executor::entropy::random_bytes;
use alluvium::checkpoint::storage::Location;
use alluvium::checkpoint::{
    CheckpointKind, CheckpointMetadata, RequestId, RequestKind, SavepointFolder, SnapshotFolder,
    copy_into,
};
use alluvium::{ErrorKind, Result, StateBackend, StateError};
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// How many savepoints may wait for the one under way.
const WAITING: usize = 64;

/// A savepoint has been written, or not.
pub(super) struct Written {
    pub(super) checkpoint: u64,
    pub(super) result: Result<WrittenSnapshot>,
}

/// What was written.
pub(super) struct WrittenSnapshot {
    /// The size in bytes, files included.
    pub(super) size: u64,
    /// The same as a checkpoint of the job, if it stops with it.
    pub(super) copy: Option<CheckpointMetadata>,
}

/// A request under way.
pub(super) enum Asked {
    /// A source has asked, and waits for no answer.
    BySource,
    Checkpoint(Reply<CheckpointStats>),
    Savepoint {
        folder: Arc<SavepointFolder>,
        then: Then,
        reply: Reply<Location>,
    },
}

/// A savepoint that has begun.
struct Begun {
    request: RequestId,
    /// Where its copy goes for the log, if the job stops with it and keeps files.
    copy: Option<Arc<SnapshotFolder>>,
}

/// The requests of one run, and the savepoints that they ask for.
pub(super) struct Savepoints {
    asked: BTreeMap<RequestId, Asked>,
    next: u64,
    /// Those that have begun: whose they are.
    begun: BTreeMap<u64, Begun>,
    /// Those that wait for the one under way: a task has no more than a few snapshots at a time.
    waiting: VecDeque<SavepointRequest>,
    /// Those that were written and that the coordinator has not heard of yet.
    written: Sender<Written>,
    hear: Receiver<Written>,
}

impl Savepoints {
    pub(super) fn new() -> Self {
        let (written, hear) = unbounded();
        Self {
            asked: BTreeMap::new(),
            next: 0,
            begun: BTreeMap::new(),
            waiting: VecDeque::new(),
            written,
            hear,
        }
    }

    /// Tells when a savepoint has been written.
    pub(super) const fn hear(&self) -> &Receiver<Written> {
        &self.hear
    }

    /// Takes in a request; its number.
    pub(super) fn ask(&mut self, asked: Asked) -> RequestId {
        self.next += 1;
        let request = RequestId(self.next);
        self.asked.insert(request, asked);
        request
    }

    /// Takes in a request for a savepoint, which waits if one is under way.
    pub(super) fn wait_for_savepoint(&mut self, request: SavepointRequest) {
        if self.waiting.len() < WAITING {
            self.waiting.push_back(request);
        } else {
            request.reply.send(Err(StateError::new(
                ErrorKind::LimitExceeded,
                format!("{WAITING} savepoints of the job are waiting already"),
            )));
        }
    }

    /// Turns down all that wait.
    pub(super) fn refuse_waiting(&mut self) {
        for request in std::mem::take(&mut self.waiting) {
            let error = StateError::cancelled("no savepoint was begun: the job is not running");
            request.reply.send(Err(error));
        }
    }

    /// Whether none is under way, and none waits.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && !self.is_under_way()
    }

    fn is_under_way(&self) -> bool {
        let mut asked = self.asked.values();
        asked.any(|asked| matches!(asked, Asked::Savepoint { .. }))
    }

    /// The next request for a savepoint, unless one is under way.
    pub(super) fn next_savepoint(
        &mut self,
        settings: &JobSettings,
    ) -> Option<(RequestId, RequestKind)> {
        while !self.is_under_way()
            && let Some(request) = self.waiting.pop_front()
        {
            if let Some(asked) = self.ask_for_savepoint(settings, request) {
                return Some(asked);
            }
        }
        None
    }

    /// Takes in a request for a savepoint, if there is a place for it that can be written to;
    /// otherwise it is answered.
    fn ask_for_savepoint(
        &mut self,
        settings: &JobSettings,
        request: SavepointRequest,
    ) -> Option<(RequestId, RequestKind)> {
        let SavepointRequest {
            then,
            target,
            reply,
        } = request;
        match prepare(settings, target.as_ref()) {
            Err(error) => {
                reply.send(Err(error));
                None
            }
            Ok(folder) => {
                let folder = Arc::new(folder);
                let request = self.ask(Asked::Savepoint {
                    folder,
                    then,
                    reply,
                });
                let kind = match then {
                    Then::GoOn => RequestKind::Savepoint,
                    Then::Stop { drain } => RequestKind::Stop { drain },
                    Then::Cancel => RequestKind::Cancel,
                };
                Some((request, kind))
            }
        }
    }

    /// The savepoint that `request` wants has begun.
    pub(super) fn began(
        &mut self,
        checkpoint: u64,
        request: RequestId,
        copy: Option<Arc<SnapshotFolder>>,
    ) {
        self.begun.insert(checkpoint, Begun { request, copy });
    }

    /// Where a savepoint that has begun goes.
    pub(super) fn folder(&self, checkpoint: u64) -> Result<&Arc<SavepointFolder>> {
        let begun = self.begun.get(&checkpoint);
        match begun.and_then(|begun| self.asked.get(&begun.request)) {
            Some(Asked::Savepoint { folder, .. }) => Ok(folder),
            _ => Err(StateError::misuse(format!(
                "nobody has asked for savepoint {checkpoint}"
            ))),
        }
    }

    /// Writes a savepoint, and for one that the job stops with its copy for the log, on a thread of
    /// its own: storage may be slow.
    pub(super) fn write(
        &mut self,
        settings: &JobSettings,
        metadata: CheckpointMetadata,
        kind: CheckpointKind,
    ) -> Result<()> {
        let checkpoint = metadata.checkpoint.0;
        let folder = Arc::clone(self.folder(checkpoint)?);
        let begun = self.begun.get_mut(&checkpoint);
        let copy = begun.and_then(|begun| begun.copy.take());
        let limits = settings.backend.snapshot_limits();
        let written = self.written.clone();
        let write = move || {
            let result = folder.write(&metadata, &limits).and_then(|size| {
                let copy = kind.is_stop().then(|| match &copy {
                    Some(copy) => copy_into(&metadata, &folder.files().files(), copy),
                    None => Ok(metadata),
                });
                let copy = copy.transpose()?;
                Ok(WrittenSnapshot { size, copy })
            });
            // If nobody listens any more, nobody will ever be told of it.
            let told = written.send(Written { checkpoint, result });
            if told.is_err() {
                folder.discard();
            }
        };
        let thread = std::thread::Builder::new().name(format!("savepoint-{checkpoint}"));
        let spawned = thread.spawn(write).map(drop);
        spawned.map_err(|error| {
            StateError::storage("cannot start the thread of a savepoint").with_source(error)
        })
    }

    /// The request, to be answered, if it was not before.
    pub(super) fn answer(&mut self, request: RequestId) -> Option<Asked> {
        self.begun.retain(|_, begun| begun.request != request);
        self.asked.remove(&request)
    }
}

fn prepare(settings: &JobSettings, target: Option<&Location>) -> Result<SavepointFolder> {
    let target = match target {
        Some(target) => Some(target),
        None => settings.savepoint_dir()?,
    };
    let Some(target) = target else {
        return Err(StateError::misuse(
            "no directory is given for the savepoint, and there is no default one \
             ('execution.checkpointing.savepoint-dir')",
        ));
    };
    let random = random_bytes()?.iter().fold(0, |number: u64, byte| {
        number.rotate_left(8) ^ u64::from(*byte)
    });
    SavepointFolder::prepare(target, &settings.storage, settings.job_id(), random)
}
