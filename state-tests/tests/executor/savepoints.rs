//! Savepoints of running jobs: taken, stopped with, cancelled with, failed, and gone on from.

mod forked;
mod going_back;
mod remote;
mod without_checkpoints;

use crate::common::{
    Outputs, RECORDS, RULE_COUNT, Seeded, build, build_behind, check, check_files, environment,
};
use crate::gate::Gate;
use alluvium::checkpoint::storage::{Location, StorageOptions};
use alluvium::checkpoint::{
    OpenedSnapshot, StoreOptions, StoredSnapshotOptions, is_savepoint, open_snapshot,
};
use alluvium::{ErrorKind, MaxParallelism};
use alluvium_state_tests::executor::{
    CheckpointProgress, Environment, FailAt, Failure, FailurePlan, JobEvent, JobHandle, JobState,
    RestoreOptions,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

/// The directory of a snapshot that is one.
pub(crate) fn local(place: &Location) -> &Path {
    place.local_path().unwrap()
}

/// Opens a snapshot.
pub(crate) fn open(path: &Path) -> OpenedSnapshot {
    open_snapshot(
        &path.into(),
        &StorageOptions::default(),
        StoredSnapshotOptions::default(),
    )
    .unwrap()
}

/// A file of what a savepoint leaves to be committed, or that was committed since. There is none if its
/// barriers came right behind those of a checkpoint.
fn updates_of(output: &Path, savepoint: u64) -> Option<PathBuf> {
    let (committed, pending) = (
        format!("gains-{savepoint}-"),
        format!(".gains-{savepoint}-"),
    );
    let paths = std::fs::read_dir(output).unwrap();
    let mut paths = paths.map(|entry| entry.unwrap().path());
    paths.find(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_pending = name.starts_with(&pending) && name.ends_with(".pending");
        name.starts_with(&committed) || is_pending
    })
}

/// A job that takes its time, started: its input does not end before it is waited for.
pub(crate) struct Running {
    pub(crate) handle: JobHandle,
    pub(crate) gate: Arc<Gate>,
    pub(crate) outputs: Outputs,
    records: Receiver<u64>,
    /// The checkpoints that its runs have started from.
    pub(crate) started: Receiver<Option<u64>>,
}

/// The directories of a job.
pub(crate) struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("savepoints")).unwrap();
        Self { directory }
    }

    pub(crate) fn output(&self) -> PathBuf {
        self.directory.path().join("output")
    }

    pub(crate) fn checkpoints(&self) -> PathBuf {
        self.directory.path().join("checkpoints")
    }

    fn savepoints(&self) -> PathBuf {
        self.directory.path().join("savepoints")
    }

    /// The number of savepoints, and of whatever else is there.
    pub(crate) fn savepoint_count(&self) -> usize {
        std::fs::read_dir(self.savepoints()).unwrap().count()
    }
}

impl Running {
    pub(crate) fn start(place: &Place, environment: &mut Environment) -> Self {
        let gate = Arc::new(Gate::default());
        let outputs = build_behind(&gate, environment, &place.output());
        let (tell, records) = channel();
        let (tell_start, started) = channel();
        environment
            .set_savepoint_dir(place.savepoints())
            .set_progress_interval(std::time::Duration::from_millis(2))
            .set_listener(move |event: &JobEvent<'_>| {
                // Whoever does not listen any more does not care.
                match event {
                    JobEvent::Progress { records } => drop(tell.send(*records)),
                    JobEvent::Started { restored_from, .. } => {
                        let _: Result<(), _> =
                            tell_start.send(restored_from.map(|checkpoint| checkpoint.0));
                    }
                    _ => {}
                }
            });
        Self {
            handle: environment.start().unwrap(),
            gate,
            outputs,
            records,
            started,
        }
    }

    /// Waits until so many records were read, or the job has ended. Those behind come slowly.
    pub(crate) fn until(&self, records: u64) {
        self.gate.open_to(records);
        while self.records.recv().is_ok_and(|read| read < records) {}
    }
}

pub(crate) fn slow(parallelism: u32) -> Environment {
    let mut environment = environment(parallelism);
    environment.set_rate(8_000);
    environment
}

fn finish(place: &Place, path: &Path, parallelism: u32) {
    finish_on(place, path, &mut environment(parallelism), parallelism);
}

/// Goes on from `path` to the end, and checks what the job has come to.
pub(crate) fn finish_on(
    place: &Place,
    path: &Path,
    environment: &mut Environment,
    parallelism: u32,
) {
    environment.restore_from(path, RestoreOptions::default());
    let outputs = build(environment, &place.output());
    let report = environment.execute().unwrap();
    let opened = open(path);
    assert!(is_savepoint(opened.stored.metadata()));
    assert_eq!(
        report.restored_from,
        Some(opened.stored.metadata().checkpoint)
    );
    assert!(report.records_before > 0);
    let all = report.records_before + report.records_read;
    assert_eq!(all, RECORDS + RULE_COUNT);
    check(&outputs, &place.output(), parallelism);
}

#[test]
fn j13_a_savepoint_is_taken_while_the_job_runs_on() {
    let place = Place::new();
    let running = Running::start(&place, &mut slow(2));
    running.until(400);
    let path = running.handle.savepoint(None).unwrap();
    let other = place.directory.path().join("other");
    let there = running
        .handle
        .savepoint(Some(&other.clone().into()))
        .unwrap();
    assert!(local(&there).starts_with(&other));
    let status = running.handle.status();
    assert_eq!(status.last_savepoint.as_ref(), Some(&there));
    let stands = |progress: &CheckpointProgress| match progress {
        CheckpointProgress::Completed { path, .. } => path.as_ref() == Some(&there),
        _ => false,
    };
    assert!(status.history.iter().any(|known| stands(&known.progress)));
    let report = running.gate.wait(running.handle).unwrap();
    assert_eq!((report.savepoints, report.restarts), (2, 0));
    check(&running.outputs, &place.output(), 2);

    let name = local(&path).file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("savepoint-test-"), "{name}");
    let opened = open(local(&path)).stored;
    let opened = opened.metadata();
    assert!(is_savepoint(opened) && !opened.is_final);
    for uid in ["numbers", "tally", "ruled", "raw", "gains", "sink"] {
        assert!(!opened.operator(uid).unwrap().is_empty(), "{uid}");
    }
    // What was committed behind the savepoint is taken back.
    finish(&place, local(&path), 3);
}

#[test]
fn n09_a_job_stops_with_a_savepoint_and_goes_on_at_another_parallelism() {
    for (drain, from, to) in [(false, 2, 3), (true, 3, 1), (false, 1, 2)] {
        let place = Place::new();
        let running = Running::start(&place, &mut slow(from));
        running.until(700);
        let path = running.handle.stop(None, drain).unwrap();
        let report = running.gate.wait(running.handle).unwrap();
        assert_eq!(report.stopped_with.as_ref(), Some(&path));
        assert_eq!(report.restarts, 0);
        assert!(report.records_read < RECORDS, "it stopped before its end");
        let hidden = |name: &str| name.starts_with('.');
        let output = std::fs::read_dir(place.output()).unwrap();
        let mut names = output.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert!(!names.any(|name| hidden(&name)), "all is committed");
        // Only with the input are the rows of keys told.
        assert_eq!(running.outputs.rows.take().is_empty(), !drain);
        finish(&place, local(&path), to);
    }
}

#[test]
fn a_job_is_cancelled_once_its_savepoint_stands() {
    cancel(&mut slow(2), &mut environment(3), 3);
}

/// Cancels a job with a savepoint; `next` goes on from there.
fn cancel(job: &mut Environment, next: &mut Environment, parallelism: u32) {
    let place = Place::new();
    let running = Running::start(&place, job);
    running.until(500);
    let control = running.handle.control();
    let path = running.handle.cancel_with_savepoint(None).unwrap();
    let error = running.handle.wait().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(control.status().state, JobState::Cancelled);
    assert_eq!(
        control.savepoint(None).unwrap_err().kind(),
        ErrorKind::Cancelled
    );
    finish_on(&place, local(&path), next, parallelism);
}

#[test]
fn a_savepoint_needs_a_directory_that_can_be_written_to() {
    let place = Place::new();
    let mut environment = slow(2);
    let running = Running::start(&place, &mut environment);
    running.until(300);
    let file = place.directory.path().join("file");
    std::fs::write(&file, "mine").unwrap();
    for stop in [false, true] {
        let asked = if stop {
            running.handle.stop(Some(&file.clone().into()), false)
        } else {
            running.handle.savepoint(Some(&file.clone().into()))
        };
        let error = asked.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Storage);
        assert!(
            error.to_string().contains(file.to_str().unwrap()),
            "{error}"
        );
    }
    let report = running.gate.wait(running.handle).unwrap();
    assert_eq!((report.restarts, report.savepoints), (0, 0));
    check(&running.outputs, &place.output(), 2);

    let mut environment = slow(1);
    let elsewhere = place.directory.path().join("elsewhere");
    let outputs = build(&environment, &elsewhere);
    let handle = environment.set_rate(50).start().unwrap();
    let error = handle.savepoint(None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(
        error
            .to_string()
            .contains("'execution.checkpointing.savepoint-dir'"),
        "{error}"
    );
    handle.cancel();
    handle.wait().unwrap_err();
    drop(outputs);
}

#[test]
fn a_savepoint_that_fails_leaves_nothing_behind_and_the_job_alone() {
    let mut job = slow(2);
    // So that no checkpoint fails in its stead.
    job.set_checkpoint_every(1_000_000);
    fail(&mut job, 2);
}

/// Asks for a savepoint that fails; the job ends as if nothing had been.
fn fail(job: &mut Environment, parallelism: u32) {
    let place = Place::new();
    job.set_failures(FailurePlan::new().fail(
        "tally",
        Some(1),
        FailAt::Snapshot(1),
        Failure::Error,
    ));
    let running = Running::start(&place, job);
    running.until(300);
    let error = running.handle.savepoint(None).unwrap_err();
    assert!(error.to_string().contains("'tally'"), "{error}");
    assert_eq!(place.savepoint_count(), 0);
    let report = running.gate.wait(running.handle).unwrap();
    assert_eq!((report.restarts, report.failed_checkpoints), (0, 1));
    check(&running.outputs, &place.output(), parallelism);
}

#[test]
fn n10_a_stop_that_fails_leaves_the_job_running_and_checkpointed() {
    for (operator, at) in [
        ("tally", FailAt::Snapshot(1)),
        ("sink", FailAt::Snapshot(1)),
        ("raw", FailAt::BeforeBarrier(1)),
        ("gains", FailAt::AfterBarrier(1)),
    ] {
        let place = Place::new();
        let mut environment = slow(2);
        environment
            .set_checkpoint_every(1_000)
            .set_failures(FailurePlan::new().fail(operator, None, at, Failure::Error));
        let running = Running::start(&place, &mut environment);
        running.until(300);
        let error = running.handle.stop(None, true).unwrap_err();
        assert!(
            error.to_string().starts_with("savepoint 1 was given up"),
            "{error}"
        );
        let report = running.gate.wait(running.handle).unwrap();
        assert_eq!((report.restarts, report.savepoints), (1, 0));
        assert!(report.checkpoints >= 1 && report.stopped_with.is_none());
        assert_eq!(place.savepoint_count(), 0);
        check(&running.outputs, &place.output(), 2);
    }
}

#[test]
fn a_job_that_fails_between_its_last_savepoint_and_the_commit_only_commits() {
    let mut job = slow(2);
    job.set_checkpoint_every(1_000_000);
    fail_before_commit(&mut job, &mut environment(2), 2);
}

/// Stops a job, which fails before all is committed and restarts for that; `next` goes on from the
/// savepoint.
fn fail_before_commit(job: &mut Environment, next: &mut Environment, parallelism: u32) {
    let place = Place::new();
    let plan = FailurePlan::new();
    job.set_failures(plan.fail("sink", None, FailAt::Complete(1), Failure::Panic));
    let running = Running::start(&place, job);
    running.until(500);
    let path = running.handle.stop(None, false).unwrap();
    let report = running.gate.wait(running.handle).unwrap();
    assert_eq!(report.restarts, 1);
    assert_eq!(report.stopped_with.as_ref(), Some(&path));
    assert!(report.records_read < RECORDS);
    finish_on(&place, local(&path), next, parallelism);
}

#[test]
fn savepoints_and_failures_at_random_moments_change_nothing() {
    let mut random = Seeded(7);
    let (mut stopped, mut restarts) = (0, 0);
    for _ in 0..25 {
        let place = Place::new();
        let mut from: Option<PathBuf> = None;
        loop {
            let parallelism = [1, 2, 3, 5][random.below(4) as usize];
            let mut environment = environment(parallelism);
            environment.set_rate(20_000);
            if let Some(path) = &from {
                environment.restore_from(path, RestoreOptions::default());
            }
            if random.below(2) == 0 {
                let operator = ["tally", "ruled", "raw", "gains", "sink"][random.below(5) as usize];
                let at = match random.below(5) {
                    0 => FailAt::Record(1 + random.below(200)),
                    1 => FailAt::BeforeBarrier(1 + random.below(8)),
                    2 => FailAt::AfterBarrier(1 + random.below(8)),
                    3 => FailAt::Snapshot(1 + random.below(8)),
                    _ => FailAt::Complete(1 + random.below(8)),
                };
                environment.set_failures(FailurePlan::new().fail(
                    operator,
                    None,
                    at,
                    Failure::Error,
                ));
            }
            let running = Running::start(&place, &mut environment);
            running.gate.open();
            running.until(random.below(RECORDS));
            let asked = match random.below(3) {
                0 => running.handle.savepoint(None).map(|_| None),
                1 => running.handle.stop(None, random.below(2) == 0).map(Some),
                _ => running.handle.cancel_with_savepoint(None).map(Some),
            };
            let ended = running.gate.wait(running.handle);
            if let Ok(Some(path)) = asked {
                from = Some(local(&path).to_owned());
                stopped += 1;
                continue;
            }
            restarts += ended.unwrap().restarts;
            check_files(&place.output());
            break;
        }
    }
    assert!(stopped > 5 && restarts > 3, "{stopped} {restarts}");
}

#[test]
fn a_savepoint_over_the_limit_of_metadata_is_not_written() {
    let place = Place::new();
    let mut environment = slow(2);
    environment.set_store_options(StoreOptions::default().with_max_metadata(100));
    let running = Running::start(&place, &mut environment);
    let error = running.handle.savepoint(None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    let told = "execution.checkpointing.max-metadata-size";
    assert!(error.to_string().contains(told), "{error}");
    assert_eq!(place.savepoint_count(), 0);
    running.handle.cancel();
}

#[test]
fn n03_what_cannot_be_restored_is_told_once_with_its_path() {
    let place = Place::new();
    let running = Running::start(&place, &mut slow(2));
    running.until(300);
    let path = running.handle.stop(None, false).unwrap();
    let path = local(&path);
    running.gate.wait(running.handle).unwrap();
    let refused = |environment: &mut Environment, path: &Path, kind: ErrorKind, told: &[&str]| {
        environment.restore_from(path, RestoreOptions::default());
        build(environment, &place.output());
        let error = environment.execute().unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        let text = error.to_string();
        assert!(text.contains(path.to_str().unwrap()), "{text}");
        assert!(told.iter().all(|told| text.contains(told)), "{text}");
        assert!(!text.contains("restarts"), "{text}");
    };
    let missing = place.savepoints().join("missing");
    let told = ["no such file"];
    refused(&mut environment(2), &missing, ErrorKind::Misuse, &told);
    let told = ["there is no '_metadata' in it"];
    refused(
        &mut environment(2),
        &place.savepoints(),
        ErrorKind::Misuse,
        &told,
    );
    let mut other = environment(2);
    other.set_max_parallelism(MaxParallelism::new(64).unwrap());
    let told = ["Max parallelism mismatch", "128", "64"];
    refused(&mut other, path, ErrorKind::Incompatible, &told);
    let told = ["parallelism", "128", "129"];
    refused(&mut environment(129), path, ErrorKind::Misuse, &told);
    let metadata = path.join("_metadata");
    let mut bytes = std::fs::read(&metadata).unwrap();
    let (limit, size) = ("limit of 100 ", bytes.len().to_string());
    let told = [&*size, limit, "execution.checkpointing.max-metadata-size"];
    let mut little = environment(2);
    little.set_store_options(StoreOptions::default().with_max_metadata(100));
    refused(&mut little, path, ErrorKind::LimitExceeded, &told);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&metadata, bytes).unwrap();
    refused(
        &mut environment(2),
        path,
        ErrorKind::Corrupt,
        &["_metadata"],
    );
}

#[test]
fn state_that_nobody_claims_is_left_behind_only_when_allowed() {
    let place = Place::new();
    let running = Running::start(&place, &mut slow(2));
    running.until(300);
    let path = running.handle.stop(None, false).unwrap();
    running.gate.wait(running.handle).unwrap();

    let part = |allow: bool| {
        let mut environment = environment(2);
        let options = RestoreOptions::default().with_allow_non_restored_state(allow);
        environment.restore_from(&path, options);
        crate::common::numbers(&environment)
            .key_by(|n| n % 10)
            .map_with_state(|n, seen: Option<u64>| (n, Some(seen.unwrap_or(0) + 1)))
            .uid("new")
            .collect();
        environment.execute()
    };
    let error = part(false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    let from = local(&path).to_str().unwrap();
    for told in ["'tally'", "'ruled'", "'raw'", "'sink'", from] {
        assert!(error.to_string().contains(told), "{error}");
    }
    let report = part(true).unwrap();
    assert!(report.records_before > 0, "the source goes on");
}
