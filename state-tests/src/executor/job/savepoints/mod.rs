//! The savepoints of one run: where they go and who waits for them.

mod work;

use super::patience::Patience;
use super::request::{Reply, SavepointRequest, Then};
use super::stored::Stored;
use super::{CheckpointStats, JobSettings};
use crate::executor::task::TaskId;
use alluvium::checkpoint::storage::Location;
use alluvium::checkpoint::{
    CheckpointKind, CheckpointMetadata, GivenIds, RequestId, RequestKind, SavepointFolder,
    SnapshotFolder,
};
use alluvium::config::options;
use alluvium::{Result, StateBackend, StateError};
use crossbeam_channel::Sender;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use work::{Target, Work, Writing};

/// A request under way.
pub(super) enum Asked {
    /// A source has asked, and waits until it `has_begun`.
    BySource { task: TaskId, has_begun: bool },
    Checkpoint {
        full: bool,
        reply: Reply<CheckpointStats>,
    },
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
    /// How many there may be that have not come to their end, those that wait included.
    most: u32,
    /// The one whose folder is being made.
    preparing: Option<(Then, Reply<Location>)>,
    work: Work,
    given: Option<GivenIds>,
}

impl Savepoints {
    /// What is done is told through `tell`; no more than `most` are unfinished at a time. Their ids
    /// are noted in `given`, where another process might give them again.
    pub(super) fn new(tell: Sender<Stored>, most: u32, given: Option<GivenIds>) -> Self {
        Self {
            asked: BTreeMap::new(),
            next: 0,
            begun: BTreeMap::new(),
            waiting: VecDeque::new(),
            most,
            preparing: None,
            work: Work::new(tell),
            given,
        }
    }

    /// Takes in a request; its number.
    pub(super) fn ask(&mut self, asked: Asked) -> RequestId {
        self.next += 1;
        let request = RequestId(self.next);
        self.asked.insert(request, asked);
        request
    }

    /// Whether what was asked for is to build on nothing.
    pub(super) fn wants_full(&self, request: RequestId) -> bool {
        matches!(
            self.asked.get(&request),
            Some(Asked::Checkpoint { full: true, .. })
        )
    }

    /// Takes in a request for a savepoint, which waits if one is under way.
    pub(super) fn wait_for_savepoint(&mut self, request: SavepointRequest) {
        let unfinished = self.waiting.len() as u64 + u64::from(self.is_under_way());
        let most = u64::from(self.most);
        if unfinished < most {
            self.waiting.push_back(request);
            return;
        }
        let option = options::MAX_CONCURRENT_SAVEPOINTS.key();
        let what = "the number of savepoints of the job that were asked for and are not finished";
        let error = StateError::limit(what, unfinished + 1, most, option);
        request.reply.send(Err(error));
    }

    /// Turns down all that have not begun.
    pub(super) fn refuse_waiting(&mut self) {
        let waiting = std::mem::take(&mut self.waiting).into_iter();
        let waiting = waiting.map(|request| request.reply);
        let preparing = self.preparing.take().map(|(_, reply)| reply);
        for reply in waiting.chain(preparing) {
            let error = StateError::cancelled("no savepoint was begun: the job is not running");
            reply.send(Err(error));
        }
    }

    /// Whether none is under way, and none waits.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && !self.is_under_way()
    }

    fn is_under_way(&self) -> bool {
        let mut asked = self.asked.values();
        self.preparing.is_some() || asked.any(|asked| matches!(asked, Asked::Savepoint { .. }))
    }

    /// Has a folder made for the next that waits, unless one is under way; one that cannot have
    /// any is answered.
    pub(super) fn prepare_next(&mut self, settings: &JobSettings) {
        while !self.is_under_way()
            && let Some(request) = self.waiting.pop_front()
        {
            let target = Target::new(settings, request.target);
            match target.and_then(|target| self.work.prepare(target)) {
                Ok(()) => self.preparing = Some((request.then, request.reply)),
                Err(error) => request.reply.send(Err(error)),
            }
        }
    }

    /// Takes in the folder of the one that is being prepared, which may begin; or it is answered.
    pub(super) fn prepared(
        &mut self,
        folder: Result<Arc<SavepointFolder>>,
    ) -> Option<(RequestId, RequestKind)> {
        let (then, reply) = self.preparing.take()?;
        let folder = match folder {
            Ok(folder) => folder,
            Err(error) => {
                reply.send(Err(error));
                return None;
            }
        };
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

    /// The checkpoint that `request` wants goes through the tasks.
    pub(super) fn started(&mut self, request: RequestId) {
        if let Some(Asked::BySource { has_begun, .. }) = self.asked.get_mut(&request) {
            *has_begun = true;
        }
    }

    /// The savepoint that `request` wants has begun.
    pub(super) fn began(&mut self, checkpoint: u64, request: RequestId) {
        let copy = None;
        self.begun.insert(checkpoint, Begun { request, copy });
    }

    /// Its copy goes to `folder`.
    pub(super) fn copy_to(&mut self, checkpoint: u64, folder: Option<Arc<SnapshotFolder>>) {
        if let Some(begun) = self.begun.get_mut(&checkpoint) {
            begun.copy = folder;
        }
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

    /// Has a savepoint written, and for one that the job stops with its copy for the log.
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
        self.work.write(Writing {
            metadata,
            folder,
            limits: settings.backend.snapshot_limits(),
            is_stop: kind.is_stop(),
            copy,
            given: self.given.clone(),
        })
    }

    /// Answers for a savepoint that has failed, once nothing is left of it.
    pub(super) fn fail(
        &self,
        folder: Arc<SavepointFolder>,
        error: StateError,
        reply: Reply<Location>,
    ) {
        self.work.remove(folder, error, reply);
    }

    /// Waits until nothing is left of those that have failed; one that is still under way has, too.
    pub(super) fn close(self, patience: &mut Patience) {
        for asked in self.asked.into_values() {
            if let Asked::Savepoint { folder, reply, .. } = asked {
                let error = StateError::cancelled("the job has ended before its savepoint stood");
                self.work.remove(folder, error, reply);
            }
        }
        self.work.close(patience);
    }

    /// The request, to be answered, if it was not before.
    pub(super) fn answer(&mut self, request: RequestId) -> Option<Asked> {
        self.begun.retain(|_, begun| begun.request != request);
        self.asked.remove(&request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alluvium::ErrorKind;
    use crossbeam_channel::unbounded;

    #[test]
    fn savepoints_wait_up_to_the_limit_that_is_set() {
        let mut savepoints = Savepoints::new(unbounded().0, 2, None);
        let (_running, ended) = unbounded();
        let mut ask = || {
            let (reply, pending) = Reply::new(ended.clone());
            savepoints.wait_for_savepoint(SavepointRequest {
                then: Then::GoOn,
                target: None,
                reply,
            });
            pending
        };
        let waiting = [ask(), ask()];
        let error = ask().poll().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
        let option = "execution.checkpointing.max-concurrent-savepoints";
        assert!(error.to_string().contains(option), "{error}");
        assert!(waiting.iter().all(|one| one.poll().is_none()));
        // The one under way counts, too.
        let first = savepoints.waiting.pop_front().unwrap();
        savepoints.preparing = Some((first.then, first.reply));
        let (reply, refused) = Reply::new(ended.clone());
        savepoints.wait_for_savepoint(SavepointRequest {
            then: Then::GoOn,
            target: None,
            reply,
        });
        assert!(refused.poll().unwrap().is_err());
    }
}
