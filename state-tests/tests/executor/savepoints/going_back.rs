//! Jobs that go back to an older snapshot, and die, or are refused, before they have a checkpoint.

use super::{Place, Running, local, open, slow, updates_of};
use crate::common::{build, check, check_files, committed, environment};
use alluvium::checkpoint::storage::{Fault, FaultStorage};
use alluvium::checkpoint::{CheckpointStore, JobId, LocalStorage, OwnerId, StoreOptions, inspect};
use alluvium::config::Location;
use alluvium::{ErrorKind, Result, StateError};
use alluvium_state_tests::executor::{
    Context, Environment, FailAt, Failure, FailurePlan, OpenContext, Process, RestartStrategy,
    RestoreOptions,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// A job that has checkpoints, and an older savepoint.
struct Job {
    place: Place,
    savepoint: PathBuf,
    /// The number of the savepoint.
    id: u64,
}

impl Job {
    fn new(ends: bool) -> Self {
        let place = Place::new();
        let mut environment = slow(2);
        environment.set_checkpoint_dir(place.checkpoints());
        let running = Running::start(&place, &mut environment);
        running.until(500);
        let (path, id) = savepoint_with_updates(&place, &running);
        running.until(1_300);
        if ends {
            running.gate.wait(running.handle).unwrap();
        } else {
            running.handle.cancel();
            running.handle.wait().unwrap_err();
        }
        let job = Self {
            savepoint: local(&path).to_owned(),
            id,
            place,
        };
        assert!(job.newest() > Some(job.id), "there are newer checkpoints");
        assert!(!job.is_behind().is_empty(), "with updates");
        job
    }

    fn environment(&self, parallelism: u32) -> Environment {
        let mut environment = environment(parallelism);
        environment.set_checkpoint_dir(self.place.checkpoints());
        environment
    }

    fn from(&self, snapshot: &Path) -> Environment {
        let mut environment = self.environment(2);
        environment.restore_from(snapshot, RestoreOptions::default());
        environment
    }

    /// A run that dies before it has a checkpoint.
    fn die(&self, environment: &mut Environment) {
        self.die_at(environment, FailAt::Record(3));
    }

    fn die_at(&self, environment: &mut Environment, at: FailAt) {
        let plan = FailurePlan::new().fail("tally", None, at, Failure::Error);
        environment
            .set_restart_strategy(RestartStrategy::None)
            .set_failures(plan);
        build(environment, &self.place.output());
        let error = environment.execute().unwrap_err();
        assert!(error.to_string().contains("tally"), "{error}");
    }

    /// A run to the end; the number of what it was restored from.
    fn finish(&self, environment: &Environment, parallelism: u32) -> Option<u64> {
        let outputs = build(environment, &self.place.output());
        let report = environment.execute().unwrap();
        check(&outputs, &self.place.output(), parallelism);
        report.restored_from.map(|id| id.0)
    }

    /// What the log of its checkpoints says, and the newest of them.
    fn inspect(&self) -> (Option<String>, bool, Option<u64>) {
        let storage = Arc::new(LocalStorage::open(self.place.checkpoints()).unwrap());
        let found = inspect(storage, &JobId::new("test").unwrap()).unwrap();
        let found = found.unwrap();
        let newest = found.checkpoints.last().map(|newest| newest.checkpoint);
        (found.origin, found.started_over, newest)
    }

    fn newest(&self) -> Option<u64> {
        self.inspect().2
    }

    /// The folder of the newest checkpoint.
    fn newest_folder(&self) -> PathBuf {
        let newest = self.newest().unwrap();
        self.place.checkpoints().join(format!("test/chk-{newest}"))
    }

    /// The updates that were committed behind the savepoint.
    fn is_behind(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.place.output()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let number = |name: &String| name.split('-').nth(1).unwrap().parse::<u64>().unwrap();
        let mut names: Vec<_> = names.filter(|name| number(name) > self.id).collect();
        names.sort();
        names
    }
}

/// A savepoint that leaves something to be committed, and its number.
fn savepoint_with_updates(place: &Place, running: &Running) -> (Location, u64) {
    for _ in 0..100 {
        let path = running.handle.savepoint(None).unwrap();
        let id = open(local(&path)).stored.metadata().checkpoint.0;
        if updates_of(&place.output(), id).is_some() {
            return (path, id);
        }
    }
    panic!("no savepoint of a hundred has updates");
}

#[test]
fn whoever_comes_next_goes_back_too_until_there_is_a_checkpoint() {
    let job = Job::new(false);
    job.die(&mut job.from(&job.savepoint));
    let (origin, started_over, newest) = job.inspect();
    assert_eq!(
        origin.as_deref(),
        job.savepoint.canonicalize().unwrap().to_str()
    );
    assert!(!started_over && newest > Some(job.id));
    assert!(job.is_behind().is_empty(), "taken back");
    job.die(&mut job.environment(3));
    assert_eq!(job.finish(&job.environment(3), 3), Some(job.id));
    assert_eq!(job.inspect().0, None);
}

#[test]
fn what_comes_behind_the_first_checkpoint_does_not_go_back_any_more() {
    let job = Job::new(false);
    let before = job.newest().unwrap();
    let mut environment = job.from(&job.savepoint);
    job.die_at(&mut environment, FailAt::Complete(before + 1));
    assert_eq!(job.inspect().0, None);
    assert!(job.finish(&job.environment(1), 1) > Some(before));
}

#[test]
fn a_job_may_go_back_to_something_else_instead() {
    let job = Job::new(false);
    let newest = job.newest_folder();
    job.die(&mut job.from(&newest));
    assert_eq!(job.finish(&job.from(&job.savepoint), 2), Some(job.id));
}

#[test]
fn a_finished_job_that_dies_on_its_way_back_is_started_from_there_again() {
    let job = Job::new(true);
    job.die(&mut job.from(&job.savepoint));
    let (origin, started_over, newest) = job.inspect();
    assert!(origin.is_some() && !started_over && newest.is_none());
    assert_eq!(job.finish(&job.environment(3), 3), Some(job.id));
}

#[test]
fn a_job_that_is_started_over_from_a_savepoint_and_dies_is_started_from_there_again() {
    let job = Job::new(false);
    job.die(job.from(&job.savepoint).start_fresh());
    let (origin, started_over, newest) = job.inspect();
    assert!(origin.is_some() && started_over && newest.is_none());
    assert_eq!(job.finish(&job.environment(3), 3), Some(job.id));
}

#[test]
fn a_job_that_was_told_to_start_from_nothing_forgets_what_it_was_told_before() {
    let job = Job::new(false);
    job.die(&mut job.from(&job.savepoint));
    std::fs::remove_dir_all(job.place.output()).unwrap();
    let mut environment = job.environment(2);
    environment.start_fresh();
    assert_eq!(job.finish(&environment, 2), None);
}

#[test]
fn without_the_savepoint_it_is_told_where_the_job_was_to_start() {
    let job = Job::new(false);
    job.die(&mut job.from(&job.savepoint));
    let moved = job.savepoint.with_file_name("moved");
    std::fs::rename(&job.savepoint, &moved).unwrap();
    let environment = job.environment(2);
    build(&environment, &job.place.output());
    let error = environment.execute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
    let text = error.to_string();
    let told = [
        "was told to start from a snapshot and has had no checkpoint since",
        job.savepoint.to_str().unwrap(),
        "no such file",
    ];
    assert!(told.iter().all(|told| text.contains(told)), "{text}");
    assert_eq!(job.finish(&job.from(&moved), 2), Some(job.id));
}

/// A function that cannot be opened.
struct Refused;

impl Process<(), u64, u64> for Refused {
    fn open(&mut self, _: &mut OpenContext<'_, ()>) -> Result<()> {
        Err(StateError::incompatible("of another kind"))
    }

    fn process(&mut self, _: u64, _: &mut Context<'_, (), u64>) -> Result<()> {
        Ok(())
    }
}

#[test]
fn a_start_that_is_refused_takes_nothing_back() {
    for (ends, fresh) in [(false, false), (false, true), (true, false)] {
        let job = Job::new(ends);
        let before = (
            job.inspect(),
            committed(&job.place.output()),
            job.is_behind(),
        );
        let mut environment = job.from(&job.savepoint);
        if fresh {
            environment.start_fresh();
        }
        let more = environment.from_collection([1]).uid("more");
        more.process(|| Refused).uid("refused").collect();
        build(&environment, &job.place.output());
        let error = environment.execute().unwrap_err();
        assert!(error.to_string().contains("of another kind"), "{error}");
        let after = (
            job.inspect(),
            committed(&job.place.output()),
            job.is_behind(),
        );
        assert_eq!(before, after);
        if ends {
            check_files(&job.place.output());
        } else {
            assert_eq!(job.finish(&job.environment(2), 2), before.0.2);
        }
    }
}

/// A function that is opened while another process takes the job over.
struct TakenOver(PathBuf);

impl Process<(), u64, u64> for TakenOver {
    fn open(&mut self, _: &mut OpenContext<'_, ()>) -> Result<()> {
        let storage = Arc::new(LocalStorage::open(&self.0)?);
        let (job, owner) = (JobId::new("test")?, OwnerId([9; 16]));
        CheckpointStore::open(storage, job, owner, StoreOptions::default()).map(drop)
    }

    fn process(&mut self, _: u64, _: &mut Context<'_, (), u64>) -> Result<()> {
        Ok(())
    }
}

#[test]
fn a_run_that_was_taken_over_before_it_began_removes_nothing() {
    for goes_back in [true, false] {
        let job = Job::new(false);
        let output = job.place.output();
        let of_another = output.join(".gains-99-0-7.pending");
        std::fs::write(&of_another, "key,gain\n").unwrap();
        let before = job.is_behind();
        let environment = if goes_back {
            job.from(&job.savepoint)
        } else {
            job.environment(2)
        };
        let root = job.place.checkpoints();
        let more = environment.from_collection([1]).uid("more");
        let more = more.process(move || TakenOver(root.clone()));
        more.uid("taken-over").parallelism(1).collect();
        build(&environment, &output);
        let error = environment.execute().unwrap_err();
        assert!(error.to_string().contains("taken over"), "{error}");
        assert_eq!(job.is_behind(), before);
        assert!(of_another.exists());
    }
}

#[test]
fn a_start_that_could_not_commit_takes_nothing_back() {
    for fresh in [false, true] {
        let job = Job::new(false);
        let output = job.place.output();
        let due = updates_of(&output, job.id).unwrap();
        let elsewhere = job.savepoint.with_file_name("elsewhere");
        std::fs::rename(&due, &elsewhere).unwrap();
        let before = (job.inspect(), job.is_behind());
        let mut environment = job.from(&job.savepoint);
        if fresh {
            environment.start_fresh();
        }
        build(&environment, &output);
        let error = environment.execute().unwrap_err();
        assert!(error.to_string().contains("but it is gone"), "{error}");
        assert_eq!((job.inspect(), job.is_behind()), before);
        std::fs::rename(&elsewhere, &due).unwrap();
        assert_eq!(job.finish(&job.environment(2), 2), before.0.2);
    }
}

/// Neither the checkpoints of a job nor what has become of the last one keep it from going back.
#[test]
fn damaged_checkpoints_do_not_keep_a_job_from_going_back() {
    for (ends, fresh) in [(false, false), (false, true), (true, false)] {
        let job = Job::new(ends);
        let newest = job.newest_folder();
        std::fs::write(newest.join("_metadata"), "damaged").unwrap();
        let mut environment = job.from(&job.savepoint);
        if fresh {
            environment.start_fresh();
        }
        assert_eq!(job.finish(&environment, 2), Some(job.id));
    }
}

#[test]
fn checkpoints_of_before_go_with_the_first_new_one() {
    let job = Job::new(false);
    let before = job.newest().unwrap();
    let mut environment = job.from(&job.savepoint);
    environment.checkpoint_options().num_retained = 100;
    job.die_at(&mut environment, FailAt::Complete(before + 3));
    let storage = LocalStorage::open(job.place.checkpoints()).unwrap();
    let found = inspect(Arc::new(storage), &JobId::new("test").unwrap())
        .unwrap()
        .unwrap();
    let ids: Vec<_> = found
        .checkpoints
        .iter()
        .map(|live| live.checkpoint)
        .collect();
    assert!(ids.len() > 2 && ids[0] > before, "{before}: {ids:?}");
}

/// The answer to a publication is lost: the job looks what has become of it before it goes back once
/// more.
#[test]
fn what_was_published_without_an_answer_is_what_the_job_goes_on_from() {
    for stands in [true, false] {
        let job = Job::new(false);
        let mut environment = job.from(&job.savepoint);
        let (written, asked) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU32::new(0)),
        );
        environment.wrap_storage(move |storage| {
            let (written, asked) = (Arc::clone(&written), Arc::clone(&asked));
            Arc::new(FaultStorage::new(storage, move |operation| {
                let creates = operation.name == "create";
                if creates && operation.path.ends_with("_metadata") {
                    written.store(true, Ordering::SeqCst);
                }
                let appends = creates && operation.path.contains("/log/");
                if !appends || !written.load(Ordering::SeqCst) {
                    return Fault::None;
                }
                // As often as an append is tried.
                match asked.fetch_add(1, Ordering::SeqCst) {
                    0 if stands => Fault::After,
                    0..3 => Fault::Before,
                    _ => Fault::None,
                }
            }))
        });
        let running = Running::start(&job.place, &mut environment);
        let report = running.gate.wait(running.handle).unwrap();
        check(&running.outputs, &job.place.output(), 2);
        assert_eq!(report.restarts, 1);
        let started: Vec<_> = running.started.try_iter().collect();
        assert_eq!(started[0], Some(job.id));
        assert_eq!(started[1] == Some(job.id), !stands, "{started:?}");
    }
}

#[test]
fn what_would_be_given_up_cannot_be_started_from() {
    let job = Job::new(false);
    let newest = job.newest_folder();
    let before = contents(&job.place.checkpoints().join("test"));
    let mut environment = job.from(&newest);
    environment.start_fresh();
    build(&environment, &job.place.output());
    let error = environment.execute().unwrap_err();
    assert!(
        error.to_string().contains("copy this one elsewhere"),
        "{error}"
    );
    let mut after = contents(&job.place.checkpoints().join("test"));
    after.retain(|path, _| before.contains_key(path));
    assert_eq!(before, after);
    job.finish(&job.environment(2), 2);
}

/// All files below a folder.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else {
            all.insert(path.clone(), std::fs::read(path).unwrap());
        }
    }
    all
}
