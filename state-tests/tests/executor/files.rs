//! Jobs on the filesystem backend: snapshots in files, increments, and what is left of them.
use crate::common::{RECORDS, RULE_COUNT, Seeded, build, build_behind, check, environment};
use crate::gate::Gate;
use alluvium::checkpoint::{
    FilePlace, LocalStorage, Storage, StoreOptions, StoredSnapshot, StoredSnapshotOptions,
};
use alluvium::{ErrorKind, FsBackend, FsSettings, MemoryBackend};
use alluvium_state_tests::executor::{
    Environment, FailAt, Failure, FailurePlan, JobEvent, JobReport, RestartStrategy,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

/// A backend whose snapshots all go into files, however small.
fn backend(incremental: bool) -> FsBackend {
    let mut settings = FsSettings::default();
    settings.files.incremental = incremental;
    settings.files.inline_threshold = 0;
    // No chain begins anew while one of these jobs lives, however small its state is.
    settings.files.max_delta_ratio = 8.0;
    FsBackend::new(settings).unwrap()
}

fn on_files(root: &Path, parallelism: u32, incremental: bool) -> Environment {
    let mut environment = environment(parallelism);
    environment
        .set_state_backend(backend(incremental))
        .set_checkpoint_dir(root.join("checkpoints"));
    environment
}

fn output(root: &Path) -> PathBuf {
    root.join("output")
}

fn run(environment: &Environment, root: &Path, parallelism: u32) -> JobReport {
    let outputs = build(environment, &output(root));
    let report = environment.execute().unwrap();
    check(&outputs, &output(root), parallelism);
    report
}

/// The newest checkpoint that is left in `root`, verified; nothing else may be there.
fn only_what_is_needed(root: &Path) -> StoredSnapshot {
    let storage = Arc::new(LocalStorage::open(root.join("checkpoints")).unwrap());
    let checkpoints: Vec<String> = storage.list("test").unwrap();
    let checkpoints: Vec<&String> = checkpoints
        .iter()
        .filter(|name| name.starts_with("chk-"))
        .collect();
    let [newest] = &checkpoints[..] else {
        panic!("{checkpoints:?}");
    };
    let folder = format!("test/{newest}");
    let options = StoredSnapshotOptions::default();
    let stored = StoredSnapshot::load(storage.clone(), &folder, options).unwrap();
    stored.verify().unwrap();
    let (mut own, mut shared) = (BTreeSet::from(["_metadata".to_owned()]), BTreeSet::new());
    for file in stored.file_refs() {
        match file.place {
            FilePlace::Own => own.insert(file.name),
            FilePlace::Shared => shared.insert(file.name),
        };
    }
    let there = |folder: &str| BTreeSet::from_iter(storage.list(folder).unwrap());
    assert_eq!(there(&folder), own);
    assert_eq!(there("test/shared"), shared);
    stored
}

#[test]
fn increments_build_on_each_other_and_leave_nothing_behind() {
    let root = tempfile::tempdir().unwrap();
    let report = run(&on_files(root.path(), 2, true), root.path(), 2);
    assert!(report.checkpoints > 4, "{report:?}");
    let stored = only_what_is_needed(root.path());
    let tally = stored.metadata().operator("tally").unwrap();
    let deltas = tally.subtasks.iter().flat_map(|subtask| &subtask.keyed);
    let longest = deltas.map(|chain| chain.layers.len()).max();
    assert!(longest > Some(1), "a whole snapshot and a delta at least");
}

#[test]
fn whole_snapshots_share_nothing() {
    let root = tempfile::tempdir().unwrap();
    run(&on_files(root.path(), 2, false), root.path(), 2);
    let stored = only_what_is_needed(root.path());
    let places: BTreeSet<_> = stored.file_refs().iter().map(|file| file.place).collect();
    assert_eq!(places, BTreeSet::from([FilePlace::Own]));
}

#[test]
fn failures_and_rescaling_change_nothing() {
    let mut random = Seeded(11);
    for _ in 0..12 {
        let root = tempfile::tempdir().unwrap();
        let incremental = random.below(3) > 0;
        let mut report = None;
        for life in 0..3 {
            let parallelism = [1, 2, 3, 5][random.below(4) as usize];
            let mut environment = on_files(root.path(), parallelism, incremental);
            environment.set_restart_strategy(RestartStrategy::None);
            if life < 2 {
                let operator = ["tally", "ruled", "gains", "sink"][random.below(4) as usize];
                let checkpoint = 1 + random.below(3) + 2 * life;
                let at = match random.below(4) {
                    0 => FailAt::BeforeBarrier(checkpoint),
                    1 => FailAt::AfterBarrier(checkpoint),
                    2 => FailAt::Snapshot(checkpoint),
                    _ => FailAt::Complete(checkpoint),
                };
                let plan = FailurePlan::new().fail(operator, None, at, Failure::Panic);
                environment.set_failures(plan);
                build(&environment, &output(root.path()));
                // Which of them fail depends on where the life before has ended.
                let _ended = environment.execute().is_ok();
            } else {
                report = Some(run(&environment, root.path(), parallelism));
            }
        }
        let report = report.unwrap();
        assert!(report.restored_from.is_some(), "{report:?}");
        only_what_is_needed(root.path());
    }
}

#[test]
fn snapshots_cross_between_backends() {
    for to_memory in [true, false] {
        let root = tempfile::tempdir().unwrap();
        let mut environment = on_files(root.path(), 2, true);
        environment.set_restart_strategy(RestartStrategy::None);
        if !to_memory {
            environment.set_state_backend(MemoryBackend::default());
        }
        let failures =
            FailurePlan::new().fail("tally", None, FailAt::BeforeBarrier(4), Failure::Error);
        environment.set_failures(failures);
        build(&environment, &output(root.path()));
        environment.execute().unwrap_err();
        let mut environment = on_files(root.path(), 3, true);
        if to_memory {
            environment.set_state_backend(MemoryBackend::default());
        }
        let report = run(&environment, root.path(), 3);
        assert!(report.records_before > 0, "{report:?}");
    }
}

#[test]
fn files_need_a_directory() {
    let mut environment = environment(1);
    environment.set_state_backend(backend(true));
    let root = tempfile::tempdir().unwrap();
    build(&environment, &output(root.path()));
    let error = environment.execute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(
        error.to_string().contains("execution.checkpointing.dir"),
        "{error}"
    );
}

/// Damages the greatest file of the newest checkpoint of a job that retains two; the newest.
fn damaged(root: &Path, damage: impl FnOnce(&Path)) -> u64 {
    let mut environment = on_files(root, 2, false);
    environment.set_restart_strategy(RestartStrategy::None);
    environment.checkpoint_options().num_retained = 2;
    let failures = FailurePlan::new().fail("tally", None, FailAt::BeforeBarrier(5), Failure::Error);
    environment.set_failures(failures);
    build(&environment, &output(root));
    environment.execute().unwrap_err();
    let job = root.join("checkpoints/test");
    let names = std::fs::read_dir(&job).unwrap();
    let numbers = names.filter_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.strip_prefix("chk-")?.parse::<u64>().ok()
    });
    let newest = numbers.max().unwrap();
    let files = std::fs::read_dir(job.join(format!("chk-{newest}"))).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let victim = files
        .filter(|path| !path.ends_with("_metadata"))
        .max_by_key(|path| std::fs::metadata(path).unwrap().len());
    damage(&victim.unwrap());
    newest
}

fn flip_the_middle(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    *bytes.get_mut(middle).unwrap() ^= 0x10;
    std::fs::write(path, bytes).unwrap();
}

fn falls_back(damage: impl FnOnce(&Path), reason: &str) {
    let root = tempfile::tempdir().unwrap();
    let newest = damaged(root.path(), damage);
    let mut environment = on_files(root.path(), 2, false);
    environment.checkpoint_options().num_retained = 2;
    // What the sink committed with the damaged checkpoint comes once more: only state is exact.
    build(&environment, &output(root.path()));
    let report = environment.execute().unwrap();
    assert!(report.restored_from.unwrap().0 < newest, "{report:?}");
    let all = report.records_before + report.records_read;
    assert_eq!(all, RECORDS + RULE_COUNT);
    let [(checkpoint, told)] = &report.passed_over[..] else {
        panic!("{report:?}");
    };
    assert_eq!(checkpoint.0, newest);
    assert!(told.contains(reason), "{told}");
}

#[test]
fn a_checkpoint_without_one_of_its_files_is_passed_over() {
    falls_back(|path| std::fs::remove_file(path).unwrap(), "is missing");
}

#[test]
fn a_checkpoint_with_a_damaged_file_is_passed_over() {
    falls_back(flip_the_middle, "cannot be restored");
}

#[test]
fn a_damaged_checkpoint_is_refused_if_that_is_asked_for() {
    let root = tempfile::tempdir().unwrap();
    let newest = damaged(root.path(), flip_the_middle);
    let mut environment = on_files(root.path(), 2, false);
    environment.set_store_options(StoreOptions::default().with_fall_back(false));
    build(&environment, &output(root.path()));
    let error = environment.execute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    let told = error.to_string();
    assert!(told.contains(&format!("chk-{newest}/")), "{told}");
    assert!(told.contains("offset"), "{told}");
}

/// How many layers the longest chain of a checkpoint has.
fn longest_chain(root: &Path, checkpoint: alluvium::CheckpointId) -> usize {
    let storage = Arc::new(LocalStorage::open(root.join("checkpoints")).unwrap());
    let folder = format!("test/chk-{checkpoint}");
    let options = StoredSnapshotOptions::default();
    let stored = StoredSnapshot::load(storage, &folder, options).unwrap();
    let operators = stored.metadata().operators.iter();
    let subtasks = operators.flat_map(|operator| &operator.subtasks);
    let chains = subtasks.flat_map(|subtask| &subtask.keyed);
    chains.map(|chain| chain.layers.len()).max().unwrap()
}

#[test]
fn a_checkpoint_that_builds_on_no_other_can_be_asked_for() {
    let root = tempfile::tempdir().unwrap();
    let mut environment = on_files(root.path(), 1, true);
    environment
        .enable_checkpointing(Duration::from_hours(1))
        .set_checkpoint_every(u64::MAX)
        .set_rate(200);
    environment.checkpoint_options().num_retained = 100;
    let _outputs = build(&environment, &output(root.path()));
    let handle = environment.start().unwrap();
    let control = handle.control();
    let mut lengths = Vec::new();
    for full in [false, false, false, true, false] {
        let asked = if full {
            control.full_checkpoint()
        } else {
            control.checkpoint()
        };
        let stats = asked.unwrap().wait().unwrap();
        lengths.push(longest_chain(root.path(), stats.checkpoint));
    }
    handle.cancel();
    handle.wait().unwrap_err();
    let built_on = lengths.iter().map(|length| *length > 1);
    assert!(built_on.eq([false, true, true, false, true]), "{lengths:?}");
}

/// The paths of the shared files of a checkpoint, which must be whole.
fn shared_files(root: &Path, checkpoint: alluvium::CheckpointId) -> BTreeSet<PathBuf> {
    let storage = Arc::new(LocalStorage::open(root.join("checkpoints")).unwrap());
    let folder = format!("test/chk-{checkpoint}");
    let options = StoredSnapshotOptions::default();
    let stored = StoredSnapshot::load(storage, &folder, options).unwrap();
    stored.verify().unwrap();
    let shared = stored.file_refs().into_iter();
    let shared = shared.filter(|file| file.place == FilePlace::Shared);
    let folder = root.join("checkpoints/test/shared");
    shared.map(|file| folder.join(file.name)).collect()
}

#[test]
fn a_job_whose_files_are_deleted_heals_with_its_next_checkpoint() {
    let root = tempfile::tempdir().unwrap();
    let (tell, records) = channel();
    let mut environment = on_files(root.path(), 2, true);
    environment
        .enable_checkpointing(Duration::from_hours(1))
        .set_checkpoint_every(u64::MAX)
        .set_restart_strategy(RestartStrategy::None)
        .set_progress_interval(Duration::from_millis(2))
        .set_listener(move |event: &JobEvent<'_>| {
            if let JobEvent::Progress { records } = event {
                // Nobody listens at the end.
                let _: Result<(), _> = tell.send(*records);
            }
        });
    let gate = Arc::new(Gate::default());
    let _outputs = build_behind(&gate, &environment, &output(root.path()));
    let handle = environment.start().unwrap();
    let control = handle.control();
    let checkpoint = || control.checkpoint().unwrap().wait().unwrap().checkpoint;
    // What is added from here on is little beside what is there: nothing is folded.
    gate.open_to(RECORDS / 2);
    while records.recv().unwrap() < RECORDS / 2 {}
    let first = shared_files(root.path(), checkpoint());
    let before = shared_files(root.path(), checkpoint());
    let lost = first.intersection(&before).next().unwrap();
    std::fs::remove_file(lost).unwrap();
    let healed = checkpoint();
    let after = shared_files(root.path(), healed);
    assert!(!after.contains(lost));
    assert!(!before.is_disjoint(&after), "others go on with increments");
    let last = shared_files(root.path(), checkpoint());
    assert!(last.is_superset(&after), "and so does this one");
    handle.cancel();
    handle.wait().unwrap_err();

    let report = run(&on_files(root.path(), 3, true), root.path(), 3);
    assert!(report.passed_over.is_empty(), "{report:?}");
    assert!(report.restored_from >= Some(healed), "{report:?}");
}
