//! Jobs with checkpoints whose tasks fail: results equal those of an undisturbed run.
use crate::common::{Outputs, Seeded, build, check, environment, numbers};
use alluvium::checkpoint::{CheckpointMode, CheckpointOptions};
use alluvium::{ErrorKind, MemoryBackend, MemorySettings};
use alluvium_state_tests::executor::{
    Environment, FailAt, Failure, FailurePlan, JobEvent, RestartStrategy,
};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

/// The operators of the job, and whether they have an input of many records.
const OPERATORS: [&str; 6] = ["numbers", "tally", "ruled", "raw", "gains", "sink"];

fn run(environment: &mut Environment, plan: FailurePlan, parallelism: u32) -> u32 {
    let directory = tempfile::tempdir().unwrap();
    let outputs: Outputs = build(environment, directory.path());
    environment.set_failures(plan);
    let report = environment.execute().unwrap();
    assert_eq!(report.records_before, 0);
    assert_eq!(
        report.records_read,
        crate::common::RECORDS + crate::common::RULE_COUNT
    );
    assert!(report.checkpoints >= 2, "{report:?}");
    assert!(report.last_checkpoint.unwrap().last);
    check(&outputs, directory.path(), parallelism);
    report.restarts
}

#[test]
fn an_undisturbed_job_ends_with_a_checkpoint_that_covers_all() {
    for parallelism in [1, 2, 3] {
        let restarts = run(
            &mut environment(parallelism),
            FailurePlan::new(),
            parallelism,
        );
        assert_eq!(restarts, 0);
    }
}

#[test]
fn failures_at_random_records_and_barriers_change_nothing() {
    let mut random = Seeded(1);
    let mut restarts = 0;
    for round in 0..30_u64 {
        let parallelism = [1, 2, 3, 5][random.below(4) as usize];
        let mut plan = FailurePlan::new();
        for _ in 0..=random.below(3) {
            let operator = OPERATORS[random.below(6) as usize];
            let checkpoint = 1 + random.below(4);
            let at = match random.below(4) {
                0 => FailAt::Record(1 + random.below(300)),
                1 => FailAt::BeforeBarrier(checkpoint),
                2 => FailAt::AfterBarrier(checkpoint),
                _ => FailAt::Complete(checkpoint),
            };
            let failure = if round % 2 == 0 {
                Failure::Panic
            } else {
                Failure::Error
            };
            plan = plan.fail(operator, None, at, failure);
        }
        restarts += run(&mut environment(parallelism), plan, parallelism);
    }
    assert!(restarts >= 20, "only {restarts} failures happened");
}

#[test]
fn a_failure_between_the_last_checkpoint_and_its_commit_is_repaired() {
    for at in [
        FailAt::Complete(1),
        FailAt::AfterBarrier(1),
        FailAt::BeforeBarrier(1),
    ] {
        let mut environment = Environment::new("test");
        environment
            .set_parallelism(2)
            .enable_checkpointing(Duration::from_hours(1))
            .set_restart_strategy(RestartStrategy::FixedDelay {
                attempts: 1,
                delay: Duration::ZERO,
            });
        let directory = tempfile::tempdir().unwrap();
        build(&environment, directory.path());
        environment.set_failures(FailurePlan::new().fail("sink", Some(1), at, Failure::Panic));
        let report = environment.execute().unwrap();
        assert_eq!(report.restarts, 1);
        crate::common::check_files(directory.path());
    }
}

#[test]
fn a_failed_checkpoint_fails_the_job_over_unless_it_is_tolerated() {
    for (tolerable, failures, restarts) in [(0, 1, 1), (1, 1, 0), (1, 2, 1), (2, 2, 0)] {
        let mut environment = environment(2);
        environment.checkpoint_options().tolerable_failed = tolerable;
        let plan = FailurePlan::new()
            .fail("tally", Some(0), FailAt::Snapshot(2), Failure::Error)
            .times(failures);
        let failed = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&failed);
        environment.set_listener(move |event: &JobEvent<'_>| {
            if let JobEvent::CheckpointFailed { reason, .. } = event {
                heard.lock().push((*reason).to_owned());
            }
        });
        assert_eq!(
            run(&mut environment, plan, 2),
            restarts,
            "{tolerable} {failures}"
        );
        let failed = failed.lock();
        assert!(
            failed.iter().any(|reason| reason.contains("'tally'")),
            "{failed:?}"
        );
    }
}

#[test]
fn a_snapshot_over_the_limit_fails_its_checkpoint_and_names_the_option() {
    let settings = MemorySettings {
        max_snapshot_bytes: 300,
        ..MemorySettings::default()
    };
    let mut environment = environment(1);
    environment.set_state_backend(MemoryBackend::new(settings).unwrap());
    environment.set_restart_strategy(RestartStrategy::None);
    let directory = tempfile::tempdir().unwrap();
    build(&environment, directory.path());
    let error = environment.execute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    let text = error.to_string();
    for part in [
        "300",
        "subtask 0 of operator",
        "state.backend.memory.max-snapshot-size",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn restarts_run_out_with_checkpoints_too() {
    let mut environment = environment(2);
    let directory = tempfile::tempdir().unwrap();
    build(&environment, directory.path());
    let plan = FailurePlan::new()
        .fail("raw", Some(0), FailAt::Record(50), Failure::Error)
        .fail("tally", None, FailAt::AfterBarrier(1), Failure::Panic)
        .times(100);
    environment.set_failures(plan);
    let text = environment.execute().unwrap_err().to_string();
    assert!(
        text.contains("after 5 restarts") && text.contains("first cause"),
        "{text}"
    );
}

#[test]
fn checkpoints_by_the_clock_go_on_while_the_source_waits() {
    let mut environment = Environment::new("test");
    environment
        .set_parallelism(2)
        .set_rate(20_000)
        .set_checkpoint_options(
            CheckpointOptions::every(Duration::from_millis(10))
                .with_mode(CheckpointMode::ExactlyOnce)
                .with_max_concurrent(2),
        );
    let found = numbers(&environment)
        .key_by(|n| n % 10)
        .map_with_state(|n, sum: Option<u64>| {
            let sum = sum.unwrap_or(0) + n;
            (sum, Some(sum))
        })
        .collect();
    let report = environment.execute().unwrap();
    assert!(report.checkpoints >= 2, "{report:?}");
    assert_eq!(found.take().len() as u64, crate::common::RECORDS);
}
