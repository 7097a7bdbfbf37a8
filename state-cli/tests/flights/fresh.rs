//! Starting over, and directories that are somebody else's.

use crate::command::{Flights, count, files};
use crate::reference::{Tables, data_set};
use std::fs;

#[test]
fn starting_over_replaces_everything() {
    let flights = Flights::new(&["--checkpoint-interval", "20ms", "--input", "in.csv"]);
    flights.write_input("in.csv", data_set());
    flights.finish(&[]);
    flights.write_input("in.csv", &data_set()[5_000..70_000]);
    flights.fail(&[], &["another input", "--fresh"]);
    let summary = flights.finish(&["--fresh", "--repeat", "2"]);
    assert!(summary["restored_from"].is_null());
    assert_eq!(count(&summary, "records_read"), 130_000);
    Tables::of(&data_set()[5_000..70_000], 2).assert_in(&flights.output());
    // The checkpoints of before are gone.
    let summary = flights.finish(&["--repeat", "2"]);
    assert_eq!(summary["already_finished"], true);
    flights.finish(&["--fresh"]);
    Tables::of(&data_set()[5_000..70_000], 1).assert_in(&flights.output());
}

#[test]
fn starting_over_survives_its_own_death() {
    let flights = Flights::new(&["--parallelism", "2"]);
    flights.finish(&["--checkpoint-interval", "20ms"]);
    let expected = Tables::of(data_set(), 2);
    let again = ["--repeat", "2", "--checkpoint-interval"];
    // Before the first checkpoint, and behind some.
    for (interval, after) in [("10min", "1000"), ("20ms", "500000")] {
        let again = [&again[..], &[interval]].concat();
        let crash = ["--fresh", "--rate", "1000000", "--crash-after", after];
        let crash = [&again[..], &crash].concat();
        assert!(!flights.command(&crash).status().unwrap().success());
        // Tables are replaced at once, at the end.
        let old = Tables::read(&flights.output());
        assert!(old != expected, "the tables were replaced too early");
        flights.finish(&again);
        expected.assert_in(&flights.output());
        flights.finish(&["--fresh"]);
    }
}

#[test]
fn a_marker_of_a_replacement_that_did_not_get_far_is_acted_on() {
    let flights = Flights::new(&["--checkpoint-interval", "10min"]);
    flights.finish(&["--parallelism", "2"]);
    // As it stands if the process dies just behind writing it: the log has had one owner.
    let marker = r#"{"format":1,"job":"flights","job_id":"flights","replacing":1}"#;
    fs::write(flights.output().join(".alluvium-flights.json"), marker).unwrap();
    let summary = flights.finish(&["--repeat", "2"]);
    assert!(summary["restored_from"].is_null());
    Tables::of(data_set(), 2).assert_in(&flights.output());
}

#[test]
fn files_that_the_job_has_not_written_are_left_alone() {
    for name in [
        "carriers.csv",
        "airframes.csv",
        "updates/mine.csv",
        "updates",
    ] {
        let flights = Flights::new(&[]);
        let path = flights.output().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "mine").unwrap();
        let before = files(&flights.output());
        for options in [&[][..], &["--fresh"]] {
            flights.fail(options, &["cannot write to the output directory", name]);
            assert!(files(&flights.output()) == before, "files have changed");
        }
    }
}

#[test]
fn strange_files_among_own_ones_are_left_alone() {
    let flights = Flights::new(&["--checkpoint-interval", "20ms"]);
    flights.finish(&[]);
    for name in ["routes.csv", "updates/mine.csv"] {
        let path = flights.output().join(name);
        let own = fs::read(&path).ok();
        fs::write(&path, "mine\n").unwrap();
        let before = files(&flights.output());
        flights.fail(&["--fresh"], &["nothing that this job has written", name]);
        assert!(files(&flights.output()) == before, "files have changed");
        match own {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
    }
    flights.finish(&["--fresh"]);
    Tables::of(data_set(), 1).assert_in(&flights.output());
}

#[test]
fn output_and_checkpoints_belong_together() {
    let flights = Flights::new(&["--checkpoint-interval", "20ms"]);
    flights.finish(&[]);
    let before = files(&flights.output());
    let elsewhere = ["--checkpoint-dir", "elsewhere"];
    flights.fail(
        &elsewhere,
        &["holds no checkpoint of job 'flights'", "--fresh"],
    );
    flights.fail(
        &["--job-id", "other"],
        &["belongs to job 'flights', not to job 'other'"],
    );
    let other = [
        "--output",
        "other",
        "--checkpoint-dir",
        "alluvium-out/checkpoints",
    ];
    flights.fail(&other, &["taken with another output directory"]);
    assert!(files(&flights.output()) == before, "files have changed");
    assert!(!flights.path("elsewhere").exists());

    flights.finish(&[&elsewhere[..], &["--fresh"]].concat());
    Tables::of(data_set(), 1).assert_in(&flights.output());
}

#[test]
fn starting_over_with_bad_input_changes_nothing() {
    let flights = Flights::new(&["--checkpoint-interval", "20ms"]);
    flights.finish(&[]);
    let before = files(&flights.output());
    flights.fail(
        &["--fresh", "--input", "missing"],
        &["cannot open the input"],
    );
    let mut lines = data_set()[..10].to_vec();
    lines[9].push(',');
    flights.write_input("bad.csv", &lines);
    flights.fail(
        &["--fresh", "--input", "bad.csv"],
        &["line 11 is malformed"],
    );
    flights.fail(&["--fresh", "--parallelism", "129"], &["128"]);
    fs::write(flights.path("file"), "").unwrap();
    flights.fail(&["--fresh", "--checkpoint-dir", "file"], &["file"]);
    assert!(files(&flights.output()) == before, "files have changed");
}
