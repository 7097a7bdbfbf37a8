//! `alluvium diff`.

use crate::support::{alluvium, bad, good, small};
use alluvium::MaxParallelism;
use alluvium::checkpoint::{LocalStorage, OfflineSnapshot, SavepointWriter};
use serde_json::Value;
use std::sync::Arc;
use tempfile::TempDir;

#[test]
fn equal_snapshots_do_not_differ() {
    let directory = TempDir::new().unwrap();
    let directory = directory.path();
    small(directory, "a", 10, 16);
    small(directory, "b", 10, 16);
    assert!(good(directory, &["diff", "a", "b"]).contains("no difference"));
}

#[test]
fn entries_that_differ_are_counted_and_shown_up_to_a_limit() {
    let directory = TempDir::new().unwrap();
    let directory = directory.path();
    small(directory, "a", 10, 16);
    small(directory, "b", 14, 16);
    let ran = alluvium(directory, &["diff", "a", "b", "--limit", "1"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    for told in [
        "~ state count/words: 0 removed, 4 added, 0 changed",
        "~ state count/offsets: 1 removed, 1 added, 0 changed",
        "… and 3 more",
    ] {
        assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout);
    }
    let ran = alluvium(directory, &["diff", "b", "a", "--json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let words = &report["operators"][0]["states"][2];
    assert_eq!(words["name"], "words");
    assert_eq!(
        (words["removed"].as_u64(), words["added"].as_u64()),
        (Some(4), Some(0))
    );
    assert_eq!(words["entries"].as_array().unwrap().len(), 4);
    assert_eq!(words["entries"][0]["sign"], "-");
}

#[test]
fn operators_are_compared_across_key_groups() {
    let directory = TempDir::new().unwrap();
    let directory = directory.path();
    small(directory, "a", 50, 16);
    let storage = Arc::new(LocalStorage::open(directory).unwrap());
    let snapshot = OfflineSnapshot::load(storage.clone(), "a").unwrap();
    let mut changed = SavepointWriter::from_snapshot(&snapshot).unwrap();
    changed
        .set_max_parallelism("count", MaxParallelism::new(100).unwrap())
        .unwrap();
    changed.rename_operator("sink", "end").unwrap();
    changed.write(storage, "b").unwrap();
    let ran = alluvium(directory, &["diff", "a", "b"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let lines: Vec<_> = ran.stdout.lines().skip(2).collect();
    assert_eq!(
        lines,
        [
            "~ operator count: max parallelism 16 → 100",
            "+ operator end",
            "- operator sink"
        ]
    );
    bad(directory, &["diff", "a", "nowhere"], 2, &["'nowhere'"]);
}
