//! Savepoints and checkpoints in files and directories: what they consist of, what remains of them.

use crate::common::{build, check, environment};
use crate::savepoints::{Place, Running, finish_on, local, open, slow};
use alluvium::checkpoint::{ExternalizedRetention, JobId, LocalStorage, inspect, is_savepoint};
use alluvium::{ErrorKind, FsBackend, FsSettings};
use alluvium_state_tests::executor::{
    ClaimMode, Environment, FailAt, Failure, FailurePlan, JobControl, RestartStrategy,
    RestoreOptions,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// State goes into files, however little it is.
fn files() -> FsBackend {
    let mut settings = FsSettings::default();
    settings.files.inline_threshold = 0;
    FsBackend::new(settings).unwrap()
}

fn slow_on_files(place: &Place, parallelism: u32) -> Environment {
    let mut environment = slow(parallelism);
    environment
        .set_state_backend(files())
        .set_checkpoint_dir(place.checkpoints());
    environment
}

fn names(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_savepoint_holds_all_its_files_and_goes_on_anywhere() {
    let place = Place::new();
    let running = Running::start(&place, &mut slow_on_files(&place, 2));
    running.until(900);
    let path = running.handle.stop(None, false).unwrap();
    running.gate.wait(running.handle).unwrap();
    assert!(
        names(local(&path)).len() > 2,
        "files lie beside the metadata"
    );
    // Whatever the job had is gone, and the savepoint is elsewhere.
    std::fs::remove_dir_all(place.checkpoints()).unwrap();
    let moved = place.checkpoints().join("deep/moved");
    std::fs::create_dir_all(moved.parent().unwrap()).unwrap();
    std::fs::rename(local(&path), &moved).unwrap();
    finish_on(&place, &moved, &mut environment(3), 3);

    let file = names(&moved)
        .into_iter()
        .find(|file| !file.ends_with("_metadata"));
    std::fs::remove_file(file.unwrap()).unwrap();
    let mut environment = environment(2);
    environment.restore_from(&moved, RestoreOptions::default());
    build(&environment, &place.output());
    let error = environment.execute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("is missing"), "{error}");
}

#[test]
fn a_job_that_was_stopped_goes_on_by_itself_without_the_savepoint() {
    let place = Place::new();
    let mut environment = slow_on_files(&place, 2);
    let running = Running::start(&place, &mut environment);
    running.until(700);
    let path = running.handle.stop(None, false).unwrap();
    running.gate.wait(running.handle).unwrap();
    std::fs::remove_dir_all(local(&path)).unwrap();
    let environment = slow_on_files(&place, 3);
    let outputs = build(&environment, &place.output());
    let report = environment.execute().unwrap();
    assert!(report.restored_from.is_some() && report.records_before > 600);
    check(&outputs, &place.output(), 3);
}

#[test]
fn many_savepoints_at_once_wait_for_each_other_and_disturb_no_checkpoint() {
    let place = Place::new();
    let mut environment = slow_on_files(&place, 2);
    environment.set_rate(800);
    let running = Running::start(&place, &mut environment);
    running.until(300);
    let control = running.handle.control();
    let asked: Vec<_> = (0..7).map(|_| control.savepoint(None).unwrap()).collect();
    for pending in asked {
        let path = pending.wait().unwrap();
        open(local(&path)).stored.verify().unwrap();
    }
    let report = running.gate.wait(running.handle).unwrap();
    assert_eq!((report.savepoints, report.restarts), (7, 0));
    assert!(report.checkpoints > 3);
    check(&running.outputs, &place.output(), 2);
}

#[test]
fn a_stop_that_fails_leaves_no_file_behind() {
    for at in [FailAt::Snapshot(1), FailAt::AfterBarrier(1)] {
        let place = Place::new();
        let mut environment = slow_on_files(&place, 2);
        let plan = FailurePlan::new().fail("tally", Some(1), at, Failure::Error);
        environment
            .set_checkpoint_every(1_000_000)
            .set_failures(plan);
        let running = Running::start(&place, &mut environment);
        running.until(300);
        running.handle.stop(None, false).unwrap_err();
        let report = running.gate.wait(running.handle).unwrap();
        assert_eq!(report.restarts, 1);
        assert_eq!(place.savepoint_count(), 0);
        check(&running.outputs, &place.output(), 2);
    }
}

#[test]
fn n11_a_claimed_savepoint_goes_with_its_files_and_one_that_is_not_stays() {
    for claim in [ClaimMode::NoClaim, ClaimMode::Claim] {
        let place = Place::new();
        let running = Running::start(&place, &mut slow_on_files(&place, 2));
        running.until(500);
        let path = running.handle.stop(None, false).unwrap();
        running.gate.wait(running.handle).unwrap();
        let mut environment = slow_on_files(&place, 2);
        environment.checkpoint_options().num_retained = 2;
        environment.restore_from(&path, RestoreOptions::default().with_claim(claim));
        let outputs = build(&environment, &place.output());
        let report = environment.execute().unwrap();
        assert!(report.checkpoints > 2, "{report:?}");
        check(&outputs, &place.output(), 2);
        assert_eq!(local(&path).exists(), claim == ClaimMode::NoClaim);
    }
}

/// N11: what a job that has claimed nothing was started from is needed until its first checkpoint
/// is complete, and not any more then.
#[test]
fn n11_the_original_may_be_deleted_after_the_first_checkpoint() {
    let place = Place::new();
    let running = Running::start(&place, &mut slow_on_files(&place, 2));
    running.until(500);
    let path = running.handle.stop(None, false).unwrap();
    running.gate.wait(running.handle).unwrap();
    let savepoint = open(local(&path)).stored.metadata().checkpoint.0;
    // Nothing but the savepoint is left of the job, which then dies behind its first checkpoint.
    std::fs::remove_dir_all(place.checkpoints()).unwrap();
    let first = savepoint + 1;
    let mut environment = slow_on_files(&place, 2);
    let plan = FailurePlan::new().fail("tally", None, FailAt::Complete(first), Failure::Error);
    environment
        .set_restart_strategy(RestartStrategy::None)
        .set_failures(plan)
        .restore_from(
            &path,
            RestoreOptions::default().with_claim(ClaimMode::NoClaim),
        );
    build(&environment, &place.output());
    environment.execute().unwrap_err();
    assert_eq!(published(&place), [first]);
    std::fs::remove_dir_all(local(&path)).unwrap();

    open(&newest(&place)).stored.verify().unwrap();
    let environment = slow_on_files(&place, 3);
    let outputs = build(&environment, &place.output());
    let report = environment.execute().unwrap();
    assert_eq!(report.restored_from.map(|id| id.0), Some(first));
    check(&outputs, &place.output(), 3);
}

#[test]
fn a_checkpoint_can_be_started_from_but_not_claimed() {
    let place = Place::new();
    let mut first = slow_on_files(&place, 2);
    let running = Running::start(&place, &mut first);
    running.until(900);
    running.handle.cancel();
    running.handle.wait().unwrap_err();
    let checkpoint = newest(&place);
    assert!(!is_savepoint(open(&checkpoint).stored.metadata()));
    let start = |claim| {
        let mut environment = slow_on_files(&place, 3);
        environment.restore_from(&checkpoint, RestoreOptions::default().with_claim(claim));
        let outputs = build(&environment, &place.output());
        environment.execute().map(|report| (outputs, report))
    };
    let error = start(ClaimMode::Claim).map(drop).unwrap_err();
    assert!(
        error.to_string().contains("only savepoints can be claimed"),
        "{error}"
    );
    let (outputs, report) = start(ClaimMode::NoClaim).unwrap();
    assert!(report.restored_from.is_some());
    check(&outputs, &place.output(), 3);
}

/// The newest published checkpoint.
fn newest(place: &Place) -> PathBuf {
    let id = *published(place).last().unwrap();
    place.checkpoints().join(format!("test/chk-{id}"))
}

fn published(place: &Place) -> Vec<u64> {
    let storage = Arc::new(LocalStorage::open(place.checkpoints()).unwrap());
    let found = inspect(storage, &JobId::new("test").unwrap()).unwrap();
    let found = found.map(|found| found.checkpoints).unwrap_or_default();
    found.iter().map(|published| published.checkpoint).collect()
}

#[test]
fn a_restart_goes_on_from_the_path_or_from_what_was_taken_since() {
    let place = Place::new();
    let running = Running::start(&place, &mut slow_on_files(&place, 2));
    running.until(500);
    let path = running.handle.savepoint(None).unwrap();
    running.until(1_200);
    running.handle.cancel();
    running.handle.wait().unwrap_err();
    let id = open(local(&path)).stored.metadata().checkpoint.0;
    let later = *published(&place).last().unwrap();
    assert!(later > id, "the job has newer checkpoints");
    let mut environment = slow_on_files(&place, 2);
    let plan = FailurePlan::new()
        .fail("tally", Some(0), FailAt::Record(3), Failure::Error)
        .fail(
            "tally",
            Some(0),
            FailAt::Complete(later + 3),
            Failure::Error,
        );
    environment
        .set_failures(plan)
        .restore_from(&path, RestoreOptions::default());
    let running = Running::start(&place, &mut environment);
    let report = running.gate.wait(running.handle).unwrap();
    assert_eq!(report.restored_from.map(|id| id.0), Some(id));
    assert_eq!(report.restarts, 2);
    let started = running.started.try_iter().collect::<Vec<_>>();
    assert_eq!(
        started[..2],
        [Some(id), Some(id)],
        "nothing was taken before the first failure"
    );
    assert!(started[2] >= Some(later + 3), "{started:?}");
    check(&running.outputs, &place.output(), 2);
}

#[test]
fn a_finished_job_runs_again_from_a_savepoint() {
    let place = Place::new();
    let mut environment = slow_on_files(&place, 2);
    let running = Running::start(&place, &mut environment);
    running.until(500);
    let path = running.handle.savepoint(None).unwrap();
    running.gate.wait(running.handle).unwrap();
    let mut own = slow_on_files(&place, 3);
    own.restore_from(newest(&place), RestoreOptions::default());
    build(&own, &place.output());
    let error = own.execute().unwrap_err();
    assert!(
        error.to_string().contains("copy this one elsewhere"),
        "{error}"
    );
    assert!(newest(&place).exists());
    let mut again = slow_on_files(&place, 3);
    finish_on(&place, local(&path), &mut again, 3);
}

type Ending = fn(&JobControl);

/// Whether checkpoints are kept under a policy.
type Kept = fn(ExternalizedRetention) -> bool;

#[test]
fn k16_what_remains_follows_the_policy() {
    use ExternalizedRetention::{DeleteOnCancellation, NeverRetain, RetainOnCancellation};
    let endings: [(Ending, Kept); 2] = [
        (JobControl::cancel, |policy| policy == RetainOnCancellation),
        (JobControl::suspend, |policy| policy == RetainOnCancellation),
    ];
    for policy in [RetainOnCancellation, DeleteOnCancellation, NeverRetain] {
        for (end, retains) in endings {
            let place = Place::new();
            let mut environment = slow_on_files(&place, 2);
            environment.checkpoint_options().retention = policy;
            let running = Running::start(&place, &mut environment);
            running.until(900);
            end(&running.handle.control());
            running.handle.wait().unwrap_err();
            assert_eq!(published(&place).is_empty(), !retains(policy), "{policy}");
            let chk = names(&place.checkpoints().join("test"))
                .iter()
                .any(|path| path.to_str().unwrap().contains("/chk-"));
            assert_eq!(chk, retains(policy), "{policy}");
        }
        // A job that fails for good.
        let place = Place::new();
        let mut environment = slow_on_files(&place, 2);
        environment.checkpoint_options().retention = policy;
        let plan = FailurePlan::new().fail("tally", None, FailAt::Complete(2), Failure::Error);
        environment
            .set_restart_strategy(RestartStrategy::None)
            .set_failures(plan);
        let running = Running::start(&place, &mut environment);
        running.gate.wait(running.handle).unwrap_err();
        assert_eq!(
            published(&place).is_empty(),
            policy == NeverRetain,
            "{policy}"
        );
        // One that could not even start leaves everything as it is.
        if policy == DeleteOnCancellation {
            let before = published(&place);
            let mut environment = slow_on_files(&place, 2);
            environment.checkpoint_options().retention = NeverRetain;
            environment.set_max_parallelism(alluvium::MaxParallelism::new(64).unwrap());
            build(&environment, &place.output());
            environment.execute().unwrap_err();
            assert_eq!(published(&place), before);
        }
        // One that finishes keeps what says so.
        let place = Place::new();
        let mut environment = slow_on_files(&place, 2);
        environment.checkpoint_options().retention = policy;
        environment.checkpoint_options().num_retained = 3;
        let running = Running::start(&place, &mut environment);
        let report = running.gate.wait(running.handle).unwrap();
        let last = report.last_checkpoint.unwrap().checkpoint.0;
        assert_eq!(published(&place), [last], "{policy}");
    }
}
