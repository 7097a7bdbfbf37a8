//! The final checkpoint.

use super::rig::{Rig, millis, periodic};
use crate::coordinator::{CheckpointOptions, Phase, RequestKind};

const NOTHING: [&str; 0] = [];

#[test]
fn when_all_have_finished_one_more_checkpoint_covers_it() {
    let mut rig = Rig::new(periodic().with_min_pause(millis(5000)));
    rig.tick(1000);
    rig.complete(1);
    assert_eq!(rig.finished(1), NOTHING);
    assert_eq!(rig.finished(1), NOTHING);
    rig.tick(100);
    assert_eq!(rig.finished(2), ["start 2 Final at 1100 ms"]);
    assert_eq!(rig.tick(9000), NOTHING, "nothing periodic after the end");
    assert_eq!(
        rig.complete(2),
        ["notify 2", "retire [1]", "finish Some(2)"]
    );
    assert_eq!(rig.machine.phase(), Phase::Finished);
    assert_eq!(rig.machine.next_deadline(), None);
    assert_eq!(rig.tick(9000), NOTHING);
    assert_eq!(
        rig.request(1, RequestKind::Savepoint),
        ["reply 1: refused: the job is not running"]
    );
}

#[test]
fn a_checkpoint_under_way_does_not_count_as_the_final_one() {
    let mut rig = Rig::new(periodic());
    rig.tick(1000);
    rig.ack(1, 1);
    rig.finished(1);
    assert_eq!(rig.finished(2), NOTHING, "it waits for its place");
    assert_eq!(rig.ack(1, 2), ["complete 1 [1/1 1/2]"]);
    assert_eq!(rig.published(1), ["notify 1", "start 2 Final at 1000 ms"]);
}

#[test]
fn some_tasks_finished_does_not_end_periodic_checkpoints() {
    let mut rig = Rig::new(periodic());
    rig.finished(1);
    assert_eq!(rig.tick(1000), ["start 1 Periodic at 1000 ms"]);
    assert_eq!(rig.complete(1), ["notify 1"]);
}

#[test]
fn a_final_checkpoint_that_fails_is_taken_again_an_interval_later() {
    let mut rig = Rig::new(periodic().with_tolerable_failed(1));
    rig.finished(1);
    rig.finished(2);
    rig.now = 10;
    assert_eq!(rig.decline(1, 1).len(), 1);
    assert_eq!(rig.machine.next_deadline().unwrap().as_millis(), 1000);
    assert_eq!(rig.tick(989), NOTHING);
    assert_eq!(rig.tick(1), ["start 2 Final at 1000 ms"]);
    assert_eq!(rig.complete(2), ["notify 2", "finish Some(2)"]);
}

#[test]
fn without_checkpoints_the_job_just_finishes() {
    let mut rig = Rig::new(CheckpointOptions::default());
    rig.request(1, RequestKind::Checkpoint);
    rig.finished(1);
    assert_eq!(rig.finished(2), NOTHING, "somebody waits for a checkpoint");
    assert_eq!(
        rig.complete(1),
        ["notify 1", "reply 1: completed 1", "finish None"]
    );
}

#[test]
fn the_job_does_not_finish_under_a_savepoint() {
    let mut rig = Rig::new(periodic());
    rig.request(1, RequestKind::Savepoint);
    rig.finished(1);
    rig.finished(2);
    assert_eq!(rig.complete(2), ["notify 2"]);
    assert_eq!(rig.request(2, RequestKind::Checkpoint).len(), 1, "refused");
    assert_eq!(rig.complete(1), ["reply 1: completed 1", "finish Some(2)"]);
}

#[test]
fn a_task_that_fails_after_the_end_takes_the_job_back() {
    let mut rig = Rig::new(periodic());
    rig.finished(1);
    rig.finished(2);
    rig.ack(1, 1);
    rig.ack(1, 2);
    rig.task_failed(1);
    assert_eq!(rig.published(1), NOTHING);
    rig.restarted();
    assert_eq!(rig.machine.latest_completed(), Some(1));
    rig.finished(2);
    assert_eq!(
        rig.finished(1),
        ["start 2 Final at 0 ms"],
        "of the new attempt"
    );
}

#[test]
fn requests_that_wait_at_the_end_are_bounded_and_refused() {
    let mut rig = Rig::new(
        periodic()
            .with_max_queued_requests(1)
            .with_max_concurrent(3),
    );
    rig.finished(1);
    rig.finished(2);
    assert_eq!(rig.request(1, RequestKind::Checkpoint), NOTHING);
    assert_eq!(rig.request(2, RequestKind::Checkpoint).len(), 1, "refused");
    assert_eq!(
        rig.complete(1),
        [
            "notify 1",
            "reply 1: refused: the job is not running",
            "finish Some(1)"
        ]
    );
}

#[test]
fn each_attempt_needs_a_final_checkpoint_of_its_own() {
    let mut rig = Rig::new(periodic());
    rig.request(1, RequestKind::Savepoint);
    rig.finished(1);
    rig.finished(2);
    rig.complete(2);
    rig.task_failed(1);
    rig.restarted();
    rig.finished(1);
    assert_eq!(rig.finished(2), ["start 3 Final at 0 ms"]);
}
