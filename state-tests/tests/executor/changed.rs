//! Programs that change between a savepoint and the run that goes on from it.

use crate::savepoints::{Place, local, slow};
use alluvium::MaxParallelism;
use alluvium_state_tests::executor::{
    Collected, Collection, Environment, JobEvent, RestoreOptions, Stream,
};
use std::collections::BTreeMap;
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

/// Runs half of the job that `build` makes, stops it with a savepoint, and goes on with the job that
/// `change` makes, with 13 key groups at other parallelisms; what the keys came to there.
fn across(
    (from, to): (u32, u32),
    build: impl Fn(&Environment),
    change: impl Fn(&Environment) -> Collected<Count>,
) -> BTreeMap<u64, u64> {
    let place = Place::new();
    let groups = MaxParallelism::new(13).unwrap();
    let mut environment = slow(from);
    let (tell, records) = channel();
    environment
        .set_max_parallelism(groups)
        .set_progress_interval(Duration::from_millis(2))
        .set_listener(move |event: &JobEvent<'_>| {
            if let JobEvent::Progress { records } = event {
                // Nobody listens at the end.
                let _: Result<(), _> = tell.send(*records);
            }
        });
    build(&environment);
    let handle = environment.start().unwrap();
    while records.recv().unwrap() < RECORDS / 2 {}
    let path = handle.stop(Some(&place.checkpoints().as_path().into()), false);
    let path = path.unwrap();
    handle.wait().unwrap();

    let mut environment = crate::common::environment(to);
    environment
        .set_max_parallelism(groups)
        .restore_from(local(&path), RestoreOptions::default());
    let counts = change(&environment);
    let report = environment.execute().unwrap();
    assert!(report.records_before >= RECORDS / 2);
    assert_eq!(report.records_before + report.records_read, RECORDS);
    let mut greatest = BTreeMap::new();
    for (key, count) in counts.take() {
        let held = greatest.entry(key).or_insert(0);
        *held = count.max(*held);
    }
    greatest
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

/// Operators without state come, go and change places, others with state come, and what ran in one
/// thread is apart.
#[test]
fn f09_n04_state_follows_its_uid_through_changes_of_the_program() {
    let before = |environment: &Environment| {
        let numbers = numbers(environment).map(|n| n).filter(|_| true);
        drop(count(&numbers, "count").collect());
    };
    let after = |environment: &Environment| {
        let numbers = numbers(environment);
        let other = count(&numbers.map(|n| n + 1), "another");
        drop(other.collect());
        let counted = count(&numbers.rebalance().filter(|_| true), "count");
        counted.rebalance().map(|count| count).collect()
    };
    assert_eq!(across((2, 2), before, after), all());
}
