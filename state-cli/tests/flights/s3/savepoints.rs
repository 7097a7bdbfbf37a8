//! Savepoints to S3, copied to this machine and back, and gone on from everywhere.

use super::Server;
use crate::command::{Flights, count};
use crate::live::Live;
use crate::reference::{Tables, data_set};

/// Goes on from a savepoint in another place, at another parallelism; the tables are those of an
/// undisturbed run.
fn finish(flights: &Flights, number: usize, savepoint: &str, more: &[&str]) {
    let output = format!("out-{number}");
    let checkpoints = format!("s3://bucket/jobs-{number}");
    let options = [
        "-s",
        savepoint,
        "--output",
        &output,
        "--checkpoint-dir",
        &checkpoints,
    ];
    let options: Vec<&str> = options.iter().chain(more).copied().collect();
    let summary = flights.finish(&options);
    assert!(count(&summary, "records_before") > 0, "{summary}");
    let tables = Tables::read(&flights.path(&output));
    assert!(tables == Tables::of(data_set(), 1), "{savepoint}");
}

#[test]
fn a_savepoint_is_taken_copied_there_and_back_and_restored_at_each_place() {
    let server = Server::start();
    let flights = server.flights(&[
        "--checkpoint-interval",
        "100ms",
        "--checkpoint-dir",
        "s3://bucket/jobs",
        "--savepoint-dir",
        "s3://bucket/savepoints",
    ]);
    let mut live = Live::start(&flights, &["--rate", "20000", "--parallelism", "2"]);
    live.until("checkpoint 1: ");
    let running = flights.does(&["list", "s3://bucket/jobs", "--json"]);
    assert!(running.contains("\"RUNNING\""), "{running}");
    let other = flights.does(&["savepoint", "flights", "s3://bucket/elsewhere"]);
    assert!(other.starts_with("s3://bucket/elsewhere/savepoint-flight-"));
    let path = flights.does(&["stop", "flights"]);
    assert!(path.starts_with("s3://bucket/savepoints/savepoint-flight-"));
    let ran = live.wait();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);

    let (here, back) = ("copied/here", "s3://bucket/copied/back");
    flights.does(&["copy", &path, here]);
    flights.does(&["copy", here, back]);
    for place in [&*path, here, back] {
        flights.does(&["verify", place]);
        flights.does(&["diff", &path, place]);
    }
    let inspected = flights.does(&["inspect", back, "--state", "carriers/counts", "--json"]);
    assert!(inspected.contains("carriers"), "{inspected}");
    let exported = flights.does(&["export", &path, "--format", "csv"]);
    assert_eq!(exported, flights.does(&["export", here, "--format", "csv"]));
    assert!(exported.lines().count() > 100);

    finish(&flights, 1, &path, &["--parallelism", "3"]);
    finish(&flights, 2, here, &["--parallelism", "1"]);
    finish(
        &flights,
        3,
        &format!("{back}/_metadata"),
        &["--backend", "memory"],
    );

    // One is disposed of by hand, one by the job that claims it.
    flights.does(&["savepoint", "--dispose", &other]);
    flights.does_not(&["verify", &other], &[&other]);
    finish(&flights, 4, back, &["--claim"]);
    flights.does_not(&["verify", back], &[back]);

    // A whole root, and what nobody needs of it.
    flights.does(&["copy", "s3://bucket/jobs", "jobs"]);
    flights.does(&["verify", "jobs"]);
    flights.does(&["gc", "s3://bucket/jobs", "--dry-run"]);
}
