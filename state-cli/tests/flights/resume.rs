//! Runs that are killed and go on, that have finished, and that start over.

use crate::command::{Flights, count};
use crate::reference::{Tables, data_set};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// How many records the data set has.
pub(crate) const RECORDS: u64 = 336_776;

/// A job that takes a checkpoint every few thousand records.
fn slow() -> Flights {
    let often = ["--checkpoint-interval", "20ms", "--rate", "600000"];
    Flights::new(&often)
}

/// What each route has gained, over all committed update files.
fn gained(output: &Path) -> BTreeMap<String, (u64, u64)> {
    let mut sums = BTreeMap::new();
    for entry in fs::read_dir(output.join("updates")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "csv") {
            continue;
        }
        for line in fs::read_to_string(path).unwrap().lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let route = format!("{},{}", fields[0], fields[1]);
            let sum: &mut (u64, u64) = sums.entry(route).or_default();
            sum.0 += fields[2].parse::<u64>().unwrap();
            sum.1 += fields[3].parse::<u64>().unwrap();
        }
    }
    sums
}

/// The same, as `routes.csv` has it.
fn routes(output: &Path) -> BTreeMap<String, (u64, u64)> {
    let text = fs::read_to_string(output.join("routes.csv")).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        let counts = (fields[2].parse().unwrap(), fields[3].parse().unwrap());
        (format!("{},{}", fields[0], fields[1]), counts)
    });
    rows.collect()
}

#[test]
fn a_killed_job_goes_on_and_loses_and_repeats_nothing() {
    let flights = slow();
    for (after, parallelism) in [("90000", "2"), ("60000", "3"), ("70000", "1")] {
        flights.crash(after, &[]);
        let summary = flights.run(&["--parallelism", parallelism, "--crash-after", "30000"]);
        assert!(
            summary.stderr.contains("resuming from checkpoint"),
            "{}",
            summary.stderr
        );
    }
    let summary = flights.finish(&["--parallelism", "2"]);
    assert!(summary["restored_from"].is_u64());
    let (before, read) = (
        count(&summary, "records_before"),
        count(&summary, "records_read"),
    );
    assert!(before > 0 && read > 0, "{before} before, {read} read");
    assert_eq!(before + read, RECORDS);
    Tables::of(data_set(), 1).assert_in(&flights.output());
    assert_eq!(gained(&flights.output()), routes(&flights.output()));
}

#[test]
fn a_finished_job_stays_finished() {
    let flights = Flights::new(&[]);
    flights.finish(&[]);
    let before = gained(&flights.output());
    let summary = flights.finish(&[]);
    assert_eq!(count(&summary, "records_read"), 0);
    assert_eq!(count(&summary, "records_before"), RECORDS);
    Tables::of(data_set(), 1).assert_in(&flights.output());
    assert_eq!(gained(&flights.output()), before);
}

#[test]
fn starting_over_replaces_what_an_earlier_run_has_left() {
    let flights = slow();
    flights.crash("90000", &[]);
    let summary = flights.finish(&["--fresh", "--repeat", "2", "--rate", "100000000"]);
    assert!(summary["restored_from"].is_null());
    assert_eq!(count(&summary, "records_read"), 2 * RECORDS);
    Tables::of(data_set(), 2).assert_in(&flights.output());
    assert_eq!(gained(&flights.output()), routes(&flights.output()));
    // Over a finished run too, and nothing is left beside.
    flights.finish(&["--fresh", "--rate", "100000000"]);
    Tables::of(data_set(), 1).assert_in(&flights.output());
    assert_eq!(gained(&flights.output()), routes(&flights.output()));
    let names = fs::read_dir(flights.output()).unwrap();
    assert!(
        names
            .into_iter()
            .all(|e| !e.unwrap().file_name().to_str().unwrap().starts_with('.'))
    );
}

#[test]
fn what_is_not_the_jobs_own_is_refused_and_left() {
    for name in [
        "carriers.csv",
        "updates/routes-1-0.csv",
        "updates/notes.txt",
        "checkpoints/flights/notes.txt",
    ] {
        let flights = Flights::new(&["--fresh"]);
        let path = flights.output().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "mine\n").unwrap();
        flights.fail(&[], &[name, "is not of this job"]);
        assert_eq!(fs::read(&path).unwrap(), b"mine\n");
    }
}

#[test]
fn updates_without_their_checkpoint_are_not_mixed_with_others() {
    let flights = slow();
    let mut before = BTreeMap::new();
    // What was published need not have been committed when the process died.
    while before.is_empty() {
        flights.crash("90000", &[]);
        before = gained(&flights.output());
    }
    for other in [["--job-id", "other"], ["--checkpoint-dir", "elsewhere"]] {
        flights.fail(&other, &["updates of an earlier run", "--fresh"]);
    }
    assert_eq!(gained(&flights.output()), before);
}

#[test]
fn a_checkpoint_of_another_shape_is_refused_and_left() {
    let flights = slow();
    flights.crash("90000", &[]);
    for (options, told) in [
        (["--max-parallelism", "64"], "the program asks for 64"),
        (["--repeat", "2"], "--repeat"),
    ] {
        flights.fail(&options, &[told]);
    }
    flights.refuse(&["--parallelism", "129"], &["129"]);
    flights.write_input("other.csv", &data_set()[..100]);
    flights.fail(&["--input", "other.csv"], &["another input"]);
    let summary = flights.finish(&["--rate", "100000000"]);
    assert_eq!(
        count(&summary, "records_before") + count(&summary, "records_read"),
        RECORDS
    );
    Tables::of(data_set(), 1).assert_in(&flights.output());
}

#[test]
fn a_log_of_a_later_version_is_told_and_left() {
    let flights = slow();
    flights.crash("90000", &[]);
    let (_, entry) = published(&flights);
    let whole = fs::read(&entry).unwrap();
    let mut later = whole.clone();
    later[4] = 2;
    let checksum = later.len() - 4;
    let crc = crc32fast::hash(&later[..checksum]);
    later[checksum..].copy_from_slice(&crc.to_le_bytes());
    fs::write(&entry, &later).unwrap();
    flights.fail(&[], &["version 1 of log entries is known, found 2"]);
    assert_eq!(fs::read(&entry).unwrap(), later);
    assert!(!flights.output().join("carriers.csv").exists());
    fs::write(&entry, whole).unwrap();
    flights.finish(&["--rate", "100000000"]);
    Tables::of(data_set(), 1).assert_in(&flights.output());
}

#[test]
fn a_damaged_log_is_told_with_the_way_out() {
    let flights = slow();
    flights.crash("90000", &[]);
    let (checkpoint, entry) = published(&flights);
    let mut bytes = fs::read(&entry).unwrap();
    bytes[20] ^= 1;
    fs::write(&entry, bytes).unwrap();
    let expected = ["while its log is damaged", "flights' away", "log/"];
    flights.fail(&[], &expected);
    flights.fail(&["--fresh"], &expected);
    let moved = flights.path("moved");
    fs::rename(flights.output().join("checkpoints/flights"), &moved).unwrap();
    let from = moved.join(checkpoint.file_name().unwrap());
    let from = ["--fresh", "-s", from.to_str().unwrap()];
    let summary = flights.finish(&[&from[..], &["--rate", "100000000"]].concat());
    assert!(count(&summary, "records_before") > 0, "{summary}");
    assert!(Tables::read(&flights.output()) == Tables::of(data_set(), 1));
}

#[test]
fn a_finished_job_without_its_tables_is_told_the_way_out() {
    let flights = Flights::new(&[]);
    flights.finish(&[]);
    fs::remove_file(flights.output().join("carriers.csv")).unwrap();
    flights.fail(&[], &["carriers.csv', but both are gone", "--fresh"]);
    flights.finish(&["--fresh"]);
    Tables::of(data_set(), 1).assert_in(&flights.output());
}

/// The folder of the checkpoint that the job goes on from, and the last entry of its log. A dead
/// process may have left a later folder that it did not come to publish, and unnamed entries.
fn published(flights: &Flights) -> (PathBuf, PathBuf) {
    let root = flights.output().join("checkpoints");
    let jobs = flights.does(&["list", root.to_str().unwrap(), "--json"]);
    let jobs: Value = serde_json::from_str(&jobs).unwrap();
    let checkpoints = jobs[0]["checkpoints"].as_array().unwrap();
    let latest = checkpoints.last().unwrap();
    let log = root.join("flights/log");
    let names = fs::read_dir(&log).unwrap().map(|entry| entry.unwrap());
    let numbers = names.filter_map(|entry| entry.file_name().to_str().unwrap().parse::<u64>().ok());
    let last = numbers.max().unwrap().to_string();
    (root.join(format!("flights/chk-{latest}")), log.join(last))
}

#[test]
fn a_flipped_byte_of_a_checkpoint_is_told_and_nothing_is_overwritten() {
    let flights = slow();
    flights.crash("90000", &[]);
    let (chk, entry) = published(&flights);
    // The process may have died before it came to retire the checkpoint before.
    let no_older = ["-D", "recovery.fall-back-to-older=false"];
    for path in [chk.join("_metadata"), entry] {
        let whole = fs::read(&path).unwrap();
        for place in [0, whole.len() / 2, whole.len() - 1] {
            let mut flipped = whole.clone();
            flipped[place] ^= 4;
            fs::write(&path, &flipped).unwrap();
            flights.fail(&no_older, &[]);
            assert_eq!(fs::read(&path).unwrap(), flipped);
        }
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        flights.fail(&no_older, &[]);
        fs::write(&path, &whole).unwrap();
    }
    assert!(!flights.output().join("carriers.csv").exists());
    flights.finish(&["--rate", "100000000"]);
    Tables::of(data_set(), 1).assert_in(&flights.output());
}
