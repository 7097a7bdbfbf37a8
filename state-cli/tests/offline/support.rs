//! Snapshots to look at, and looking at them.

use crate::command::{Flights, Ran};
use alluvium::checkpoint::{LocalStorage, OperatorWriter, SavepointWriter};
use alluvium::{
    BroadcastDescriptor, ListDescriptor, MapDescriptor, MaxParallelism, OperatorListDescriptor,
    ValueDescriptor,
};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Runs the binary in `directory`.
pub(crate) fn alluvium(directory: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_alluvium"));
    command
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null());
    Ran::from(command.output().unwrap())
}

/// Runs it to a good end; what it prints.
pub(crate) fn good(directory: &Path, arguments: &[&str]) -> String {
    let ran = alluvium(directory, arguments);
    assert_eq!(
        ran.code,
        Some(0),
        "{arguments:?}: {}{}",
        ran.stdout,
        ran.stderr
    );
    // A pipe gets no progress bar.
    assert_eq!(ran.stderr, "", "{arguments:?}");
    ran.stdout
}

/// The same with `--json`.
pub(crate) fn json(directory: &Path, arguments: &[&str]) -> Value {
    let arguments: Vec<_> = arguments.iter().copied().chain(["--json"]).collect();
    serde_json::from_str(&good(directory, &arguments)).unwrap()
}

/// Runs it to an error with this exit code, in which these stand.
pub(crate) fn bad(directory: &Path, arguments: &[&str], code: i32, expected: &[&str]) {
    let ran = alluvium(directory, arguments);
    assert_eq!(
        ran.code,
        Some(code),
        "{arguments:?}: {}{}",
        ran.stdout,
        ran.stderr
    );
    let told = ran.stderr.lines().last().unwrap_or_default();
    assert!(told.starts_with("alluvium: "), "{told}");
    for part in expected {
        assert!(told.contains(part), "'{part}' is missing: {told}");
    }
}

/// A run of flights that died in the midst of it, with several checkpoints of two subtasks; done again
/// if it died before it had them, as it may on a busy machine.
pub(crate) fn crashed() -> Flights {
    for _ in 0..100 {
        let flights = Flights::new(&["--parallelism", "2", "--checkpoint-interval", "20ms"]);
        let ran = flights.run(&["--repeat", "8", "--crash-after", "1000000"]);
        assert_ne!(ran.code, Some(0), "{}", ran.stderr);
        if ran.stderr.matches("\ncheckpoint ").count() >= 4 {
            return flights;
        }
    }
    panic!("none of a hundred runs had four checkpoints");
}

const WORDS: ValueDescriptor<u64> = ValueDescriptor::new("words");
const LAST: ListDescriptor<String> = ListDescriptor::new("last");
const BY_DAY: MapDescriptor<u8, f64, u32> = MapDescriptor::new("by-day");
const OFFSETS: OperatorListDescriptor<(u32, u64)> = OperatorListDescriptor::split("offsets");
const RULES: BroadcastDescriptor<String, bool> = BroadcastDescriptor::new("rules");

/// A savepoint in `directory` with every kind of state; `count` words are counted.
pub(crate) fn small(directory: &Path, name: &str, count: u64, groups: u32) -> PathBuf {
    let max = MaxParallelism::new(groups).unwrap();
    let mut words = OperatorWriter::new("count", max, 2).unwrap();
    for number in 0..count {
        let key = format!("word {number}");
        words.put(&WORDS, &key, &(), &(number * number)).unwrap();
        words
            .put(&LAST, &key, &(), &vec![key.clone(), "b".into()])
            .unwrap();
        words.put(&BY_DAY, &key, &7, &(3, 0.5)).unwrap();
    }
    words.list(&OFFSETS, &[(1, count), (2, 5)]).unwrap();
    words.broadcast(&RULES, &[("a".to_owned(), true)]).unwrap();
    let mut savepoint = SavepointWriter::new("words").with_timestamp(1_764_000_000_123);
    savepoint.add(words).unwrap();
    savepoint
        .add(OperatorWriter::new("sink", max, 1).unwrap())
        .unwrap();
    let storage = Arc::new(LocalStorage::open(directory).unwrap());
    savepoint.write(storage, name).unwrap();
    directory.join(name)
}
