//! Directories that somebody else has: a running job, an older process that wakes up, an earlier run.

use crate::command::Flights;
use crate::kill::assert_updates_add_up;
use crate::live::Live;
use crate::reference::{Tables, data_set};
use alluvium::checkpoint::{CheckpointStore, JobId, LocalStorage, OpenMode, OwnerId, StoreOptions};
use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const SLOW: [&str; 2] = ["--rate", "20000"];

/// Suspends the job and lets it end; its output is right.
fn end(flights: &Flights, live: Live) {
    live.signal("TERM");
    assert_eq!(live.wait().code, Some(143));
    flights.finish(&[]);
    assert_output(flights);
}

fn assert_output(flights: &Flights) {
    Tables::of(data_set(), 1).assert_in(&flights.output());
    assert_updates_add_up(&flights.output());
}

#[test]
fn checkpoints_of_a_running_job_are_refused() {
    let flights = Flights::new(&["--checkpoint-interval", "50ms"]);
    let mut live = Live::start(&flights, &SLOW);
    live.until(" ms");
    let expected = [
        "in use",
        "alluvium-out/checkpoints",
        "execution.checkpointing.dir",
        &live.address,
    ];
    flights.fail(&[], &expected);
    flights.fail(&["--fresh"], &expected);
    live.until(" ms");
    end(&flights, live);
}

#[test]
fn the_output_of_a_running_job_is_refused_to_another() {
    let flights = Flights::new(&["--checkpoint-interval", "50ms"]);
    let mut live = Live::start(&flights, &SLOW);
    live.until(" ms");
    let other = ["--job-id", "other", "--checkpoint-dir", "elsewhere"];
    let expected = ["'--output'", "in use", "job 'flights'", &live.address];
    flights.fail(&other, &expected);
    flights.fail(&[&other[..], &["--fresh"]].concat(), &expected);
    live.until(" ms");
    end(&flights, live);
}

#[test]
fn an_older_process_that_wakes_up_ends_and_changes_nothing() {
    let flights = Flights::new(&["--checkpoint-interval", "50ms"]);
    let mut old = Live::start(&flights, &SLOW);
    old.until(" ms");
    old.signal("STOP");
    let mut new = Live::start(&flights, &SLOW);
    new.until(" ms");
    old.signal("CONT");
    let ran = old.wait();
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("taken over"), "{}", ran.stderr);
    new.until(" ms");
    end(&flights, new);
}

/// Every file below, and what is in it.
fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else {
            all.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    all
}

#[test]
fn what_cannot_start_over_leaves_everything_as_it_was() {
    let flights = Flights::new(&["--checkpoint-interval", "50ms"]);
    flights.finish(&[]);
    let before = contents(&flights.output());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    flights.fail(&["--fresh", "--port", &port], &["--port"]);
    flights.fail(&["--fresh", "-s", "nowhere"], &["nowhere"]);
    assert_eq!(contents(&flights.output()), before);
    flights.finish(&["--fresh"]);
    assert_output(&flights);
}

#[test]
fn updates_whose_checkpoints_were_deleted_are_not_counted_twice() {
    let delete = "execution.checkpointing.externalized-checkpoint-retention=DELETE_ON_CANCELLATION";
    let flights = Flights::new(&["--checkpoint-interval", "50ms", "-D", delete]);
    let mut live = Live::start(&flights, &SLOW);
    live.until(" ms");
    live.until(" ms");
    flights.does(&["cancel", "flights"]);
    live.wait();
    flights.fail(&[], &["updates of an earlier run", "--fresh"]);
    flights.finish(&["--fresh"]);
    assert_output(&flights);
}

/// What is left of a job that was killed when it had just claimed its checkpoints with `--fresh`.
fn killed_behind_its_claim() -> Flights {
    let flights = Flights::new(&["--checkpoint-interval", "20ms"]);
    flights.finish(&[]);
    let root = flights.output().join("checkpoints");
    let storage = Arc::new(LocalStorage::open(root).unwrap());
    let job = JobId::new("flights").unwrap();
    let over = StoreOptions::default().with_mode(OpenMode::StartOver);
    drop(CheckpointStore::open(storage, job, OwnerId([5; 16]), over).unwrap());
    flights
}

#[test]
fn a_fresh_start_that_was_killed_behind_its_claim_is_made_up_for() {
    let flights = killed_behind_its_claim();
    let summary = flights.finish(&[]);
    assert!(summary["restored_from"].is_null(), "{summary}");
    assert_output(&flights);
}

#[test]
fn a_fresh_start_that_was_killed_before_it_had_a_checkpoint_is_made_up_for() {
    let flights = Flights::new(&["--checkpoint-interval", "20ms"]);
    flights.finish(&[]);
    let never = ["--checkpoint-interval", "1h", "--crash-after", "1000"];
    for more in [&["--fresh"][..], &[]] {
        let ran = flights.run(&[more, &never].concat());
        assert_eq!(ran.code, None, "{}", ran.stderr);
        assert!(flights.output().join("routes.csv").exists(), "as it was");
    }
    flights.finish(&[]);
    assert_output(&flights);
}

#[test]
fn what_came_after_the_claim_is_of_somebody_else() {
    let flights = killed_behind_its_claim();
    let updates = flights.output().join("updates");
    let foreign = updates.join("routes-999999-0.csv");
    fs::write(&foreign, "origin,destination,flights,cancelled\n").unwrap();
    let before = contents(&updates);
    flights.fail(&[], &["updates of an earlier run", "--fresh"]);
    assert_eq!(contents(&updates), before);
}

#[test]
fn tables_that_no_checkpoint_belongs_to_are_refused_and_left() {
    let flights = Flights::new(&[]);
    fs::create_dir(flights.output()).unwrap();
    let table = flights.output().join("routes.csv");
    let header = "origin,destination,flights,cancelled,mean_arrival_delay,\
                  greatest_departure_delay\n";
    fs::write(&table, format!("{header}mine")).unwrap();
    flights.fail(
        &[],
        &["/routes.csv' is a table of an earlier run", "--fresh"],
    );
    assert_eq!(fs::read_to_string(&table).unwrap(), format!("{header}mine"));
    flights.finish(&["--fresh"]);
    assert_output(&flights);
}
