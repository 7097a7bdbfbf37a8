//! Savepoints of jobs that have gone on from an older checkpoint, or in another place.

use super::{Place, Running, local, open, slow, updates_of};
use crate::common::{build, check, check_files, environment};
use alluvium::checkpoint::{JobId, LocalStorage, inspect};
use alluvium_state_tests::executor::{
    Environment, FailAt, Failure, FailurePlan, RestartStrategy, RestoreOptions,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A job that was cancelled with a savepoint, which is newer than its checkpoints.
struct Job {
    place: Place,
    savepoint: PathBuf,
    id: u64,
}

impl Job {
    /// One whose savepoint leaves something to be committed.
    fn new() -> Self {
        for _ in 0..100 {
            let job = Self::cancelled();
            if updates_of(&job.place.output(), job.id).is_some() {
                return job;
            }
        }
        panic!("no savepoint of a hundred has updates");
    }

    fn cancelled() -> Self {
        let place = Place::new();
        let mut environment = slow(2);
        environment.set_checkpoint_dir(place.checkpoints());
        let running = Running::start(&place, &mut environment);
        running.until(500);
        let path = running.handle.cancel_with_savepoint(None).unwrap();
        running.handle.wait().unwrap_err();
        let savepoint = local(&path).to_owned();
        let id = open(&savepoint).stored.metadata().checkpoint.0;
        let newest = next_in(&place.checkpoints()).1;
        assert!(newest.is_some_and(|newest| newest < id), "{newest:?}");
        Self {
            place,
            savepoint,
            id,
        }
    }

    fn start_from(&self, checkpoints: &Path) -> Environment {
        let mut environment = environment(2);
        environment
            .set_checkpoint_dir(checkpoints)
            .set_restart_strategy(RestartStrategy::None)
            .restore_from(&self.savepoint, RestoreOptions::default());
        environment
    }
}

/// The least id that a checkpoint may have from now on, and the newest that there is.
fn next_in(checkpoints: &Path) -> (u64, Option<u64>) {
    let storage = Arc::new(LocalStorage::open(checkpoints).unwrap());
    let found = inspect(storage, &JobId::new("test").unwrap()).unwrap();
    let found = found.unwrap();
    let newest = found.checkpoints.last().map(|newest| newest.checkpoint);
    (found.next_checkpoint.0, newest)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    let names = entries.map(name);
    names.map(|name| name.into_string().unwrap()).collect()
}

/// What the other way has put out must not be taken for what the savepoint left to be committed.
#[test]
fn a_savepoint_whose_output_another_run_has_removed_is_refused() {
    let job = Job::new();
    let note = job
        .place
        .checkpoints()
        .join(format!("test/chk-{}/given", job.id));
    assert!(note.exists());
    let mut other_way = environment(2);
    other_way.set_checkpoint_dir(job.place.checkpoints());
    let outputs = build(&other_way, &job.place.output());
    let report = other_way.execute().unwrap();
    assert!(report.restored_from.is_some_and(|from| from.0 < job.id));
    check(&outputs, &job.place.output(), 2);
    assert!(!note.exists(), "the log tells of it by now");
    let before = names(&job.place.output());
    let same = format!("gains-{}-", job.id);
    assert!(
        !before.iter().any(|name| name.starts_with(&same)),
        "{before:?}"
    );

    let back = job.start_from(&job.place.checkpoints());
    build(&back, &job.place.output());
    let error = back.execute().unwrap_err().to_string();
    assert!(
        error.contains("but it is gone: a job that goes on from an earlier"),
        "{error}"
    );
    assert_eq!(names(&job.place.output()), before);
    check_files(&job.place.output());
}

#[test]
fn a_job_that_dies_on_its_way_from_a_savepoint_gives_its_id_to_no_checkpoint() {
    let job = Job::new();
    let elsewhere = Place::new();
    let mut environment = job.start_from(&elsewhere.checkpoints());
    let plan = FailurePlan::new().fail("tally", None, FailAt::Record(3), Failure::Error);
    environment.set_failures(plan);
    build(&environment, &job.place.output());
    environment.execute().unwrap_err();
    assert_eq!(next_in(&elsewhere.checkpoints()), (job.id + 1, None));
}
