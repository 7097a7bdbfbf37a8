//! When checkpoints begin.

use super::rig::{Rig, millis, periodic};
use crate::coordinator::{CheckpointOptions, Coordinator, Event, JobStart, Timestamp};

const NOTHING: [&str; 0] = [];

#[test]
fn off_until_asked_for() {
    let mut rig = Rig::new(CheckpointOptions::default());
    assert_eq!(rig.machine.next_deadline(), None);
    assert_eq!(rig.tick(1 << 40), NOTHING);
}

#[test]
fn j17_ids_go_up_and_timestamps_never_down() {
    let mut rig = Rig::new(periodic().with_max_concurrent(5));
    for n in 1..=5 {
        assert_eq!(rig.tick(1000), [format!("start {n} Periodic at {n}000 ms")]);
    }
    rig.now = 0;
    for id in 1..=4 {
        rig.complete(id);
    }
    assert_eq!(
        rig.tick(5500),
        NOTHING,
        "the clock stepped back: time stands still"
    );
    assert_eq!(rig.tick(500), ["start 6 Periodic at 6000 ms"]);
}

#[test]
fn numbering_goes_on_from_the_process_before() {
    let start = JobStart::new([1], [6, 4], 9).unwrap();
    let options = periodic().with_num_retained(2);
    let zero = Timestamp::from_millis(0);
    let mut machine: Coordinator<u8, ()> = Coordinator::new(options, start, zero).unwrap();
    assert_eq!(machine.retained(), [4, 6]);
    assert_eq!(machine.latest_completed(), Some(6));
    machine.handle(Timestamp::from_millis(1000), Event::Tick);
    assert_eq!(machine.pending().collect::<Vec<_>>(), [9]);
}

#[test]
fn j11_never_more_than_allowed_and_one_frees_one() {
    for limit in [1, 2, 5] {
        let mut rig = Rig::new(periodic().with_max_concurrent(limit));
        for _ in 0..10 {
            rig.tick(1000);
        }
        assert_eq!(rig.machine.pending().count(), limit as usize);
        let log = rig.complete(1);
        assert_eq!(log[0], "notify 1");
        assert!(
            log[1].starts_with(&format!("start {} Periodic", limit + 1)),
            "{log:?}"
        );
        assert_eq!(log.len(), 2);
    }
}

#[test]
fn j12_completing_the_newest_frees_all() {
    let mut rig = Rig::new(periodic().with_max_concurrent(3));
    for _ in 0..3 {
        rig.tick(1000);
    }
    rig.complete(3);
    assert_eq!(rig.machine.pending().count(), 0);
}

#[test]
fn j16_min_pause_counts_from_completion() {
    let options = periodic()
        .with_min_pause(millis(700))
        .with_max_concurrent(4);
    let mut rig = Rig::new(options);
    rig.tick(1000);
    assert_eq!(rig.tick(1100), NOTHING, "with a pause they never overlap");
    rig.complete(1);
    assert_eq!(rig.machine.next_deadline().unwrap().as_millis(), 2800);
    assert_eq!(rig.tick(699), NOTHING);
    assert_eq!(rig.tick(1), ["start 2 Periodic at 2800 ms"]);
}

#[test]
fn missed_intervals_make_one_checkpoint() {
    let mut rig = Rig::new(periodic().with_max_concurrent(10));
    assert_eq!(rig.tick(7300), ["start 1 Periodic at 7300 ms"]);
    assert_eq!(rig.machine.next_deadline().unwrap().as_millis(), 8300);
}
