//! Random schedules, and what must hold in each.

use std::collections::{BTreeMap, BTreeSet};

use alluvium_state_api::StateError;
use proptest::prelude::*;

use crate::coordinator::{
    Action, CheckpointKind, CheckpointOptions, Coordinator, DeclineReason, Event, FailureCause,
    JobStart, Phase, RequestId, RequestKind, RequestOutcome, StoreOutcome, Timestamp,
};

type Handle = (u64, u8);

/// What became of a handle that a task has delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Held,
    Discarded,
    Complete,
    /// Of a checkpoint that may or may not be published.
    Left,
}

#[derive(Debug)]
struct Begun {
    kind: CheckpointKind,
    end: Option<&'static str>,
    handed_over: bool,
    notified: bool,
    delayed: bool,
}

/// The world around the machine: does what it says and checks every step.
struct World {
    machine: Coordinator<u8, Handle>,
    options: CheckpointOptions,
    tasks: Vec<u8>,
    now: u64,
    last_timestamp: u64,
    begun: BTreeMap<u64, Begun>,
    handles: BTreeMap<Handle, Fate>,
    /// Handed over and not answered.
    publishing: BTreeSet<u64>,
    stored: BTreeSet<u64>,
    requests: BTreeMap<u64, bool>,
    in_a_row: u32,
    /// The savepoint that the job has ended with.
    ended_with: Option<u64>,
}

impl World {
    fn new(options: CheckpointOptions, tasks: u8) -> Self {
        let tasks: Vec<u8> = (0..tasks).collect();
        let start = JobStart::new(tasks.clone(), [], 1).unwrap();
        let machine = Coordinator::new(options.clone(), start, Timestamp::default()).unwrap();
        Self {
            machine,
            options,
            tasks,
            now: 0,
            last_timestamp: 0,
            begun: BTreeMap::new(),
            handles: BTreeMap::new(),
            publishing: BTreeSet::new(),
            stored: BTreeSet::new(),
            requests: BTreeMap::new(),
            in_a_row: 0,
            ended_with: None,
        }
    }

    fn event(&mut self, event: Event<u8, Handle>) {
        let phase = self.machine.phase();
        let actions = self.machine.handle(Timestamp::from_millis(self.now), event);
        let mut failed = 0;
        for action in actions {
            match action {
                Action::FailJob { cause } => {
                    if let FailureCause::Stop { savepoint, .. } = cause {
                        assert!(!self.begun[&savepoint].delayed, "no source has stopped");
                    }
                    assert_eq!(phase, Phase::Running);
                    failed += 1;
                }
                Action::FinishJob { .. } => {
                    assert_eq!(self.machine.phase(), Phase::Finished);
                    assert!(self.publishing.is_empty());
                }
                other => self.carry_out(other),
            }
        }
        assert!(failed <= 1);
        if failed == 1 {
            assert_eq!(self.machine.phase(), Phase::Failed);
            self.in_a_row = 0;
        }
        self.check_bounds();
    }

    fn carry_out(&mut self, action: Action<u8, Handle>) {
        match action {
            Action::StartCheckpoint {
                checkpoint,
                kind,
                timestamp,
                tasks,
                ..
            } => self.on_start(checkpoint, kind, timestamp.as_millis(), &tasks),
            Action::Complete {
                checkpoint,
                handles,
                ..
            } => self.on_complete(checkpoint, &handles),
            Action::NotifyComplete { checkpoint } => {
                assert!(
                    self.stored.contains(&checkpoint),
                    "{checkpoint} is not published"
                );
                let begun = self.begun.get_mut(&checkpoint).unwrap();
                assert!(!begun.notified, "{checkpoint} is notified twice");
                begun.notified = true;
            }
            Action::NotifyAborted {
                checkpoint,
                latest_completed,
                reason,
            } => {
                self.end(checkpoint, "aborted");
                assert_eq!(latest_completed, self.latest_stored());
                if reason.is_counted() && self.begun[&checkpoint].kind.is_of_the_job() {
                    self.in_a_row += 1;
                    assert!(self.in_a_row <= self.options.tolerable_failed + 1);
                }
            }
            Action::Discard { handles, .. } => {
                for (_, handle) in handles {
                    self.settle(handle, Fate::Discarded);
                }
            }
            Action::Retire { checkpoints } => {
                for checkpoint in checkpoints {
                    assert!(self.stored.remove(&checkpoint), "{checkpoint} is not kept");
                    assert!(self.stored.iter().all(|&kept| kept > checkpoint));
                }
                assert_eq!(self.stored.len(), self.options.num_retained as usize);
            }
            Action::Reply { request, outcome } => self.on_reply(request, &outcome),
            Action::StopJob { savepoint } => {
                assert!(self.begun[&savepoint].kind.is_stop());
                assert!(self.begun[&savepoint].notified);
                self.end_with(savepoint);
            }
            Action::CancelJob { savepoint } => {
                assert_eq!(self.begun[&savepoint].kind, CheckpointKind::Cancel);
                self.end_with(savepoint);
            }
            Action::FailJob { .. } | Action::FinishJob { .. } => {
                unreachable!("the loop that hands actions out carries these two out itself")
            }
        }
    }

    fn end_with(&mut self, savepoint: u64) {
        assert_eq!(self.machine.phase(), Phase::Stopped);
        assert_eq!(self.begun[&savepoint].end, Some("published"));
        assert_eq!(self.ended_with.replace(savepoint), None);
    }

    /// The newest complete checkpoint, as this world knows it.
    fn latest_stored(&self) -> Option<u64> {
        self.stored.last().copied()
    }

    fn on_start(&mut self, id: u64, kind: CheckpointKind, timestamp: u64, tasks: &[u8]) {
        assert!(
            self.begun.keys().all(|&before| before < id),
            "{id} is not new"
        );
        assert!(timestamp >= self.last_timestamp);
        assert_eq!(self.ended_with, None, "{id} begins after the end");
        let ending = |begun: &&Begun| begun.kind.is_savepoint() && begun.kind.ends_job();
        let mut open = self.begun.values().filter(|begun| begun.end.is_none());
        assert!(
            !open.any(|begun| ending(&begun)),
            "{id} begins behind the last"
        );
        assert_eq!(tasks, self.tasks);
        self.last_timestamp = timestamp;
        let begun = Begun {
            kind,
            end: None,
            handed_over: false,
            notified: false,
            delayed: false,
        };
        self.begun.insert(id, begun);
    }

    fn on_complete(&mut self, checkpoint: u64, handles: &[(u8, Handle)]) {
        let expected: Vec<_> = self.tasks.iter().map(|&t| (t, (checkpoint, t))).collect();
        assert_eq!(handles, expected);
        let begun = self.begun.get_mut(&checkpoint).unwrap();
        assert!(!begun.handed_over, "{checkpoint} completes twice");
        assert_eq!(begun.end, None);
        begun.handed_over = true;
        if begun.kind.is_recorded() {
            let busy = self
                .publishing
                .iter()
                .any(|id| self.begun[id].kind.is_recorded());
            assert!(!busy, "two publications at a time");
        }
        self.publishing.insert(checkpoint);
    }

    fn on_reply(&mut self, request: RequestId, outcome: &RequestOutcome<u8>) {
        let answered = self.requests.get_mut(&request.0).unwrap();
        assert!(!*answered, "{request:?} is answered twice");
        *answered = true;
        if let RequestOutcome::Completed(checkpoint) = outcome {
            assert_eq!(self.begun[checkpoint].end, Some("published"));
        }
    }

    fn end(&mut self, checkpoint: u64, how: &'static str) {
        let begun = self.begun.get_mut(&checkpoint).unwrap();
        assert!(
            begun.end.is_none_or(|end| end == how),
            "{checkpoint}: {begun:?}"
        );
        begun.end = Some(how);
    }

    fn settle(&mut self, handle: Handle, fate: Fate) {
        let before = self.handles.insert(handle, fate);
        assert_eq!(before, Some(Fate::Held), "{handle:?} -> {fate:?}");
    }

    fn check_bounds(&self) {
        let mut job = 0;
        let mut savepoints = 0;
        let mut ending = 0;
        for id in self.machine.pending() {
            match self.begun[&id].kind {
                CheckpointKind::Savepoint => savepoints += 1,
                kind if kind.is_of_the_job() => job += 1,
                _ => ending += 1,
            }
        }
        assert!(ending <= 1);
        assert!(job <= self.options.max_concurrent as usize);
        assert!(savepoints <= self.options.max_concurrent_savepoints as usize);
        let now = Timestamp::from_millis(self.now);
        assert!(self.machine.next_deadline().is_none_or(|due| due > now));
        assert!(self.machine.retained().iter().eq(self.stored.iter()));
    }

    fn acknowledge(&mut self, checkpoint: u64, task: u8) {
        let handle = (checkpoint, task);
        if self.begun.contains_key(&checkpoint) {
            self.handles.entry(handle).or_insert(Fate::Held);
            self.begun
                .entry(checkpoint)
                .and_modify(|begun| begun.delayed = false);
        }
        self.event(Event::Acknowledged {
            checkpoint,
            task,
            handle,
        });
    }

    /// The barriers of `checkpoint` wait, or do so no more.
    fn delay(&mut self, checkpoint: u64, delayed: bool) {
        // What expires at this moment does so before.
        self.event(Event::Tick);
        if let Some(begun) = self.begun.get_mut(&checkpoint) {
            begun.delayed = delayed;
        }
        self.event(if delayed {
            Event::StartDelayed { checkpoint }
        } else {
            Event::Started { checkpoint }
        });
    }

    /// The store answers for `checkpoint`.
    fn answer(&mut self, checkpoint: u64, answer: u16) {
        // What expires at this moment does so before the answer; this world would mix them up.
        self.event(Event::Tick);
        if !self.publishing.remove(&checkpoint) {
            return;
        }
        let unknown = answer.is_multiple_of(8);
        if answer.is_multiple_of(4) {
            let outcome = if unknown {
                self.fate_of_all(checkpoint, Fate::Left);
                self.end(checkpoint, "unknown");
                StoreOutcome::Unknown
            } else {
                // Of a run that is over nobody is told any more.
                if self.machine.phase() != Phase::Running {
                    self.end(checkpoint, "aborted");
                }
                StoreOutcome::NotPublished
            };
            let error = StateError::storage("no");
            self.event(Event::StoreFailed {
                checkpoint,
                error,
                outcome,
            });
        } else {
            self.fate_of_all(checkpoint, Fate::Complete);
            self.end(checkpoint, "published");
            self.in_a_row = 0;
            if self.begun[&checkpoint].kind.is_recorded() {
                self.stored.insert(checkpoint);
            }
            self.event(Event::Published { checkpoint });
        }
    }

    fn fate_of_all(&mut self, checkpoint: u64, fate: Fate) {
        for task in self.tasks.clone() {
            self.settle((checkpoint, task), fate);
        }
    }

    fn restart(&mut self) {
        for checkpoint in self.publishing.clone() {
            self.answer(checkpoint, 1);
        }
        let retained = self.machine.retained().to_vec();
        let next = self.machine.next_checkpoint();
        let start = JobStart::new(self.tasks.clone(), retained, next).unwrap();
        self.event(Event::Restarted(start));
    }

    fn step(&mut self, (what, which, task): (u8, u16, u8), wait: u16) {
        self.now += u64::from(wait);
        let task = task % self.tasks.len() as u8;
        // One of the last few checkpoints: those long ended are forgotten.
        let checkpoint = self
            .machine
            .next_checkpoint()
            .saturating_sub(u64::from(which % 6));
        match what {
            0..=5 => self.event(Event::Tick),
            6..=9 => self.delay(checkpoint, task == 0),
            10..=54 => self.acknowledge(checkpoint, task),
            55..=74 => {
                if let Some(&first) = self.publishing.first() {
                    self.answer(first, which);
                }
            }
            75..=79 => self.event(Event::Declined {
                checkpoint,
                task,
                reason: DeclineReason::failed(StateError::storage("no")),
            }),
            80 => self.event(Event::TaskFailed {
                task,
                error: StateError::misuse("no"),
            }),
            81..=82 => self.event(Event::TaskFinished { task }),
            83..=88 => {
                let request = self.requests.len() as u64;
                self.requests.insert(request, false);
                let kind = match which % 24 {
                    0 => RequestKind::Stop { drain: false },
                    1 => RequestKind::Stop { drain: true },
                    2 => RequestKind::Cancel,
                    other if other % 2 == 0 => RequestKind::Savepoint,
                    _ => RequestKind::Checkpoint,
                };
                self.event(Event::Requested {
                    request: RequestId(request),
                    kind,
                });
            }
            _ => {
                if self.machine.phase() == Phase::Failed {
                    self.restart();
                }
            }
        }
    }

    /// After the end everything that was ever delivered or asked is dealt with.
    fn close(mut self) {
        self.event(Event::Stop);
        for checkpoint in self.publishing.clone() {
            self.answer(checkpoint, 1);
        }
        assert_eq!(self.machine.pending().count(), 0);
        assert!(
            self.handles.values().all(|&fate| fate != Fate::Held),
            "{:?}",
            self.handles
        );
        assert!(
            self.requests.values().all(|&answered| answered),
            "{:?}",
            self.requests
        );
    }
}

fn options() -> impl Strategy<Value = CheckpointOptions> {
    let interval = prop::option::of(10_u64..200);
    (
        interval,
        10_u64..500,
        0_u64..100,
        1_u32..4,
        1_u32..4,
        0_u32..4,
        0_u32..3,
    )
        .prop_map(
            |(interval, timeout, pause, concurrent, retained, tolerable, queued)| {
                CheckpointOptions {
                    interval: interval.map(super::rig::millis),
                    // Half of all schedules have no pause, or checkpoints would never overlap.
                    min_pause: super::rig::millis(pause.saturating_sub(50)),
                    ..CheckpointOptions::default()
                        .with_timeout(super::rig::millis(timeout))
                        .with_max_concurrent(concurrent)
                        .with_max_concurrent_savepoints(concurrent)
                        .with_num_retained(retained)
                        .with_tolerable_failed(tolerable)
                        .with_max_queued_requests(queued)
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_schedule_keeps_the_protocol(
        options in options(),
        tasks in 1_u8..4,
        steps in prop::collection::vec(((0_u8..92, any::<u16>(), any::<u8>()), 0_u16..60), 1..250),
    ) {
        let mut world = World::new(options, tasks);
        for (step, wait) in steps {
            world.step(step, wait);
        }
        world.close();
    }
}
