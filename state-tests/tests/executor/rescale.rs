//! Jobs whose process dies, started again on their checkpoint directory at another parallelism.
use crate::common::{
    KEYS, RECORDS, RULE_COUNT, Seeded, build, check, check_files, check_from, environment,
};
use alluvium::{ErrorKind, MaxParallelism};
use alluvium_state_tests::executor::{
    Collected, Environment, FailAt, Failure, FailurePlan, JobReport, RestartStrategy,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// An environment on the checkpoints in `root`, which never restarts by itself: every failure is
/// the death of the process.
fn mortal(root: &Path, parallelism: u32) -> Environment {
    let mut environment = environment(parallelism);
    environment
        .set_checkpoint_dir(root.join("checkpoints"))
        .set_restart_strategy(RestartStrategy::None);
    environment
}

fn output(root: &Path) -> std::path::PathBuf {
    root.join("output")
}

/// Runs the job to its end at `parallelism` and checks what it has come to.
fn finish(root: &Path, parallelism: u32) -> JobReport {
    finish_from(root, parallelism).0
}

/// The same; tells how many elements of a union list every subtask started with.
fn finish_from(root: &Path, parallelism: u32) -> (JobReport, usize) {
    let environment = mortal(root, parallelism);
    let outputs = build(&environment, &output(root));
    let report = environment.execute().unwrap();
    let all = RECORDS + RULE_COUNT;
    assert_eq!(
        report.records_before + report.records_read,
        all,
        "{report:?}"
    );
    let union = check_from(&outputs, &output(root), parallelism);
    (report, union.len())
}

/// N16: split state is conserved, union and broadcast state is there once for every new subtask,
/// which [`check`] sees; each old one has written one element of the union list.
#[test]
fn every_change_of_parallelism_resumes_and_ends_the_same() {
    let mut random = Seeded(7);
    for before in [1, 2, 3, 5] {
        for after in [1, 2, 3, 5] {
            let root = tempfile::tempdir().unwrap();
            let environment = mortal(root.path(), before);
            build(&environment, &output(root.path()));
            let operator = ["kept", "ruled", "gains", "sink"][random.below(4) as usize];
            let at = match random.below(3) {
                0 => FailAt::BeforeBarrier(2),
                1 => FailAt::AfterBarrier(2),
                _ => FailAt::Complete(2),
            };
            let mut environment = environment;
            environment.set_failures(FailurePlan::new().fail(operator, None, at, Failure::Panic));
            environment.execute().unwrap_err();
            let (report, union) = finish_from(root.path(), after);
            assert!(report.restored_from.is_some(), "{before} to {after}");
            assert!(report.records_before > 0, "{before} to {after}");
            assert_eq!(union, before as usize, "{before} to {after}");
        }
    }
}

/// A failure at any record of the run: also before there is a checkpoint, when it starts over.
#[test]
fn every_change_of_parallelism_after_a_failure_at_a_random_record_ends_the_same() {
    let mut random = Seeded(23);
    let mut resumed = 0;
    for before in [1, 2, 3, 5] {
        for after in [1, 2, 3, 5] {
            let root = tempfile::tempdir().unwrap();
            let mut environment = mortal(root.path(), before);
            build(&environment, &output(root.path()));
            // One of the subtasks has at least its share of the records.
            let at = FailAt::Record(1 + random.below(RECORDS / u64::from(before)));
            let operator = ["tally", "kept", "raw", "gains"][random.below(4) as usize];
            let plan = FailurePlan::new().fail(operator, None, at, Failure::Panic);
            environment.set_failures(plan).execute().unwrap_err();
            let report = finish(root.path(), after);
            resumed += u32::from(report.records_before > 0);
        }
    }
    assert!(resumed >= 8, "only {resumed} of 16 jobs had a checkpoint");
}

/// K02, K03: with 13 key groups, so that of 13 subtasks each has one.
#[test]
fn k02_k03_a_job_goes_from_thirteen_subtasks_to_two_and_from_two_to_thirteen() {
    let max = MaxParallelism::new(13).unwrap();
    for (before, after) in [(13, 2), (2, 13)] {
        let root = tempfile::tempdir().unwrap();
        let mut environment = mortal(root.path(), before);
        environment.set_max_parallelism(max);
        build(&environment, &output(root.path()));
        let plan = FailurePlan::new().fail("tally", None, FailAt::Complete(2), Failure::Panic);
        environment.set_failures(plan).execute().unwrap_err();
        let (report, union) = finish_from(root.path(), after);
        assert!(report.records_before > 0, "{before} to {after}");
        assert_eq!(union, before as usize, "{before} to {after}");
    }
}

/// Records that go through a chain, from subtask to subtask, round and to all, and then to the
/// subtask of their key; how often each key has come, by way.
fn mixed(environment: &Environment) -> Collected<((u64, u64), u64)> {
    let numbers = crate::common::numbers(environment);
    let chained = numbers.map(|n| (0, n));
    let round = numbers.rebalance().map(|n| (1, n));
    let to_all = numbers.broadcast().map(|n| (2, n));
    // An operator with several inputs is not chained: each subtask sends to its like.
    let met = chained.union(&round).map(|record| record).union(&to_all);
    let keyed = met.key_by(|(way, n)| (*way, n % KEYS));
    let counted = keyed.map_with_state(|(way, n), count: Option<u64>| {
        let count = count.unwrap_or(0) + 1;
        (((way, n % KEYS), count), Some(count))
    });
    counted.uid("mixed").collect()
}

/// N17: whatever exchanges a record has gone through, it has counted once when the job has ended at
/// another parallelism: what is under way is in no checkpoint, and is read again.
#[test]
fn n17_every_mix_of_exchanges_counts_exactly_across_a_change_of_parallelism() {
    for (before, after) in [(1, 3), (3, 1), (2, 5), (5, 2), (3, 3)] {
        let root = tempfile::tempdir().unwrap();
        let mut environment = mortal(root.path(), before);
        mixed(&environment);
        let plan = FailurePlan::new().fail("mixed", None, FailAt::Complete(2), Failure::Panic);
        environment.set_failures(plan).execute().unwrap_err();
        let environment = mortal(root.path(), after);
        let counts = mixed(&environment);
        let report = environment.execute().unwrap();
        assert!(report.records_before > 0, "{before} to {after}");
        assert_eq!(report.records_before + report.records_read, RECORDS);
        let mut ways = [(); 3].map(|()| BTreeMap::new());
        for ((way, key), count) in counts.take() {
            let greatest = ways[way as usize].entry(key).or_insert(0);
            *greatest = count.max(*greatest);
        }
        let copies = u64::from(before) * report.records_before;
        let copies = copies + u64::from(after) * report.records_read;
        let all: Vec<_> = ways.iter().map(|way| way.values().sum::<u64>()).collect();
        assert_eq!(all, [RECORDS, RECORDS, copies], "{before} to {after}");
        for key in 0..KEYS {
            let own = (0..RECORDS).filter(|n| n % KEYS == key).count() as u64;
            assert_eq!((ways[0][&key], ways[1][&key]), (own, own), "key {key}");
        }
    }
}

#[test]
fn a_chain_of_deaths_at_changing_parallelism_ends_the_same() {
    let mut random = Seeded(11);
    for _ in 0..4 {
        let root = tempfile::tempdir().unwrap();
        // A failure may lie behind the end of what is left to do: then the job has finished.
        let mut finished = false;
        for _ in 0..4 {
            let parallelism = [1, 2, 3, 5][random.below(4) as usize];
            let mut environment = mortal(root.path(), parallelism);
            let outputs = build(&environment, &output(root.path()));
            let operator = ["numbers", "kept", "raw", "sink"][random.below(4) as usize];
            let at = FailAt::Record(1 + random.below(150));
            let plan = FailurePlan::new().fail(operator, None, at, Failure::Error);
            environment.set_failures(plan);
            match environment.execute() {
                Ok(report) if finished => assert!(report.already_finished),
                Ok(_) => {
                    check(&outputs, &output(root.path()), parallelism);
                    finished = true;
                }
                Err(error) => {
                    assert!(!finished, "{error}");
                    assert!(error.to_string().contains("on purpose"), "{error}");
                }
            }
        }
        if !finished {
            finish(root.path(), 2);
        }
    }
}

#[test]
fn a_finished_job_only_completes_what_is_due() {
    let root = tempfile::tempdir().unwrap();
    // Dies after the last checkpoint is published, before anything of it is committed.
    let mut environment = mortal(root.path(), 2);
    environment.set_checkpoint_every(1_000_000);
    build(&environment, &output(root.path()));
    let plan = FailurePlan::new()
        .fail("sink", None, FailAt::Complete(1), Failure::Panic)
        .times(2);
    environment.set_failures(plan);
    environment.execute().unwrap_err();
    assert!(crate::common::committed(&output(root.path())).is_empty());
    for parallelism in [3, 2] {
        let environment = mortal(root.path(), parallelism);
        let outputs = build(&environment, &output(root.path()));
        let report = environment.execute().unwrap();
        assert!(report.already_finished);
        assert_eq!(report.records_read, 0);
        assert_eq!(report.records_before, RECORDS + RULE_COUNT);
        assert!(outputs.rows.take().is_empty());
        check_files(&output(root.path()));
    }
    let mut environment = mortal(root.path(), 1);
    environment.start_fresh();
    std::fs::remove_dir_all(output(root.path())).unwrap();
    let outputs = build(&environment, &output(root.path()));
    let report = environment.execute().unwrap();
    assert_eq!((report.restored_from, report.records_before), (None, 0));
    check(&outputs, &output(root.path()), 1);
}

#[test]
fn a_checkpoint_that_does_not_fit_the_job_is_refused_and_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let mut environment = mortal(root.path(), 2);
    build(&environment, &output(root.path()));
    let plan = FailurePlan::new().fail("tally", None, FailAt::Complete(2), Failure::Panic);
    environment.set_failures(plan);
    environment.execute().unwrap_err();

    let refused = |change: &dyn Fn(&mut Environment), whole: bool| {
        let mut environment = mortal(root.path(), 2);
        if whole {
            build(&environment, &output(root.path()));
        } else {
            crate::common::numbers(&environment).map(|n| n);
        }
        change(&mut environment);
        environment.execute().unwrap_err()
    };
    let other = MaxParallelism::new(64).unwrap();
    let change = |environment: &mut Environment| {
        environment.set_max_parallelism(other);
    };
    let error = refused(&change, true);
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    assert!(
        error.to_string().contains("Max parallelism mismatch"),
        "{error}"
    );
    let error = refused(&|_| (), false);
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    assert!(error.to_string().contains("'tally'"), "{error}");

    let report = finish(root.path(), 2);
    assert!(report.restored_from.is_some());
}

#[test]
fn a_checkpoint_directory_that_is_a_file_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("checkpoints");
    std::fs::write(&path, "mine").unwrap();
    let environment = mortal(root.path(), 1);
    build(&environment, &output(root.path()));
    let error = environment.execute().unwrap_err();
    assert!(error.to_string().contains("checkpoints"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    assert!(!output(root.path()).exists());
}

/// Set in the process that is to die: its root, parallelism, operator and checkpoint.
const CHILD: &str = "ALLUVIUM_EXECUTOR_CHILD";

/// The body of the process that dies; does nothing in the process that tests.
#[test]
fn dies_where_it_is_told_to() {
    let Ok(told) = std::env::var(CHILD) else {
        return;
    };
    let [root, parallelism, operator, checkpoint] =
        <[&str; 4]>::try_from(told.split('|').collect::<Vec<_>>()).unwrap();
    let root = Path::new(root);
    let mut environment = mortal(root, parallelism.parse().unwrap());
    build(&environment, &output(root));
    let die = Failure::Hook(Arc::new(|| std::process::abort()));
    let at = FailAt::Complete(checkpoint.parse().unwrap());
    environment.set_failures(FailurePlan::new().fail(operator, None, at, die));
    environment.execute().unwrap();
}

#[test]
fn a_process_that_is_killed_again_and_again_loses_and_repeats_nothing() {
    let root = tempfile::tempdir().unwrap();
    let deaths = [
        (1, "sink", 1),
        (3, "gains", 3),
        (2, "sink", 4),
        (5, "numbers", 5),
    ];
    let mut died = 0;
    for (parallelism, operator, checkpoint) in deaths {
        let told = format!(
            "{}|{parallelism}|{operator}|{checkpoint}",
            root.path().display()
        );
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "rescale::dies_where_it_is_told_to"])
            .env(CHILD, told)
            .output()
            .unwrap()
            .status;
        died += u32::from(!status.success());
    }
    assert!(died >= 3, "only {died} processes died");
    let report = finish(root.path(), 2);
    assert!(report.records_before > 0);
}
