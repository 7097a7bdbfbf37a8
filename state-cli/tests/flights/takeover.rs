//! Directories that somebody else has: a running job, an older process that wakes up, an earlier run.

use crate::command::Flights;
use crate::kill::assert_updates_add_up;
use crate::live::Live;
use crate::reference::{Tables, data_set};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

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
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else {
            all.insert(path.clone(), std::fs::read(&path).unwrap());
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
