//! Checkpoints that were damaged: told, and nothing else is touched.

use crate::command::{Flights, all_but_log, files};
use crate::reference::{Tables, data_set};
use std::path::PathBuf;

/// A run that died, with checkpoints.
fn died() -> Flights {
    let flights = Flights::new(&["--checkpoint-interval", "20ms", "--parallelism", "2"]);
    let crash = ["--crash-after", "250000", "--rate", "1000000"];
    assert!(!flights.command(&crash).status().unwrap().success());
    flights
}

/// The file below `checkpoints/` that `part` is a part of the path of, the last one.
fn newest(flights: &Flights, part: &str) -> PathBuf {
    let found = files(&flights.output().join("checkpoints"));
    let mut found: Vec<PathBuf> = found.into_iter().map(|(path, _)| path).collect();
    found.retain(|path| path.to_str().unwrap().contains(part));
    // Of numbers, the longest is the greatest.
    found.sort_by_key(|path| (path.as_os_str().len(), path.clone()));
    found.pop().unwrap()
}

#[test]
fn a_damaged_file_of_the_newest_checkpoint_is_named() {
    let flights = died();
    for part in ["_metadata", "/log/"] {
        let path = newest(&flights, part);
        let whole = std::fs::read(&path).unwrap();
        let flip = |place: usize| {
            let mut bytes = whole.clone();
            bytes[place] ^= 1;
            bytes
        };
        let last = whole.len() - 1;
        let flipped = [0, 9, last / 3, last / 2, last].map(flip);
        let cut = [0, 1, last / 2, last].map(|length| whole[..length].to_vec());
        for damaged in flipped.into_iter().chain(cut) {
            std::fs::write(&path, damaged).unwrap();
            let before = all_but_log(&flights.output());
            let named = path
                .parent()
                .unwrap()
                .file_name()
                .unwrap()
                .to_str()
                .unwrap();
            flights.fail(&[], &[named]);
            let after = all_but_log(&flights.output());
            assert!(after == before, "files have changed");
        }
        std::fs::write(&path, whole).unwrap();
    }
    flights.finish(&[]);
    Tables::of(data_set(), 1).assert_in(&flights.output());
}

#[test]
fn a_damaged_marker_is_named() {
    let flights = died();
    let path = flights.output().join(".alluvium-flights.json");
    let whole = std::fs::read(&path).unwrap();
    for damaged in [&b"{}"[..], b"", &whole[..whole.len() - 1]] {
        std::fs::write(&path, damaged).unwrap();
        flights.fail(&[], &[".alluvium-flights.json", "is damaged"]);
        flights.fail(&["--fresh"], &[".alluvium-flights.json", "is damaged"]);
    }
    std::fs::write(&path, whole).unwrap();
    flights.finish(&[]);
    Tables::of(data_set(), 1).assert_in(&flights.output());
}

#[test]
fn a_checkpoint_directory_that_is_a_file_is_told() {
    let flights = Flights::new(&["--checkpoint-dir", "chk"]);
    std::fs::write(flights.path("chk"), "mine").unwrap();
    flights.fail(&[], &["chk"]);
    assert_eq!(std::fs::read(flights.path("chk")).unwrap(), b"mine");
}
