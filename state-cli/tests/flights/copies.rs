//! Copies of the latest checkpoint, on the disk of the machine.

use crate::command::{Flights, count};
use crate::reference::{Tables, data_set};
use crate::resume::RECORDS;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A job all of whose state goes into files and that keeps copies, killed on its way; and the options
/// by which it keeps them.
fn crashed() -> (Flights, [String; 2]) {
    let often = ["--checkpoint-interval", "20ms", "--rate", "200000"];
    let in_files = "-Dexecution.checkpointing.data-inline-threshold=0b";
    let flights =
        Flights::new(&[&often[..], &[in_files]].concat()).with_variable("ALLUVIUM_LOG", "warn");
    let place = flights.path("copies");
    let copies = [
        "-Dexecution.checkpointing.local-backup.enabled=true".to_owned(),
        format!(
            "-Dexecution.checkpointing.local-backup.dirs={}",
            place.display()
        ),
    ];
    flights.crash("150000", &with(&copies, &[]));
    (flights, copies)
}

fn with<'a>(copies: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    let copies = copies.iter().map(String::as_str);
    copies.chain(more.iter().copied()).collect()
}

/// The files of state at any depth of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            found.extend(files(&path));
        } else if name.starts_with('g') {
            found.insert(name.to_owned(), path);
        }
    }
    found
}

/// Changes a byte in the middle of each file.
fn damage<'a>(paths: impl Iterator<Item = &'a PathBuf>) {
    for path in paths {
        let mut bytes = fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn copies_are_read_before_the_files() {
    let (flights, options) = crashed();
    let copies = files(&flights.path("copies"));
    let originals = files(&flights.output().join("checkpoints"));
    assert!(!copies.is_empty());
    let copied = || {
        originals
            .iter()
            .filter(|(name, _)| copies.contains_key(*name))
    };
    assert!(copied().count() > 0, "{copies:?} {originals:?}");
    for (name, path) in copied() {
        assert!(
            fs::read(path).unwrap() == fs::read(&copies[name]).unwrap(),
            "{name}"
        );
    }
    damage(copied().map(|(_, path)| path));
    // The process may have died before it came to retire the checkpoint before.
    let no_older = ["-D", "recovery.fall-back-to-older=false"];
    let without = flights.run(&[&["--rate", "100000000"], &no_older[..]].concat());
    assert_eq!(without.code, Some(1), "{}", without.stderr);
    assert!(without.stderr.contains("checksum"), "{}", without.stderr);
    let summary = flights.finish(&with(
        &options,
        &["--rate", "100000000", "--parallelism", "3"],
    ));
    assert!(count(&summary, "records_before") > 0);
    assert_eq!(
        count(&summary, "records_before") + count(&summary, "records_read"),
        RECORDS
    );
    Tables::of(data_set(), 1).assert_in(&flights.output());
}

#[test]
fn copies_that_are_damaged_are_passed_over_with_a_warning() {
    let (flights, options) = crashed();
    damage(files(&flights.path("copies")).values());
    let ran = flights.run(&with(&options, &["--rate", "100000000"]));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for part in [
        "resuming from checkpoint",
        "local copy",
        "expected the checksum",
    ] {
        assert!(
            ran.stderr.contains(part),
            "'{part}' is missing: {}",
            ran.stderr
        );
    }
    Tables::of(data_set(), 1).assert_in(&flights.output());
}
