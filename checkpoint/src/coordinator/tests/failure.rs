//! Failures of checkpoints, of tasks and of the store, and what follows.

use super::rig::{Rig, periodic};
use crate::coordinator::{DeclineReason, Event, JobStart, Phase, StoreOutcome};

const NOTHING: [&str; 0] = [];

#[test]
fn j21_store_failure_discards_the_states() {
    let mut rig = Rig::new(periodic().with_tolerable_failed(1));
    rig.tick(1000);
    rig.ack(1, 1);
    rig.ack(1, 2);
    assert_eq!(
        rig.store_failed(1, StoreOutcome::NotPublished),
        [
            "aborted 1 (latest none): cannot be stored: no space left",
            "discard 1 [1/1 1/2]"
        ]
    );
    assert_eq!(rig.machine.failed_in_a_row(), 1);
    assert_eq!(rig.machine.latest_completed(), None);
    assert_eq!(rig.published(1), NOTHING);
}

#[test]
fn files_of_a_checkpoint_that_may_be_published_stay() {
    let mut rig = Rig::new(periodic().with_tolerable_failed(100));
    rig.tick(1000);
    rig.ack(1, 1);
    rig.ack(1, 2);
    assert_eq!(
        rig.store_failed(1, StoreOutcome::Unknown),
        ["fail job: it is unknown whether checkpoint 1 was published: no space left"]
    );
    assert_eq!(rig.machine.phase(), Phase::Failed);
    assert_eq!(
        rig.ack(1, 1),
        NOTHING,
        "late duplicates are left alone, too"
    );
}

#[test]
fn what_never_reached_the_store_is_not_unknown() {
    let mut rig = Rig::new(periodic().with_tolerable_failed(1));
    rig.tick(1000);
    rig.ack(1, 1);
    assert_eq!(
        rig.store_failed(1, StoreOutcome::Unknown),
        [
            "aborted 1 (latest none): cannot be stored: no space left",
            "discard 1 [1/1]"
        ]
    );
}

#[test]
fn the_first_failure_fails_the_job_by_default() {
    let mut rig = Rig::new(periodic());
    rig.tick(1000);
    rig.ack(1, 1);
    let log = rig.decline(1, 2);
    assert_eq!(log.len(), 3);
    assert_eq!(
        log[2],
        "fail job: 1 checkpoints failed in a row, 0 are tolerated \
         ('execution.checkpointing.tolerable-failed-checkpoints'); \
         the last, checkpoint 1: task 2 failed to take part: disk full"
    );
    assert_eq!(rig.machine.phase(), Phase::Failed);
    assert_eq!(rig.machine.next_deadline(), None);
    assert_eq!(
        rig.tick(5000),
        NOTHING,
        "nothing is begun while the job is down"
    );
}

#[test]
fn k12_k13_only_failures_in_a_row_count() {
    let mut rig = Rig::new(periodic().with_tolerable_failed(2));
    for id in [1, 2] {
        rig.tick(1000);
        rig.decline(id, 1);
    }
    assert_eq!(rig.machine.failed_in_a_row(), 2);
    rig.tick(1000);
    rig.complete(3);
    assert_eq!(rig.machine.failed_in_a_row(), 0);
    for id in [4, 5] {
        rig.tick(1000);
        rig.decline(id, 1);
        assert_eq!(rig.machine.phase(), Phase::Running);
    }
    rig.tick(1000);
    rig.decline(6, 1);
    assert_eq!(rig.machine.phase(), Phase::Failed);
    rig.restarted();
    assert_eq!(rig.machine.failed_in_a_row(), 0);
}

#[test]
fn k14_a_checkpoint_counts_once() {
    let mut rig = Rig::new(periodic().with_tolerable_failed(1));
    rig.tick(1000);
    rig.decline(1, 1);
    rig.decline(1, 2);
    rig.store_failed(1, StoreOutcome::NotPublished);
    assert_eq!(rig.machine.failed_in_a_row(), 1);
}

#[test]
fn declines_without_a_failure_are_not_counted() {
    let mut rig = Rig::new(periodic());
    let reasons = [
        DeclineReason::NotReady,
        DeclineReason::Closing,
        DeclineReason::Overtaken,
        DeclineReason::Cancelled,
        DeclineReason::EndOfInput,
    ];
    for (checkpoint, reason) in (1..).zip(reasons) {
        rig.tick(1000);
        let log = rig.event(Event::Declined {
            checkpoint,
            task: 1,
            reason,
        });
        assert_eq!(log.len(), 1, "{log:?}");
    }
    assert_eq!(rig.machine.failed_in_a_row(), 0);
}

#[test]
fn a_failed_task_fails_the_job_over_and_ids_go_on() {
    let mut rig = Rig::new(periodic().with_max_concurrent(2));
    rig.tick(1000);
    rig.complete(1);
    rig.tick(1000);
    rig.tick(1000);
    rig.ack(2, 1);
    assert_eq!(
        rig.task_failed(2),
        [
            "aborted 2 (latest 1): the job failed",
            "discard 2 [2/1]",
            "aborted 3 (latest 1): the job failed",
            "fail job: task 2 failed: division by zero"
        ]
    );
    assert_eq!(rig.task_failed(1), NOTHING, "it fails only once");
    assert_eq!(rig.ack(3, 1), ["discard 3 [3/1]"]);
    assert_eq!(rig.restarted(), NOTHING);
    assert_eq!(rig.restarted(), NOTHING, "it runs already");
    assert_eq!(rig.machine.failed_in_a_row(), 0);
    assert_eq!(rig.tick(1000), ["start 4 Periodic at 4000 ms"]);
    assert_eq!(rig.ack(2, 2), ["discard 2 [2/2]"], "of the dead attempt");
}

#[test]
fn a_publication_under_way_outlives_the_failure_of_a_task() {
    let mut rig = Rig::new(periodic());
    rig.tick(1000);
    rig.ack(1, 1);
    rig.ack(1, 2);
    assert_eq!(
        rig.task_failed(1),
        ["fail job: task 1 failed: division by zero"]
    );
    assert!(rig.machine.is_publishing(), "what to restore is still open");
    assert_eq!(rig.published(1), NOTHING, "nobody is left to be notified");
    assert!(!rig.machine.is_publishing());
    assert_eq!(rig.machine.latest_completed(), Some(1));
}

#[test]
fn stopped_is_for_good() {
    let mut rig = Rig::new(periodic());
    rig.event(Event::Stop);
    assert_eq!(rig.tick(5000), NOTHING);
    assert_eq!(rig.restarted(), NOTHING);
    assert_eq!(rig.machine.phase(), Phase::Stopped);
}

#[test]
fn an_answer_after_the_restart_is_nothing_to_the_new_tasks() {
    let mut rig = Rig::new(periodic());
    rig.tick(1000);
    rig.ack(1, 1);
    rig.ack(1, 2);
    rig.task_failed(1);
    rig.restarted();
    assert_eq!(rig.published(1), NOTHING);
    assert_eq!(rig.machine.retained(), [1]);
}

#[test]
fn a_restart_begins_the_count_of_failures_anew() {
    let mut rig = Rig::new(periodic().with_tolerable_failed(1));
    rig.tick(1000);
    rig.decline(1, 1);
    rig.task_failed(1);
    rig.restarted();
    assert_eq!(rig.machine.failed_in_a_row(), 0);
}

#[test]
fn ids_never_go_back_whatever_a_restart_says() {
    let mut rig = Rig::new(periodic());
    rig.tick(1000);
    rig.task_failed(1);
    let behind = JobStart::new([1, 2], [], 1).unwrap();
    rig.event(Event::Restarted(behind));
    assert_eq!(rig.tick(1000), ["start 2 Periodic at 2000 ms"]);
    rig.task_failed(1);
    let ahead = JobStart::new([1, 2], [], 40).unwrap();
    rig.event(Event::Restarted(ahead));
    assert_eq!(rig.tick(1000), ["start 40 Periodic at 3000 ms"]);
}

#[test]
fn who_was_superseded_fails_for_that_reason_and_touches_no_file() {
    let mut rig = Rig::new(periodic().with_tolerable_failed(9));
    rig.tick(1000);
    rig.ack(1, 1);
    rig.ack(1, 2);
    assert_eq!(
        rig.store_failed(1, StoreOutcome::Superseded),
        ["fail job: checkpoint 1 cannot be published: no space left"]
    );
}

#[test]
fn a_checkpoint_that_lacks_files_is_followed_by_one_that_does_not() {
    let mut rig = Rig::new(periodic());
    let lacking = |rig: &mut Rig, id| {
        rig.tick(1000);
        rig.ack(id, 1);
        rig.ack(id, 2);
        rig.store_failed(id, StoreOutcome::LacksFiles)
    };
    assert_eq!(
        lacking(&mut rig, 1),
        [
            "aborted 1 (latest none): lacks files: no space left",
            "discard 1 [1/1 1/2]"
        ]
    );
    assert_eq!(rig.store_failed(1, StoreOutcome::LacksFiles), NOTHING);
    assert_eq!(rig.machine.failed_in_a_row(), 0);
    rig.tick(1000);
    rig.complete(2);
    assert_eq!(lacking(&mut rig, 3).len(), 2, "not twice in a row");
    // Who takes no whole one is not excused for ever.
    let log = lacking(&mut rig, 4);
    assert!(
        log[2].starts_with("fail job: 1 checkpoints failed"),
        "{log:?}"
    );
}

#[test]
fn as_many_may_lack_files_as_can_be_under_way() {
    let mut rig = Rig::new(periodic().with_max_concurrent(2));
    for _ in 0..2 {
        rig.tick(1000);
    }
    for id in [1, 2] {
        rig.ack(id, 1);
        rig.ack(id, 2);
        rig.store_failed(id, StoreOutcome::LacksFiles);
        assert_eq!(rig.machine.phase(), Phase::Running);
    }
}
