//! Programs that change between a savepoint and the run that goes on from it.

use crate::savepoints::{Place, local, slow};
use alluvium::checkpoint::storage::{LocalStorage, Location};
use alluvium::checkpoint::{OfflineSnapshot, SavepointWriter};
use alluvium::{ErrorKind, MaxParallelism, OrderedKey, Result};
use alluvium_state_tests::executor::{
    Collected, Collection, Context, Environment, JobEvent, Process, RestoreOptions, Stream,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

const KEYS: u64 = 42;
const RECORDS: u64 = KEYS * 50;

type Count = (u64, u64);

fn numbers(environment: &Environment) -> Stream<u64> {
    let numbers = environment.source(Collection::new(0..RECORDS, 4));
    numbers.uid("numbers")
}

/// How often each key has come so far.
fn count(numbers: &Stream<u64>, uid: &str) -> Stream<Count> {
    let keyed = numbers.key_by(|n| n % KEYS);
    let counted = keyed.map_with_state(|n, count: Option<u64>| {
        let count = count.unwrap_or(0) + 1;
        ((n % KEYS, count), Some(count))
    });
    counted.uid(uid)
}

/// Runs a quarter of the job that `build` makes, with 13 key groups, and stops it with a savepoint.
fn begin(place: &Place, parallelism: u32, build: impl Fn(&Environment)) -> Location {
    let mut environment = slow(parallelism);
    // So that the rest takes longer than the savepoint.
    environment.set_rate(500);
    let (tell, records) = channel();
    environment
        .set_max_parallelism(MaxParallelism::new(13).unwrap())
        .set_progress_interval(Duration::from_millis(2))
        .set_listener(move |event: &JobEvent<'_>| {
            if let JobEvent::Progress { records } = event {
                // Nobody listens at the end.
                let _: std::result::Result<(), _> = tell.send(*records);
            }
        });
    build(&environment);
    let handle = environment.start().unwrap();
    while records.recv().unwrap() < RECORDS / 4 {}
    let path = handle.stop(Some(&place.checkpoints().as_path().into()), false);
    handle.wait().unwrap();
    path.unwrap()
}

/// Goes on from a savepoint with the job that `change` makes; what the keys came to there.
fn rest(
    mut environment: Environment,
    savepoint: &Path,
    change: impl Fn(&Environment) -> Collected<Count>,
) -> BTreeMap<u64, u64> {
    environment.restore_from(savepoint, RestoreOptions::default());
    let counts = change(&environment);
    let report = environment.execute().unwrap();
    assert!(report.records_before >= RECORDS / 4);
    assert_eq!(report.records_before + report.records_read, RECORDS);
    let mut greatest = BTreeMap::new();
    for (key, count) in counts.take() {
        let held = greatest.entry(key).or_insert(0);
        *held = count.max(*held);
    }
    greatest
}

/// A half of one job and the rest of another, at other parallelisms, both of which name the
/// number of key groups.
fn across(
    (from, to): (u32, u32),
    build: impl Fn(&Environment),
    change: impl Fn(&Environment) -> Collected<Count>,
) -> BTreeMap<u64, u64> {
    let place = Place::new();
    let path = begin(&place, from, build);
    let mut environment = crate::common::environment(to);
    environment.set_max_parallelism(MaxParallelism::new(13).unwrap());
    rest(environment, local(&path), change)
}

fn all() -> BTreeMap<u64, u64> {
    (0..KEYS).map(|key| (key, RECORDS / KEYS)).collect()
}

#[test]
fn n13_sums_of_keys_go_on_at_another_parallelism() {
    for parallelisms in [(2, 3), (3, 2), (1, 13)] {
        let build = |environment: &Environment| count(&numbers(environment), "count").collect();
        let counts = across(parallelisms, |environment| drop(build(environment)), build);
        assert_eq!(counts, all(), "{parallelisms:?}");
    }
}

/// Registers no state.
struct Pass;

impl<K: OrderedKey> Process<K, u64, u64> for Pass {
    fn process(&mut self, record: u64, cx: &mut Context<'_, K, u64>) -> Result<()> {
        cx.emit(record)
    }
}

/// Operators without state, keyed ones too, come, go and change places, others with state come, and what ran in one
/// thread is apart.
#[test]
fn f09_n04_state_follows_its_uid_through_changes_of_the_program() {
    let before = |environment: &Environment| {
        let numbers = numbers(environment).map(|n| n).filter(|_| true);
        let passed = numbers.key_by(|n| n % KEYS).process(|| Pass).uid("pass");
        let passed = passed.key_by(|n| n % KEYS).process(|| Pass).uid("gone");
        drop(count(&passed, "count").collect());
    };
    let after = |environment: &Environment| {
        let numbers = numbers(environment);
        let other = count(&numbers.map(|n| n + 1), "another");
        drop(other.collect());
        // Keys of another type: nothing was kept by those of before.
        let passed = numbers.key_by(u64::to_string).process(|| Pass);
        let passed = passed.uid("pass");
        let counted = count(&passed.rebalance().filter(|_| true), "count");
        counted.rebalance().map(|count| count).collect()
    };
    assert_eq!(across((2, 2), before, after), all());
}

/// The operators of a savepoint may have been re-keyed to different numbers of key groups, and one that
/// begins empty has the default.
#[test]
fn f10_operators_go_on_with_the_key_groups_that_the_savepoint_says() {
    let counts_twice = |environment: &Environment, second: &str| {
        let numbers = numbers(environment);
        let counts = [count(&numbers, "count"), count(&numbers, second)];
        counts.map(|counts| counts.collect())
    };
    let place = Place::new();
    let path = begin(&place, 2, |environment| {
        drop(counts_twice(environment, "again"));
    });
    let rekeyed = place.checkpoints().join("rekeyed");
    rekey(local(&path), &rekeyed, "again", 32);
    let mut totals = Vec::new();
    for wanted in 0..2 {
        let change = |environment: &Environment| {
            let [first, second] = counts_twice(environment, "again");
            drop(count(&environment.source(Collection::new(0..0, 1)), "new").collect());
            if wanted == 0 { first } else { second }
        };
        totals.push(rest(crate::common::environment(3), &rekeyed, change));
    }
    assert_eq!(totals, [all(), all()]);

    let mut environment = crate::common::environment(3);
    environment.set_max_parallelism(MaxParallelism::new(32).unwrap());
    environment.restore_from(&rekeyed, RestoreOptions::default());
    drop(counts_twice(&environment, "again"));
    let error = environment.execute().unwrap_err().to_string();
    assert!(error.contains("taken with 13"), "{error}");
}

/// A copy of a savepoint in which one operator has so many key groups.
fn rekey(savepoint: &Path, to: &Path, uid: &str, groups: u32) {
    let storage = LocalStorage::open(savepoint.parent().unwrap()).unwrap();
    let folder = savepoint.file_name().unwrap().to_str().unwrap();
    let snapshot = OfflineSnapshot::load(Arc::new(storage), folder).unwrap();
    let mut savepoint = SavepointWriter::from_snapshot(&snapshot).unwrap();
    let groups = MaxParallelism::new(groups).unwrap();
    savepoint.set_max_parallelism(uid, groups).unwrap();
    let metadata = savepoint.into_metadata().unwrap();
    std::fs::create_dir_all(to).unwrap();
    std::fs::write(to.join("_metadata"), metadata.to_bytes().unwrap()).unwrap();
}

/// Whose state it is that does not fit is told by name, and by the uid that the snapshot knows.
#[test]
fn state_of_another_type_is_told_with_operator_and_subtask() {
    let place = Place::new();
    let path = begin(&place, 2, |environment| {
        drop(count(&numbers(environment), "count").collect());
    });
    for (name, told) in [
        (None, "operator 'count', subtask "),
        (Some("Totals"), "operator 'Totals', subtask "),
    ] {
        let mut environment = crate::common::environment(2);
        environment.restore_from(local(&path), RestoreOptions::default());
        let keyed = numbers(&environment).key_by(|n| n % KEYS);
        let counted = keyed.map_with_state(|n, last: Option<String>| (last, Some(n.to_string())));
        let counted = counted.uid("count");
        match name {
            Some(name) => counted.name(name).collect(),
            None => counted.collect(),
        };
        let error = environment.execute().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Incompatible, "{error}");
        let text = error.to_string();
        assert_eq!(text.matches("operator '").count(), 1, "{error}");
        assert!(text.contains(told), "{error}");
        assert_eq!(text.contains("uid 'count'"), name.is_some(), "{error}");
        assert!(text.contains("was u64, the program has string"), "{error}");
    }
}
