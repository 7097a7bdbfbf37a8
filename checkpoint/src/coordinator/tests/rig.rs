//! A coordinator of two tasks with handles that can be told apart, and short names for events.

use std::time::Duration;

use alluvium_state_api::StateError;

use crate::coordinator::{
    Action, CheckpointOptions, Coordinator, DeclineReason, Event, JobStart, RequestId, RequestKind,
    StoreOutcome, Timestamp,
};

pub(super) type Handle = String;
pub(super) type Actions = Vec<Action<u8, Handle>>;

pub(super) const INTERVAL: u64 = 1000;

pub(super) struct Rig {
    pub(super) machine: Coordinator<u8, Handle>,
    pub(super) now: u64,
}

pub(super) fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(super) fn periodic() -> CheckpointOptions {
    CheckpointOptions::every(millis(INTERVAL))
}

/// What a task of a checkpoint acknowledges with.
pub(super) fn handle(checkpoint: u64, task: u8) -> Handle {
    format!("{checkpoint}/{task}")
}

impl Rig {
    pub(super) fn new(options: CheckpointOptions) -> Self {
        let start = JobStart::new([1, 2], [], 1).unwrap();
        let machine = Coordinator::new(options, start, Timestamp::from_millis(0)).unwrap();
        Self { machine, now: 0 }
    }

    pub(super) fn event(&mut self, event: Event<u8, Handle>) -> Vec<String> {
        let actions = self.machine.handle(Timestamp::from_millis(self.now), event);
        told(&actions)
    }

    /// Lets `millis` pass.
    pub(super) fn tick(&mut self, millis: u64) -> Vec<String> {
        self.now += millis;
        self.event(Event::Tick)
    }

    pub(super) fn ack(&mut self, checkpoint: u64, task: u8) -> Vec<String> {
        let handle = handle(checkpoint, task);
        self.event(Event::Acknowledged {
            checkpoint,
            task,
            handle,
        })
    }

    pub(super) fn decline(&mut self, checkpoint: u64, task: u8) -> Vec<String> {
        let reason = DeclineReason::failed(StateError::storage("disk full"));
        self.event(Event::Declined {
            checkpoint,
            task,
            reason,
        })
    }

    pub(super) fn published(&mut self, checkpoint: u64) -> Vec<String> {
        self.event(Event::Published { checkpoint })
    }

    pub(super) fn store_failed(&mut self, checkpoint: u64, outcome: StoreOutcome) -> Vec<String> {
        self.event(Event::StoreFailed {
            checkpoint,
            error: StateError::storage("no space left"),
            outcome,
        })
    }

    pub(super) fn finished(&mut self, task: u8) -> Vec<String> {
        self.event(Event::TaskFinished { task })
    }

    pub(super) fn task_failed(&mut self, task: u8) -> Vec<String> {
        self.event(Event::TaskFailed {
            task,
            error: StateError::misuse("division by zero"),
        })
    }

    pub(super) fn restarted(&mut self) -> Vec<String> {
        let retained = self.machine.retained().to_vec();
        let next = self.machine.next_checkpoint();
        self.event(Event::Restarted(
            JobStart::new([1, 2], retained, next).unwrap(),
        ))
    }

    pub(super) fn request(&mut self, request: u64, kind: RequestKind) -> Vec<String> {
        self.event(Event::Requested {
            request: RequestId(request),
            kind,
        })
    }

    /// Both tasks acknowledge and the store publishes; what the publication led to.
    pub(super) fn complete(&mut self, checkpoint: u64) -> Vec<String> {
        assert_eq!(self.ack(checkpoint, 1), [""; 0]);
        assert_eq!(
            self.ack(checkpoint, 2),
            [format!(
                "complete {checkpoint} [{checkpoint}/1 {checkpoint}/2]"
            )]
        );
        self.published(checkpoint)
    }
}

/// Actions as lines, so that a scenario reads like its log.
fn told(actions: &Actions) -> Vec<String> {
    actions.iter().map(line).collect()
}

fn line(action: &Action<u8, Handle>) -> String {
    let names = |handles: &[(u8, Handle)]| {
        let names: Vec<&str> = handles.iter().map(|(_, name)| name.as_str()).collect();
        names.join(" ")
    };
    match action {
        Action::StartCheckpoint {
            checkpoint,
            kind,
            timestamp,
            tasks,
            ..
        } => {
            assert_eq!(tasks, &[1, 2]);
            format!("start {checkpoint} {kind:?} at {timestamp}")
        }
        Action::Complete {
            checkpoint,
            handles,
            ..
        } => format!("complete {checkpoint} [{}]", names(handles)),
        Action::NotifyComplete { checkpoint } => format!("notify {checkpoint}"),
        Action::NotifyAborted {
            checkpoint,
            latest_completed,
            reason,
        } => {
            let latest = latest_completed.map_or("none".to_owned(), |id| id.to_string());
            format!("aborted {checkpoint} (latest {latest}): {reason}")
        }
        Action::Discard {
            checkpoint,
            handles,
        } => format!("discard {checkpoint} [{}]", names(handles)),
        Action::Retire { checkpoints } => format!("retire {checkpoints:?}"),
        Action::Reply { request, outcome } => {
            use crate::coordinator::RequestOutcome::{Aborted, Completed, Refused};
            match outcome {
                Completed(id) => format!("reply {}: completed {id}", request.0),
                Aborted(id, reason) => format!("reply {}: aborted {id}: {reason}", request.0),
                Refused(why) => format!("reply {}: refused: {why}", request.0),
            }
        }
        Action::FailJob { cause } => format!("fail job: {cause}"),
        Action::FinishJob { final_checkpoint } => format!("finish {final_checkpoint:?}"),
        Action::StopJob { savepoint } => format!("stop job with {savepoint}"),
        Action::CancelJob { savepoint } => format!("cancel job with {savepoint}"),
    }
}
