//! Checkpoints and savepoints on request.

use super::rig::{Rig, millis, periodic};
use crate::coordinator::RequestKind::{Checkpoint, Savepoint};
use crate::coordinator::{CheckpointOptions, Event, StoreOutcome};

const NOTHING: [&str; 0] = [];

#[test]
fn a_requested_checkpoint_needs_no_interval_and_ignores_the_pause() {
    let options = CheckpointOptions::default().with_min_pause(millis(10_000));
    let mut rig = Rig::new(options);
    assert_eq!(rig.request(7, Checkpoint), ["start 1 Requested at 0 ms"]);
    assert_eq!(rig.complete(1), ["notify 1", "reply 7: completed 1"]);
    assert_eq!(rig.request(8, Checkpoint), ["start 2 Requested at 0 ms"]);
    assert_eq!(rig.request(8, Checkpoint), NOTHING, "it is being served");
}

#[test]
fn k06_k08_requests_wait_for_a_place_and_go_before_the_interval() {
    let mut rig = Rig::new(periodic());
    rig.tick(1000);
    assert_eq!(rig.request(1, Checkpoint), NOTHING);
    assert_eq!(rig.request(2, Checkpoint), NOTHING);
    assert_eq!(rig.request(1, Checkpoint), NOTHING, "it waits already");
    rig.tick(1000);
    assert_eq!(
        rig.complete(1),
        ["notify 1", "start 2 Requested at 2000 ms"]
    );
    assert_eq!(
        rig.complete(2),
        [
            "notify 2",
            "retire [1]",
            "reply 1: completed 2",
            "start 3 Requested at 2000 ms"
        ]
    );
    let log = rig.complete(3);
    assert_eq!(log.last().unwrap(), "start 4 Periodic at 2000 ms");
}

#[test]
fn waiting_requests_are_bounded() {
    let mut rig = Rig::new(periodic().with_max_queued_requests(1));
    rig.tick(1000);
    assert_eq!(rig.request(1, Checkpoint), NOTHING);
    assert_eq!(
        rig.request(2, Checkpoint),
        ["reply 2: refused: over the limit of 1 requests set by \
          'execution.checkpointing.max-queued-requests'"]
    );
    assert_eq!(
        rig.event(Event::Stop)[1],
        "reply 1: refused: the job is not running"
    );
    assert_eq!(
        rig.request(3, Checkpoint),
        ["reply 3: refused: the job is not running"]
    );
}

#[test]
fn without_a_queue_a_request_is_served_if_there_is_a_place() {
    let mut rig = Rig::new(CheckpointOptions::default().with_max_queued_requests(0));
    assert_eq!(rig.request(1, Checkpoint), ["start 1 Requested at 0 ms"]);
    assert_eq!(rig.request(2, Checkpoint).len(), 1, "refused");
}

#[test]
fn j14_savepoints_are_not_subsumed() {
    let options = periodic().with_max_concurrent(2);
    let mut rig = Rig::new(options);
    rig.tick(1000);
    assert_eq!(rig.request(5, Savepoint), ["start 2 Savepoint at 1000 ms"]);
    rig.tick(1000);
    rig.ack(2, 1);
    assert_eq!(
        rig.complete(3),
        [
            "notify 3",
            "aborted 1 (latest 3): checkpoint 3 was complete first"
        ]
    );
    assert_eq!(rig.machine.pending().collect::<Vec<_>>(), [2]);
    assert_eq!(rig.ack(2, 2), ["complete 2 [2/1 2/2]"]);
    assert_eq!(rig.published(2), ["reply 5: completed 2"]);
    assert_eq!(
        rig.machine.retained(),
        [3],
        "nothing is recovered from a savepoint"
    );
}

#[test]
fn j15_savepoints_go_over_the_limit_of_checkpoints_and_have_their_own() {
    let mut rig = Rig::new(periodic().with_max_concurrent_savepoints(2));
    rig.tick(1000);
    assert_eq!(rig.request(1, Savepoint), ["start 2 Savepoint at 1000 ms"]);
    assert_eq!(rig.request(2, Savepoint), ["start 3 Savepoint at 1000 ms"]);
    assert_eq!(
        rig.request(3, Savepoint),
        ["reply 3: refused: over the limit of 2 requests set by \
          'execution.checkpointing.max-concurrent-savepoints'"]
    );
}

#[test]
fn a_failed_savepoint_does_not_fail_the_job() {
    let mut rig = Rig::new(periodic());
    rig.request(1, Savepoint);
    assert_eq!(
        rig.decline(1, 1),
        [
            "aborted 1 (latest none): task 1 failed to take part: disk full",
            "reply 1: aborted 1: task 1 failed to take part: disk full"
        ]
    );
    rig.request(2, Savepoint);
    rig.ack(2, 1);
    rig.ack(2, 2);
    assert_eq!(
        rig.store_failed(2, StoreOutcome::Unknown),
        ["reply 2: aborted 2: cannot be stored: no space left"]
    );
    assert_eq!(rig.machine.failed_in_a_row(), 0);
}

#[test]
fn savepoints_do_not_wait_for_the_log() {
    let mut rig = Rig::new(periodic());
    rig.tick(1000);
    rig.ack(1, 1);
    rig.ack(1, 2);
    rig.request(1, Savepoint);
    rig.ack(2, 1);
    assert_eq!(rig.ack(2, 2), ["complete 2 [2/1 2/2]"]);
}
