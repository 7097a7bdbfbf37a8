use std::time::Duration;

use super::rig::{millis, periodic};
use crate::coordinator::{CheckpointMode, CheckpointOptions, Coordinator, JobStart, Timestamp};

#[test]
fn defaults_are_flinks() {
    let options = CheckpointOptions::default();
    assert_eq!(options.interval, None);
    assert_eq!(options.mode, CheckpointMode::ExactlyOnce);
    assert_eq!(options.timeout, Duration::from_mins(10));
    assert_eq!(options.min_pause, Duration::ZERO);
    assert_eq!(options.max_concurrent, 1);
    assert_eq!(options.num_retained, 1);
    assert_eq!(options.tolerable_failed, 0);
    options.validate().unwrap();
}

#[test]
fn j30_what_makes_no_sense_is_refused_by_name() {
    let cases = [
        (CheckpointOptions::every(millis(9)), "interval"),
        (periodic().with_timeout(millis(9)), "timeout"),
        (
            periodic().with_max_concurrent(0),
            "max-concurrent-checkpoints",
        ),
        (
            periodic().with_max_concurrent_savepoints(0),
            "max-concurrent-savepoints",
        ),
        (periodic().with_num_retained(0), "num-retained"),
    ];
    for (options, name) in cases {
        let start = JobStart::new([1_u8], [], 1).unwrap();
        let error = Coordinator::<u8, ()>::new(options, start, Timestamp::default()).unwrap_err();
        let expected = format!("'execution.checkpointing.{name}'");
        assert!(error.to_string().contains(&expected), "{error}");
        assert_eq!(error.kind(), alluvium_state_api::ErrorKind::Misuse);
    }
    CheckpointOptions::every(millis(10))
        .with_timeout(millis(10))
        .validate()
        .unwrap();
}

#[test]
fn a_start_is_checked() {
    assert!(JobStart::new([0_u8; 0], [], 1).is_err(), "no task");
    assert!(JobStart::new([3, 3], [], 1).is_err(), "twice");
    assert!(JobStart::new([3], [], 0).is_err(), "ids begin at 1");
    assert!(JobStart::new([3], [5, 7], 7).is_err(), "7 is taken");
    assert!(
        JobStart::new([3], [u64::MAX], u64::MAX).is_err(),
        "no id is left"
    );
    assert!(JobStart::new([3], [5, 7], 8).is_ok());
}
