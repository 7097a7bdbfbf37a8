//! `alluvium verify`.

use crate::command::Flights;
use crate::support::{alluvium, crashed, good, json, small};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

#[test]
fn all_that_a_job_has_published_is_verified() {
    let flights = crashed();
    let directory = flights.directory.path();
    // Files beside the jobs are nobody's business.
    for name in ["README", "back\\slash"] {
        std::fs::write(directory.join("alluvium-out/checkpoints").join(name), "").unwrap();
    }
    let report = json(directory, &["verify", "alluvium-out/checkpoints"]);
    assert_eq!(report["sound"], true);
    let snapshots = report["snapshots"].as_array().unwrap();
    assert!(!snapshots.is_empty());
    assert!(
        snapshots
            .iter()
            .all(|one| one["entries"].as_u64().unwrap() > 0),
        "{report}"
    );
    let text = good(directory, &["verify", "alluvium-out/checkpoints"]);
    assert!(text.contains("sound"), "{text}");
}

#[test]
fn every_file_that_is_damaged_is_named_with_what_is_wrong() {
    let directory = TempDir::new().unwrap();
    let directory = directory.path();
    let savepoint = small(directory, "sp", 20_000, 16);
    let files = |name: &str| name != "_metadata";
    let mut names: Vec<_> = std::fs::read_dir(&savepoint)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.retain(|name| files(name));
    names.sort();
    assert_eq!(names.len(), 2, "one for each subtask");
    assert_eq!(
        json(directory, &["verify", "sp"])["snapshots"][0]["files"],
        2
    );

    let first = savepoint.join(&names[0]);
    let mut bytes = std::fs::read(&first).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&first, bytes).unwrap();
    std::fs::remove_file(savepoint.join(&names[1])).unwrap();
    let ran = alluvium(directory, &["verify", "sp", "--json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["sound"], false);
    let problems = report["snapshots"][0]["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 2, "{report}");
    let told = |place: usize| problems[place].as_str().unwrap();
    assert!(
        told(0).contains(&names[0]) && told(0).contains("checksum of the block at offset"),
        "{}",
        told(0)
    );
    assert!(
        told(1).contains(&names[1]) && told(1).contains("missing"),
        "{}",
        told(1)
    );
    let ran = alluvium(directory, &["verify", "sp"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("2 problems"), "{}", ran.stdout);
}

#[test]
fn damaged_metadata_is_named_with_the_offset() {
    let directory = TempDir::new().unwrap();
    let directory = directory.path();
    let savepoint = small(directory, "sp", 3, 16);
    let metadata = savepoint.join("_metadata");
    let sound = std::fs::read(&metadata).unwrap();
    for at in [0, 9, sound.len() / 2, sound.len() - 1] {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x40;
        std::fs::write(&metadata, bytes).unwrap();
        let ran = alluvium(directory, &["verify", "sp"]);
        assert_eq!(ran.code, Some(1), "byte {at}");
        assert!(
            ran.stdout.contains("problem: '") && ran.stdout.contains("_metadata'"),
            "{at}"
        );
    }
}

/// The files of a log, as numbers say.
fn newest(log: &Path) -> u64 {
    let names = std::fs::read_dir(log).unwrap();
    let numbers = names.filter_map(|name| name.unwrap().file_name().to_str()?.parse().ok());
    numbers.max().unwrap()
}

/// Verifies the checkpoints of a crashed job to a bad end; the problems of its log.
fn problems(flights: &Flights) -> Vec<String> {
    let words = ["verify", "alluvium-out/checkpoints", "--json"];
    let ran = alluvium(flights.directory.path(), &words);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["sound"], false);
    let problems = report["logs"][0]["problems"].as_array().unwrap();
    let told = problems
        .iter()
        .map(|told| told.as_str().unwrap().to_owned());
    told.collect()
}

#[test]
fn every_damaged_entry_of_a_log_is_named() {
    let flights = crashed();
    let log = flights.output().join("checkpoints/flights/log");
    let last = newest(&log);
    assert!(last > 3, "{last}");
    let report = json(
        flights.directory.path(),
        &["verify", "alluvium-out/checkpoints"],
    );
    assert_eq!(report["logs"][0]["entries"], last);
    for entry in [2, last] {
        let path = log.join(entry.to_string());
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        // A start of the job would not have it either.
        flights.fail(&["--repeat", "8"], &[&format!("log/{entry}'")]);
        let told = problems(&flights);
        assert!(
            told.iter()
                .any(|one| one.contains(&format!("log/{entry}'"))),
            "{told:?}"
        );
    }
    assert_eq!(problems(&flights).len(), 2);
}

#[test]
fn entries_of_a_log_that_do_not_follow_one_another_are_named() {
    let (flights, other) = (crashed(), crashed());
    let log = |flights: &Flights| flights.output().join("checkpoints/flights/log");
    std::fs::copy(log(&other).join("2"), log(&flights).join("2")).unwrap();
    let told = problems(&flights);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].contains("log/2' does not follow: owner"),
        "{told:?}"
    );
    assert!(
        told[1].contains("log/3' does not follow: owner"),
        "{told:?}"
    );
    flights.fail(&["--repeat", "8"], &["log/3' does not follow: owner"]);
    std::fs::remove_file(log(&flights).join("2")).unwrap();
    let told = problems(&flights);
    assert!(told[0].contains("log/2' is missing"), "{told:?}");
}
