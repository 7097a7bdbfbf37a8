//! Operator uids, and what they are for: savepoints that a changed program goes on from.
//!
//! The job is stopped with a savepoint, goes on in another shape and at another parallelism, and is
//! then asked to start without one of its operators. On the command line the same is done by
//! `alluvium savepoint`, `stop`, `run -s` and `savepoint --dispose`.

use alluvium::checkpoint::storage::{Location, StorageOptions};
use alluvium::checkpoint::{StoredSnapshotOptions, dispose};
use alluvium::{Result, StateError};
use alluvium_state_tests::executor::{Collected, Collection, Environment, RestoreOptions, Stream};

/// How many numbers there are to count.
const NUMBERS: u64 = 2_000;

/// The stateful source, whose offsets are found by its uid.
fn source(environment: &Environment) -> Stream<u64> {
    let numbers = environment.source(Collection::new(0..NUMBERS, 2));
    numbers.uid("source-id")
}

/// The stateful mapper: counts the numbers with each last digit.
fn count(numbers: &Stream<u64>) -> Collected<(u64, u64)> {
    let counted =
        numbers
            .key_by(|number| number % 10)
            .map_with_state(|number, count: Option<u64>| {
                let count = count.unwrap_or(0) + 1;
                ((number % 10, count), Some(count))
            });
    // What prints has no state, and needs no uid.
    counted.uid("mapper-id").collect()
}

fn environment(parallelism: u32) -> Environment {
    let mut environment = Environment::new("counts");
    environment.set_parallelism(parallelism);
    environment
}

/// The greatest count of each digit, if all are the same.
fn greatest(counts: &Collected<(u64, u64)>) -> Option<u64> {
    let counts = counts.take();
    let of = |digit| counts.iter().filter(move |(of, _)| *of == digit);
    let mut greatest = (0..10).map(|digit| of(digit).map(|(_, count)| *count).max());
    let first = greatest.next().flatten();
    greatest.all(|other| other == first).then_some(first)?
}

pub(crate) fn run() -> Result<Vec<String>> {
    let directory = tempfile::tempdir()
        .map_err(|error| StateError::storage("no place for savepoints").with_source(error))?;
    let mut lines = Vec::new();

    // A job that takes its time; one savepoint while it runs, and one that it stops with.
    let mut slow = environment(2);
    slow.set_savepoint_dir(directory.path()).set_rate(200);
    count(&source(&slow));
    let handle = slow.start()?;
    let first = handle.savepoint(None)?;
    let second = handle.stop(None, false)?;
    let report = handle.wait()?;
    let stopped = report.stopped_with.as_ref() == Some(&second);
    lines.push(format!("stopped with {}…: {stopped}", name(&second)));

    // The program has changed since: it runs at another parallelism, and filters what it counts.
    let mut changed = environment(3);
    changed.restore_from(&second, RestoreOptions::default());
    let counts = count(
        &source(&changed)
            .filter(|number| *number < NUMBERS)
            .rebalance(),
    );
    changed.execute()?;
    lines.push(format!("each digit {:?} times", greatest(&counts)));

    // Without its mapper, the state of the mapper must be given up in so many words.
    for allowed in [false, true] {
        let mut without = environment(1);
        let options = RestoreOptions::default().with_allow_non_restored_state(allowed);
        without.restore_from(&second, options);
        let numbers = source(&without).filter(|_| true).collect();
        lines.push(match without.execute() {
            Ok(report) => {
                let rest = report.records_read == numbers.take().len() as u64;
                format!("only the rest is read: {rest}")
            }
            Err(error) => format!(
                "{}: names the mapper: {}",
                error.kind(),
                names_mapper(&error)
            ),
        });
    }

    // Nobody deletes savepoints but who wants to.
    for savepoint in [&first, &second] {
        dispose(
            savepoint,
            &StorageOptions::default(),
            StoredSnapshotOptions::default(),
        )?;
    }
    let left = std::fs::read_dir(directory.path()).map_or(0, Iterator::count);
    lines.push(format!("{left} left"));
    Ok(lines)
}

fn names_mapper(error: &StateError) -> bool {
    error.to_string().contains("'mapper-id'")
}

/// The name of the savepoint's folder, without what is random about it.
fn name(savepoint: &Location) -> String {
    let path = savepoint.to_string();
    let name = path.rsplit('/').next().unwrap_or_default();
    name.trim_end_matches(|c: char| c.is_ascii_hexdigit())
        .to_owned()
}

fn main() -> Result<()> {
    for line in run()? {
        println!("{line}");
    }
    Ok(())
}
