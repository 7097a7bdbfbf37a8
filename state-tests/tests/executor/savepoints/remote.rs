//! Jobs whose checkpoints and savepoints are in a store that is no local directory.

use super::{Place, Running, slow};
use crate::common::{RECORDS, build, check, environment};
use alluvium::checkpoint::storage::{Location, StorageOptions};
use alluvium::checkpoint::{
    CheckpointStore, ExternalizedRetention, JobId, OwnerId, Storage, StoreOptions,
    StoredSnapshotOptions, copy_job, dispose, inspect, open_snapshot,
};
use alluvium::config::Configuration;
use alluvium::{ErrorKind, FsBackend, FsSettings};
use alluvium_state_tests::executor::{
    ClaimMode, Environment, FailurePlan, RestartStrategy, RestoreOptions,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn location(text: &str) -> Location {
    Location::new(text).unwrap()
}

fn store(url: &str) -> Arc<dyn Storage> {
    location(url).open(&StorageOptions::default()).unwrap()
}

/// State goes into files, however little it is.
fn on_store(mut environment: Environment, url: &str) -> Environment {
    let mut settings = FsSettings::default();
    settings.files.inline_threshold = 0;
    environment
        .set_state_backend(FsBackend::new(settings).unwrap())
        .set_checkpoint_dir(url);
    environment
}

fn published(url: &str) -> Vec<u64> {
    let found = inspect(store(url), &JobId::new("test").unwrap()).unwrap();
    let found = found.map(|found| found.checkpoints).unwrap_or_default();
    found.iter().map(|published| published.checkpoint).collect()
}

#[test]
fn a_job_is_resumed_from_a_store_and_leaves_only_its_last_checkpoint() {
    let url = "memory://executor-resume/jobs";
    let place = Place::new();
    let running = Running::start(&place, &mut on_store(slow(2), url));
    running.until(900);
    running.handle.cancel();
    running.handle.wait().unwrap_err();
    let before = published(url);
    assert_eq!(before.len(), 1);

    let environment = on_store(environment(3), url);
    let outputs = build(&environment, &place.output());
    let report = environment.execute().unwrap();
    assert_eq!(report.restored_from.map(|id| id.0), before.last().copied());
    assert!(
        report.records_before > 0 && report.checkpoints > 2,
        "{report:?}"
    );
    check(&outputs, &place.output(), 3);
    let chk = |name: &&String| name.starts_with("chk-");
    let left = store(url).list("test").unwrap();
    assert_eq!(left.iter().filter(chk).count(), 1, "{left:?}");
}

#[test]
fn savepoints_go_to_stores_and_are_gone_on_from() {
    let (url, target) = (
        "memory://executor-savepoints/jobs",
        "memory://executor-savepoints/by/hand",
    );
    let place = Place::new();
    let running = Running::start(&place, &mut on_store(slow(2), url));
    running.until(300);
    // To a directory of this machine, to a store, and once more as the job stops.
    let local = running.handle.savepoint(None).unwrap();
    let target = location(target);
    let remote = running.handle.savepoint(Some(&target)).unwrap();
    assert!(
        local.local_path().is_some() && remote.is_in(&target),
        "{remote}"
    );
    let status = running.handle.status();
    assert_eq!(status.last_savepoint.as_ref(), Some(&remote));
    let stopped = running.handle.stop(Some(&target), false).unwrap();
    let report = running.gate.wait(running.handle).unwrap();
    assert_eq!(report.stopped_with.as_ref(), Some(&stopped));
    assert!(report.records_read < RECORDS);
    // Newest first: what is restored takes back what was written behind it. A claimed one goes by
    // itself.
    let mut claiming = on_store(environment(2), "memory://executor-savepoints/claiming");
    let claim = RestoreOptions::default().with_claim(ClaimMode::Claim);
    claiming.restore_from(&stopped, claim);
    let outputs = build(&claiming, &place.output());
    claiming.execute().unwrap();
    check(&outputs, &place.output(), 2);
    let options = StorageOptions::default();
    for (savepoint, parallelism) in [(remote.join("_metadata"), 1), (local, 3)] {
        let opened = open_snapshot(&savepoint, &options, StoredSnapshotOptions::default()).unwrap();
        opened.stored.verify().unwrap();
        let mut environment = environment(parallelism);
        environment.restore_from(&savepoint, RestoreOptions::default());
        let outputs = build(&environment, &place.output());
        let report = environment.execute().unwrap();
        let checkpoint = opened.stored.metadata().checkpoint;
        assert_eq!(report.restored_from, Some(checkpoint));
        check(&outputs, &place.output(), parallelism);
    }
    dispose(&remote, &options, StoredSnapshotOptions::default()).unwrap();
    let left = store(target.as_str()).list("").unwrap();
    assert_eq!(left, [""; 0]);
}

#[test]
fn a_claim_outlives_the_process_that_has_made_it_but_not_the_place_of_its_checkpoints() {
    let url = "memory://executor-claim/jobs";
    let target = location("memory://executor-claim/savepoints");
    let options = StorageOptions::default();
    let place = Place::new();
    let running = Running::start(&place, &mut slow(2));
    running.until(300);
    let savepoint = running.handle.stop(Some(&target), false).unwrap();
    running.gate.wait(running.handle).unwrap();

    // Three checkpoints subsume it, and the first process takes one.
    let claiming = |url: &str| {
        let mut environment = on_store(slow(2), url);
        environment.checkpoint_options().num_retained = 3;
        environment
    };
    let mut first = claiming(url);
    let claim = RestoreOptions::default().with_claim(ClaimMode::Claim);
    first
        .set_checkpoint_every(1_000_000)
        .restore_from(&savepoint, claim);
    let running = Running::start(&place, &mut first);
    let taken = running.handle.control().checkpoint().unwrap().wait();
    taken.unwrap();
    running.handle.control().suspend();
    running.handle.wait().unwrap_err();
    assert_eq!(published(url).len(), 1);
    open_snapshot(&savepoint, &options, StoredSnapshotOptions::default()).unwrap();

    // In a copy of its checkpoints the job has claimed nothing.
    let (copy, job) = ("memory://executor-claim/copy", JobId::new("test").unwrap());
    copy_job(
        &store(url),
        &job,
        &store(copy),
        StoredSnapshotOptions::default(),
        |_| {},
    )
    .unwrap();
    let moved = claiming(copy);
    let other = place.directory.path().join("moved");
    copy_folder(&place.output(), &other);
    let outputs = build(&moved, &other);
    moved.execute().unwrap();
    check(&outputs, &other, 2);
    open_snapshot(&savepoint, &options, StoredSnapshotOptions::default()).unwrap();

    // Where they are, it goes once it is subsumed.
    let next = claiming(url);
    let outputs = build(&next, &place.output());
    let report = next.execute().unwrap();
    assert!(report.restored_from.is_some() && report.checkpoints > 3);
    check(&outputs, &place.output(), 2);
    assert_eq!(
        open_snapshot(&savepoint, &options, StoredSnapshotOptions::default())
            .unwrap_err()
            .kind(),
        ErrorKind::Misuse
    );
}

#[test]
fn a_claim_outlives_a_start_from_elsewhere_but_not_one_from_what_it_claims() {
    for again in [false, true] {
        let url = format!("memory://executor-claim-{again}/jobs");
        let target = location(&format!("memory://executor-claim-{again}/savepoints"));
        let place = Place::new();
        let running = Running::start(&place, &mut slow(2));
        running.until(300);
        let claimed = running.handle.stop(Some(&target), false).unwrap();
        running.gate.wait(running.handle).unwrap();

        // It would take more checkpoints than there are to subsume it: what is claimed goes with
        // the job that has finished.
        let on_url = || {
            let mut environment = on_store(slow(2), &url);
            environment.checkpoint_options().num_retained = 1_000;
            environment
        };
        let mut first = on_url();
        let claim = RestoreOptions::default().with_claim(ClaimMode::Claim);
        first
            .set_checkpoint_every(1_000_000)
            .restore_from(&claimed, claim);
        let running = Running::start(&place, &mut first);
        let other = running.handle.savepoint(Some(&target)).unwrap();
        let taken = running.handle.control().checkpoint().unwrap().wait();
        taken.unwrap();
        running.handle.control().suspend();
        running.handle.wait().unwrap_err();

        let mut next = on_url();
        let from = if again { &claimed } else { &other };
        next.restore_from(from, RestoreOptions::default());
        let outputs = build(&next, &place.output());
        next.execute().unwrap();
        check(&outputs, &place.output(), 2);
        let options = StorageOptions::default();
        open_snapshot(&other, &options, StoredSnapshotOptions::default()).unwrap();
        assert_eq!(
            open_snapshot(&claimed, &options, StoredSnapshotOptions::default()).is_ok(),
            again
        );
    }
}

/// A job that claims a savepoint and is suspended behind its first checkpoint: the place of its
/// output, and the savepoint.
fn suspended_with_a_claim(url: &str) -> (Place, Location) {
    let target = location(&format!("{url}-savepoints"));
    let place = Place::new();
    let running = Running::start(&place, &mut slow(2));
    running.until(300);
    let claimed = running.handle.stop(Some(&target), false).unwrap();
    running.gate.wait(running.handle).unwrap();
    let mut first = on_store(slow(2), url);
    first.checkpoint_options().num_retained = 1_000;
    let claim = RestoreOptions::default().with_claim(ClaimMode::Claim);
    first
        .set_checkpoint_every(1_000_000)
        .restore_from(&claimed, claim);
    let running = Running::start(&place, &mut first);
    let taken = running.handle.control().checkpoint().unwrap().wait();
    taken.unwrap();
    running.handle.control().suspend();
    running.handle.wait().unwrap_err();
    (place, claimed)
}

#[test]
fn what_is_claimed_goes_with_the_checkpoints_that_note_it() {
    let url = "memory://executor-claim-cancelled/jobs";
    let (place, claimed) = suspended_with_a_claim(url);
    let mut next = on_store(slow(2), url);
    next.set_checkpoint_every(1_000_000);
    next.checkpoint_options().retention = ExternalizedRetention::DeleteOnCancellation;
    let running = Running::start(&place, &mut next);
    running.until(600);
    running.handle.cancel();
    running.handle.wait().unwrap_err();
    assert_eq!(published(url), [0; 0]);
    let gone = open_snapshot(
        &claimed,
        &StorageOptions::default(),
        StoredSnapshotOptions::default(),
    );
    assert_eq!(gone.unwrap_err().kind(), ErrorKind::Misuse);
}

#[test]
fn what_is_claimed_stays_if_another_owner_has_taken_over() {
    let url = "memory://executor-claim-taken-over/jobs";
    let (place, claimed) = suspended_with_a_claim(url);
    let mut next = on_store(slow(2), url);
    next.set_checkpoint_every(1_000_000)
        .set_restart_strategy(RestartStrategy::None);
    next.checkpoint_options().retention = ExternalizedRetention::NeverRetain;
    let running = Running::start(&place, &mut next);
    let control = running.handle.control();
    control.checkpoint().unwrap().wait().unwrap();
    let (job, owner) = (JobId::new("test").unwrap(), OwnerId([9; 16]));
    CheckpointStore::open(store(url), job, owner, StoreOptions::default()).unwrap();
    control.checkpoint().unwrap().wait().unwrap_err();
    running.handle.wait().unwrap_err();
    assert!(!published(url).is_empty());
    open_snapshot(
        &claimed,
        &StorageOptions::default(),
        StoredSnapshotOptions::default(),
    )
    .unwrap();
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_finished_job_is_not_begun_anew_from_its_own_checkpoint() {
    let url = "memory://executor-finished/jobs";
    let place = Place::new();
    let first = on_store(environment(2), url);
    build(&first, &place.output());
    first.execute().unwrap();
    let newest = published(url).pop().unwrap();
    let mut again = on_store(environment(2), url);
    let own = location(url).join("test").join(&format!("chk-{newest}"));
    again.restore_from(own, RestoreOptions::default());
    build(&again, &place.output());
    let error = again.execute().unwrap_err();
    assert!(
        error.to_string().contains("copy this one elsewhere"),
        "{error}"
    );
}

#[test]
fn what_a_configuration_says_of_stores_holds() {
    let resolved = Configuration::new()
        .with_argument("execution.checkpointing.dir=memory://executor-configured/a")
        .and_then(|set| {
            set.with_argument(
                "execution.checkpointing.savepoint-dir=memory://executor-configured/b",
            )
        })
        .and_then(|set| set.with_argument("execution.checkpointing.interval=1 h"))
        .and_then(|set| set.resolve())
        .unwrap();
    let place = Place::new();
    let mut environment = environment(2);
    environment.configure(&resolved).unwrap();
    environment.set_rate(8_000).set_parallelism(2);
    environment.set_progress_interval(Duration::from_millis(2));
    let outputs = build(&environment, &place.output());
    let handle = environment.start().unwrap();
    let savepoint = handle.savepoint(None).unwrap();
    assert!(savepoint.is_in(&location("memory://executor-configured/b")));
    handle.wait().unwrap();
    check(&outputs, &place.output(), 2);
    assert_eq!(published("memory://executor-configured/a").len(), 1);
}

/// Sets something wrongly.
type Set = fn(&mut Environment);

#[test]
fn places_that_make_no_sense_are_told_before_anything_runs() {
    let cases: [(Set, &str); 4] = [
        (
            |it| {
                it.set_checkpoint_dir("gopher://x");
            },
            "the checkpoint directory: expected a path, or a URL",
        ),
        (
            |it| {
                it.set_savepoint_dir("s3:///x");
            },
            "the savepoint directory: expected a name behind s3://",
        ),
        (
            |it| {
                it.restore_from("", RestoreOptions::default());
            },
            "what the job is to start from: expected a path, or a URL",
        ),
        (
            |it| {
                it.set_storage_options(StorageOptions::new().with_threads(0));
            },
            "'storage.threads' must be 1 to 1024, found 0",
        ),
    ];
    for (set, told) in cases {
        let place = Place::new();
        let mut environment = environment(1);
        set(&mut environment);
        environment.set_failures(FailurePlan::new());
        build(&environment, &place.output());
        let error = environment.execute().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse);
        assert!(error.to_string().contains(told), "{error}");
    }
}
