//! One checkpoint, or two, from start to end.

use super::rig::{Rig, millis, periodic};
use crate::coordinator::Event;

const NOTHING: [&str; 0] = [];

#[test]
fn j02_trigger() {
    let mut rig = Rig::new(periodic());
    assert_eq!(rig.tick(1000), ["start 1 Periodic at 1000 ms"]);
    assert_eq!(rig.machine.pending().collect::<Vec<_>>(), [1]);
    let deadline = rig.machine.next_deadline().unwrap();
    assert_eq!(deadline.as_millis(), 1000 + 600_000, "the expiry timer");
}

#[test]
fn j03_duplicate_acknowledgement_has_no_effect() {
    let mut rig = Rig::new(periodic());
    rig.tick(1000);
    assert_eq!(rig.ack(1, 1), NOTHING);
    assert_eq!(rig.ack(1, 1), NOTHING);
    assert_eq!(rig.ack(1, 2), ["complete 1 [1/1 1/2]"]);
    assert_eq!(rig.ack(1, 2), NOTHING);
    rig.published(1);
    assert_eq!(
        rig.ack(1, 1),
        NOTHING,
        "its files are those of the checkpoint"
    );
}

#[test]
fn j03_decline_discards_and_further_declines_are_ignored() {
    let mut rig = Rig::new(periodic().with_tolerable_failed(5));
    rig.tick(1000);
    rig.ack(1, 1);
    assert_eq!(
        rig.decline(1, 2),
        [
            "aborted 1 (latest none): task 2 failed to take part: disk full",
            "discard 1 [1/1]"
        ]
    );
    assert_eq!(rig.decline(1, 2), NOTHING);
    assert_eq!(rig.decline(1, 1), NOTHING);
    assert_eq!(rig.machine.failed_in_a_row(), 1);
    let deadline = rig.machine.next_deadline().unwrap();
    assert_eq!(deadline.as_millis(), 2000, "no expiry timer is left");
}

#[test]
fn j04_decline_one_of_two() {
    let options = periodic().with_max_concurrent(2).with_tolerable_failed(1);
    let mut rig = Rig::new(options);
    rig.tick(1000);
    rig.tick(1000);
    rig.ack(1, 1);
    rig.ack(2, 1);
    rig.decline(1, 2);
    assert_eq!(rig.machine.pending().collect::<Vec<_>>(), [2]);
    assert_eq!(rig.ack(2, 2), ["complete 2 [2/1 2/2]"]);
}

#[test]
fn j05_complete_and_next_replaces() {
    let mut rig = Rig::new(periodic());
    rig.tick(1000);
    assert_eq!(rig.complete(1), ["notify 1"]);
    assert_eq!(rig.machine.latest_completed(), Some(1));
    rig.tick(1000);
    assert_eq!(rig.complete(2), ["notify 2", "retire [1]"]);
    assert_eq!(rig.machine.retained(), [2]);
}

#[test]
fn j06_interleaved_acknowledgements() {
    let options = periodic().with_max_concurrent(2).with_num_retained(2);
    let mut rig = Rig::new(options);
    rig.tick(1000);
    rig.tick(1000);
    assert_eq!(rig.ack(1, 1), NOTHING);
    assert_eq!(rig.ack(2, 2), NOTHING);
    assert_eq!(rig.ack(1, 2), ["complete 1 [1/1 1/2]"]);
    assert_eq!(rig.ack(2, 1), NOTHING, "one publication at a time");
    assert_eq!(rig.published(1), ["notify 1", "complete 2 [2/1 2/2]"]);
    assert_eq!(rig.published(2), ["notify 2"]);
    assert_eq!(rig.machine.retained(), [1, 2]);
}

#[test]
fn j07_subsume() {
    let options = periodic().with_max_concurrent(3).with_num_retained(2);
    let mut rig = Rig::new(options);
    rig.tick(1000);
    rig.ack(1, 1);
    rig.tick(1000);
    assert_eq!(
        rig.complete(2),
        [
            "notify 2",
            "aborted 1 (latest 2): checkpoint 2 was complete first",
            "discard 1 [1/1]"
        ]
    );
    assert_eq!(rig.ack(1, 2), ["discard 1 [1/2]"]);
    assert_eq!(rig.ack(1, 2), NOTHING, "once is enough");
    assert_eq!(rig.ack(1, 1), NOTHING, "once is enough");
    assert_eq!(
        rig.machine.failed_in_a_row(),
        0,
        "being overtaken is no failure"
    );

    // A shutdown discards what every pending checkpoint has been given, and leaves the completed one
    // to what the job's end makes of it (K16).
    for _ in 3..=5 {
        rig.tick(1000);
    }
    rig.ack(3, 1);
    rig.ack(5, 2);
    assert_eq!(
        rig.event(Event::Stop),
        [
            "aborted 3 (latest 2): the job was stopped",
            "discard 3 [3/1]",
            "aborted 4 (latest 2): the job was stopped",
            "aborted 5 (latest 2): the job was stopped",
            "discard 5 [5/2]"
        ]
    );
    assert_eq!(rig.machine.pending().count(), 0);
    assert_eq!(rig.machine.retained(), [2]);
    for (checkpoint, task) in [(3, 2), (4, 1), (4, 2), (5, 1)] {
        let late = format!("discard {checkpoint} [{checkpoint}/{task}]");
        assert_eq!(rig.ack(checkpoint, task), [late]);
        assert_eq!(rig.ack(checkpoint, task), NOTHING, "once is enough");
    }
}

#[test]
fn a_newer_checkpoint_may_be_published_first() {
    let mut rig = Rig::new(periodic().with_max_concurrent(2));
    rig.tick(1000);
    rig.tick(1000);
    rig.ack(2, 1);
    rig.ack(1, 1);
    assert_eq!(rig.ack(2, 2), ["complete 2 [2/1 2/2]"]);
    assert_eq!(rig.ack(1, 2), NOTHING, "it waits for the log");
    assert_eq!(
        rig.published(2),
        [
            "notify 2",
            "aborted 1 (latest 2): checkpoint 2 was complete first",
            "discard 1 [1/1 1/2]"
        ]
    );
}

#[test]
fn j08_timeout() {
    let options = periodic()
        .with_timeout(millis(300))
        .with_tolerable_failed(1);
    let mut rig = Rig::new(options);
    rig.tick(1000);
    rig.ack(1, 1);
    assert_eq!(rig.machine.next_deadline().unwrap().as_millis(), 1300);
    assert_eq!(rig.tick(299), NOTHING);
    assert_eq!(
        rig.tick(1),
        [
            "aborted 1 (latest none): timed out with 1 tasks not yet acknowledged",
            "discard 1 [1/1]"
        ]
    );
    assert_eq!(rig.ack(1, 2), ["discard 1 [1/2]"]);
    assert_eq!(rig.machine.failed_in_a_row(), 1);
}

#[test]
fn a_publication_does_not_time_out() {
    let mut rig = Rig::new(periodic().with_timeout(millis(300)));
    rig.tick(1000);
    rig.ack(1, 1);
    rig.ack(1, 2);
    assert_eq!(
        rig.tick(10_000),
        NOTHING,
        "only the store knows how it ended"
    );
    assert_eq!(rig.published(1)[0], "notify 1");
}

#[test]
fn j09_unknown_messages() {
    let mut rig = Rig::new(periodic().with_num_retained(2));
    rig.tick(1000);
    rig.ack(1, 1);
    for checkpoint in [0, 2, 77, u64::MAX] {
        assert_eq!(
            rig.ack(checkpoint, 1),
            NOTHING,
            "not begun here: not ours to touch"
        );
        assert_eq!(rig.decline(checkpoint, 1), NOTHING);
        assert_eq!(rig.published(checkpoint), NOTHING);
        assert_eq!(
            rig.store_failed(checkpoint, crate::coordinator::StoreOutcome::Unknown),
            NOTHING
        );
    }
    assert_eq!(rig.ack(1, 9), ["discard 1 [1/9]"], "no task of this job");
    assert_eq!(rig.decline(1, 9), NOTHING);
    assert_eq!(rig.finished(9), NOTHING);
    assert_eq!(rig.task_failed(9), NOTHING);
    assert_eq!(rig.published(1), NOTHING, "nobody was asked to publish it");
    assert_eq!(rig.ack(1, 2), ["complete 1 [1/1 1/2]"]);
    assert_eq!(rig.decline(1, 1), NOTHING, "too late");
    assert_eq!(rig.published(1), ["notify 1"]);
    assert_eq!(rig.published(1), NOTHING);
}

#[test]
fn a_forgotten_checkpoint_that_is_still_kept_is_not_touched() {
    let options = periodic()
        .with_num_retained(100)
        .with_tolerable_failed(1000);
    let mut rig = Rig::new(options);
    rig.tick(1000);
    rig.complete(1);
    for id in 2..90 {
        rig.tick(1000);
        rig.decline(id, 1);
    }
    assert_eq!(rig.ack(1, 1), NOTHING);
    assert_eq!(rig.ack(2, 2), ["discard 2 [2/2]"]);
}
