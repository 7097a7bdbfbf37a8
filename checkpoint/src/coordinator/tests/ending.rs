//! Ending a job with a savepoint.

use super::rig::{Rig, periodic};
use crate::coordinator::RequestKind::{Cancel, Checkpoint, Savepoint, Stop};
use crate::coordinator::{CheckpointOptions, Event, Phase, StoreOutcome};

const NOTHING: [&str; 0] = [];
const SUSPEND: crate::coordinator::RequestKind = Stop { drain: false };

#[test]
fn a_job_stops_with_a_savepoint_that_is_committed() {
    for (drain, request) in [(false, SUSPEND), (true, Stop { drain: true })] {
        let mut rig = Rig::new(periodic());
        rig.tick(1000);
        rig.complete(1);
        assert_eq!(
            rig.request(7, request),
            [format!("start 2 Stop {{ drain: {drain} }} at 1000 ms")]
        );
        assert_eq!(rig.machine.next_deadline().unwrap().as_millis(), 601_000);
        assert_eq!(rig.tick(5000), NOTHING, "nothing begins behind it");
        assert_eq!(
            rig.complete(2),
            [
                "notify 2",
                "retire [1]",
                "reply 7: completed 2",
                "stop job with 2"
            ]
        );
        assert_eq!(rig.machine.phase(), Phase::Stopped);
        assert_eq!(rig.machine.retained(), [2]);
        assert_eq!(rig.machine.next_deadline(), None);
        assert_eq!(rig.tick(5000), NOTHING);
        assert_eq!(
            rig.request(8, Savepoint),
            ["reply 8: refused: the job is not running"]
        );
    }
}

#[test]
fn a_job_is_cancelled_with_a_savepoint_that_is_not_committed() {
    let mut rig = Rig::new(periodic());
    assert_eq!(rig.request(7, Cancel), ["start 1 Cancel at 0 ms"]);
    assert_eq!(rig.tick(5000), NOTHING);
    assert_eq!(
        rig.complete(1),
        ["reply 7: completed 1", "cancel job with 1"]
    );
    assert_eq!(rig.machine.retained(), [0; 0]);
    assert_eq!(rig.machine.phase(), Phase::Stopped);
}

#[test]
fn nothing_else_begins_while_a_job_ends() {
    for ending in [SUSPEND, Cancel] {
        let mut rig = Rig::new(CheckpointOptions::default());
        rig.request(1, ending);
        for (request, kind) in [(2, Savepoint), (3, Checkpoint), (4, SUSPEND), (5, Cancel)] {
            assert_eq!(
                rig.request(request, kind),
                [format!(
                    "reply {request}: refused: the job is being stopped with savepoint 1"
                )]
            );
        }
        assert_eq!(rig.request(1, ending), NOTHING, "it is being served");
    }
}

#[test]
fn what_began_before_may_end_before() {
    let mut rig = Rig::new(periodic().with_max_concurrent(2));
    rig.tick(1000);
    rig.request(1, Savepoint);
    rig.request(2, SUSPEND);
    assert_eq!(rig.complete(1), ["notify 1"]);
    rig.ack(2, 1);
    assert_eq!(
        rig.complete(3),
        [
            "notify 3",
            "retire [1]",
            "reply 2: completed 3",
            "aborted 2 (latest 3): the job was stopped",
            "discard 2 [2/1]",
            "reply 1: aborted 2: the job was stopped",
            "stop job with 3"
        ]
    );
}

#[test]
fn an_older_checkpoint_is_subsumed_by_the_savepoint_that_the_job_stops_with() {
    let mut rig = Rig::new(periodic());
    rig.tick(1000);
    rig.request(2, SUSPEND);
    assert_eq!(
        rig.complete(2)[..2],
        [
            "notify 2",
            "aborted 1 (latest 2): checkpoint 2 was complete first"
        ]
    );
}

#[test]
fn j19_n10_a_stop_that_fails_fails_the_job_over_and_checkpoints_resume() {
    let mut rig = Rig::new(periodic().with_tolerable_failed(5));
    rig.request(1, SUSPEND);
    assert_eq!(
        rig.decline(1, 2),
        [
            "aborted 1 (latest none): task 2 failed to take part: disk full",
            "reply 1: aborted 1: task 2 failed to take part: disk full",
            "fail job: the job could not be stopped with savepoint 1: task 2 failed to take part: \
             disk full"
        ]
    );
    rig.restarted();
    assert_eq!(rig.tick(1000), ["start 2 Periodic at 1000 ms"]);

    for outcome in [StoreOutcome::NotPublished, StoreOutcome::Unknown] {
        let mut rig = Rig::new(periodic());
        rig.request(1, SUSPEND);
        rig.ack(1, 1);
        rig.ack(1, 2);
        let log = rig.store_failed(1, outcome);
        assert!(log.contains(&"reply 1: aborted 1: cannot be stored: no space left".to_owned()));
        assert!(log.last().unwrap().starts_with("fail job: "), "{log:?}");
        rig.restarted();
        assert_eq!(rig.tick(1000), ["start 2 Periodic at 1000 ms"]);
    }

    let mut rig = Rig::new(periodic());
    rig.request(1, SUSPEND);
    let log = rig.tick(600_000);
    assert!(log.last().unwrap().contains("timed out with 2 tasks"));
    assert_eq!(rig.machine.phase(), Phase::Failed);
}

#[test]
fn a_stop_that_has_not_reached_the_sources_leaves_the_job_running() {
    let mut rig = Rig::new(periodic());
    rig.request(1, SUSPEND);
    assert_eq!(rig.event(Event::StartDelayed { checkpoint: 1 }), NOTHING);
    let why = "timed out before its barriers were sent: the store had not noted it yet";
    assert_eq!(
        rig.tick(600_000),
        [
            format!("aborted 1 (latest none): {why}"),
            format!("reply 1: aborted 1: {why}"),
            "start 2 Periodic at 600000 ms".to_owned(),
        ]
    );

    let mut rig = Rig::new(periodic());
    rig.request(1, SUSPEND);
    let log = rig.store_failed(1, StoreOutcome::NotPublished);
    assert_eq!(log.len(), 2, "{log:?}");
    assert_eq!(rig.machine.phase(), Phase::Running);

    for has_started in [true, false] {
        let mut rig = Rig::new(periodic());
        rig.request(1, SUSPEND);
        rig.event(Event::StartDelayed { checkpoint: 1 });
        if has_started {
            rig.event(Event::Started { checkpoint: 1 });
        } else {
            // Nobody acknowledges what it has not seen.
            rig.ack(1, 1);
        }
        let log = rig.tick(600_000);
        assert!(log.last().unwrap().starts_with("fail job: "), "{log:?}");
    }
}

#[test]
fn n10_a_task_that_fails_ends_the_stop_with_it() {
    let mut rig = Rig::new(periodic());
    rig.request(1, SUSPEND);
    rig.ack(1, 1);
    assert_eq!(
        rig.task_failed(2),
        [
            "aborted 1 (latest none): the job failed",
            "discard 1 [1/1]",
            "reply 1: aborted 1: the job failed",
            "fail job: task 2 failed: division by zero"
        ]
    );
    rig.restarted();
    assert_eq!(rig.tick(1000), ["start 2 Periodic at 1000 ms"]);
}

#[test]
fn a_cancellation_whose_savepoint_fails_lets_the_job_go_on() {
    let mut rig = Rig::new(periodic());
    rig.tick(500);
    rig.request(1, Cancel);
    rig.tick(1000);
    assert_eq!(
        rig.decline(1, 2),
        [
            "aborted 1 (latest none): task 2 failed to take part: disk full",
            "reply 1: aborted 1: task 2 failed to take part: disk full",
            "start 2 Periodic at 1500 ms"
        ]
    );
    assert_eq!(rig.machine.phase(), Phase::Running);
    assert_eq!(rig.machine.failed_in_a_row(), 0);
}

#[test]
fn requests_that_wait_go_on_after_a_failed_cancellation_and_are_refused_after_a_stop() {
    let mut rig = Rig::new(periodic());
    rig.tick(1000);
    rig.request(1, Checkpoint);
    rig.request(2, Cancel);
    rig.complete(1);
    assert_eq!(
        rig.decline(2, 1).last().unwrap(),
        "start 3 Requested at 1000 ms"
    );

    let mut rig = Rig::new(periodic());
    rig.tick(1000);
    rig.request(1, Checkpoint);
    rig.request(2, SUSPEND);
    let log = rig.complete(2);
    assert!(
        log.contains(&"reply 1: refused: the job is not running".to_owned()),
        "{log:?}"
    );
}

#[test]
fn there_is_nothing_to_stop_once_the_input_has_ended() {
    let mut rig = Rig::new(periodic());
    rig.finished(1);
    rig.finished(2);
    for (request, kind) in [(1, SUSPEND), (2, Cancel)] {
        assert_eq!(
            rig.request(request, kind),
            [format!(
                "reply {request}: refused: the input of the job has ended: it is about to finish"
            )]
        );
    }
}

#[test]
fn input_that_ends_meanwhile_waits_for_the_stop() {
    let mut rig = Rig::new(periodic());
    rig.request(1, SUSPEND);
    rig.finished(1);
    assert_eq!(rig.finished(2), NOTHING, "no final checkpoint");
    assert_eq!(
        rig.complete(1),
        ["notify 1", "reply 1: completed 1", "stop job with 1"]
    );
    let mut rig = Rig::new(periodic());
    rig.request(1, Cancel);
    rig.finished(1);
    rig.finished(2);
    assert_eq!(
        rig.decline(1, 1).last().unwrap(),
        "start 2 Final at 0 ms",
        "the job finishes as it would have"
    );
}
