//! Runs that nothing disturbs.

use crate::command::{Flights, count};
use crate::reference::{Tables, data_set};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

#[test]
fn paths_need_be_no_text() {
    let flights = Flights::new(&["--checkpoint-dir", "there", "--json"]);
    flights.write_input("in.csv", &["1,UA,1,N1,EWR,IAH,2,11,1400".to_owned()]);
    let [input, output] = [&b"in\xff.csv"[..], b"out\xff"].map(OsStr::from_bytes);
    let directory = flights.directory.path();
    std::fs::rename(flights.path("in.csv"), directory.join(input)).unwrap();
    let mut command = flights.command(&[]);
    command
        .arg("--input")
        .arg(input)
        .arg("--output")
        .arg(output);
    let ran = command.output().unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let summary: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(summary["input"], "in\u{fffd}.csv");
    assert!(directory.join(output).join("carriers.csv").exists());
}

#[test]
fn the_tables_of_the_data_set_are_right_at_any_parallelism() {
    let expected = Tables::of(data_set(), 1);
    for parallelism in ["1", "2", "3", "5"] {
        let flights = Flights::new(&["--parallelism", parallelism]);
        let summary = flights.finish(&[]);
        expected.assert_in(&flights.output());
        assert!(summary["restored_from"].is_null());
        assert_eq!(count(&summary, "records_before"), 0);
        assert_eq!(count(&summary, "records_read"), data_set().len() as u64);
    }
}

#[test]
fn repeated_input_counts_as_often_and_is_checkpointed_on_the_way() {
    let flights = Flights::new(&["--repeat", "3", "--checkpoint-interval", "20ms"]);
    let summary = flights.finish(&[]);
    Tables::of(data_set(), 3).assert_in(&flights.output());
    assert_eq!(count(&summary, "records_read"), 3 * data_set().len() as u64);
    assert!(summary["checkpoints"]["completed"].as_u64().unwrap() > 1);
}

#[test]
fn small_inputs_as_they_are_do_too() {
    let lines = &data_set()[..7];
    for lines in [&lines[..0], &lines[..1], lines] {
        let flights = Flights::new(&["--input", "in.csv", "--parallelism", "3"]);
        flights.write_input("in.csv", lines);
        let summary = flights.finish(&["--repeat", "2"]);
        let twice = Tables::of(lines, 2);
        twice.assert_in(&flights.output());
        assert_eq!(count(&summary, "records_read"), 2 * lines.len() as u64);
    }
}

#[test]
fn people_get_a_table_and_are_told_of_checkpoints() {
    let flights = Flights::new(&["--checkpoint-interval", "20ms"]);
    let ran = flights.run(&[]);
    assert_eq!(ran.code, Some(0));
    for told in ["restored_from", "records_before", "records_read", "336,776"] {
        assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout);
    }
    assert!(ran.stderr.contains("checkpoint 1: "), "{}", ran.stderr);
    // A pipe gets no progress bar.
    assert!(!ran.stderr.contains('\u{1b}') && !ran.stderr.contains('\r'));
}
