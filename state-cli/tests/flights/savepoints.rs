//! Savepoints of the running job: taken, copied, stopped with, gone on from, disposed of.

use crate::command::{Flights, count};
use crate::live::Live;
use crate::reference::{Tables, data_set};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A job that takes a few seconds.
fn slow() -> Flights {
    Flights::new(&[
        "--parallelism",
        "2",
        "--checkpoint-interval",
        "100ms",
        "--savepoint-dir",
        "savepoints",
    ])
}

const RATE: [&str; 2] = ["--rate", "20000"];

fn start(flights: &Flights) -> Live {
    let mut live = Live::start(flights, &RATE);
    live.until("checkpoint 1: ");
    live
}

/// Goes on from a path to the end; the tables must be those of an undisturbed run.
fn finish(flights: &Flights, path: &str, more: &[&str]) -> Value {
    let more: Vec<&str> = ["-s", path]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    let summary = flights.finish(&more);
    Tables::of(data_set(), 1).assert_in(&flights.output());
    assert!(count(&summary, "restored_from") > 0);
    assert!(count(&summary, "records_before") > 0);
    summary
}

fn listed(flights: &Flights) -> Vec<Value> {
    serde_json::from_str(&flights.does(&["list", "--json"])).unwrap()
}

fn entries(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_job_is_stopped_with_a_savepoint_and_goes_on_at_another_parallelism() {
    let flights = slow();
    let live = start(&flights);
    let jobs = listed(&flights);
    assert_eq!(jobs.len(), 1);
    assert_eq!(
        (&jobs[0]["id"], &jobs[0]["name"]),
        (&"flights".into(), &"flights".into())
    );
    assert_eq!(jobs[0]["state"], "RUNNING");
    assert_eq!(jobs[0]["address"], *live.address);
    let root = flights.output().join("checkpoints");
    assert_eq!(jobs[0]["checkpoint_root"], *root.to_str().unwrap());
    assert!(root.join("flights/control.json").exists());

    let first = flights.does(&["savepoint", "flights", "elsewhere"]);
    assert!(Path::new(&first).join("_metadata").exists());
    assert!(Path::new(&first).starts_with(flights.path("elsewhere")));
    let path = flights.does(&["stop", "fli"]);
    let ran = live.wait();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains(&path), "{}", ran.stdout);
    assert!(!ran.stderr.contains("restarting"), "{}", ran.stderr);
    assert_eq!(listed(&flights), [Value::Null; 0]);
    assert!(!root.join("flights/control.json").exists());

    let summary = finish(&flights, &path, &["--parallelism", "3"]);
    let read = count(&summary, "records_read") + count(&summary, "records_before");
    assert_eq!(read, data_set().len() as u64);
    assert!(Path::new(&path).exists(), "it was not claimed");
}

#[test]
fn a_copy_of_an_older_savepoint_takes_the_job_back() {
    let flights = slow();
    let mut live = start(&flights);
    let path = flights.does(&["savepoint", &live.address.clone()]);
    until_behind_a_savepoint(&mut live);
    flights.does(&["stop", "flights"]);
    live.wait();
    let copy = flights.path("copy");
    std::fs::rename(&path, &copy).unwrap();
    let metadata = copy.join("_metadata");
    finish(
        &flights,
        metadata.to_str().unwrap(),
        &["--parallelism", "1"],
    );
    // In another place, from the same savepoint: there the updates begin with it.
    let options = [
        "-s",
        "copy",
        "--output",
        "other",
        "--checkpoint-dir",
        "other/cp",
    ];
    flights.finish(&options);
    let tables = Tables::read(&flights.path("other"));
    assert!(tables == Tables::of(data_set(), 1));
}

/// The update files of a directory, by name.
fn updates(output: &Path) -> BTreeMap<PathBuf, String> {
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path.file_name().unwrap().into(), text)
    };
    entries(&output.join("updates"))
        .into_iter()
        .map(read)
        .collect()
}

/// Flights over all routes, in the rows of updates.
fn flown(updates: &BTreeMap<PathBuf, String>) -> u64 {
    let rows = updates.values().flat_map(|text| text.lines().skip(1));
    let flights = rows.map(|row| row.split(',').nth(2).unwrap().parse::<u64>().unwrap());
    flights.sum()
}

/// Waits for two checkpoints that were begun when a savepoint stood.
fn until_behind_a_savepoint(live: &mut Live) {
    live.until("savepoint ");
    // One may have been on its way.
    for _ in 0..3 {
        live.until(" ms");
    }
}

/// A job that was killed when it had newer checkpoints than a savepoint; the path of that.
fn killed_behind_a_savepoint() -> (Flights, String) {
    let flights = slow();
    let mut live = start(&flights);
    let path = flights.does(&["savepoint", "flights"]);
    until_behind_a_savepoint(&mut live);
    live.kill();
    (flights, path)
}

#[test]
fn a_fresh_start_from_a_savepoint_leaves_no_updates_of_before() {
    let (flights, path) = killed_behind_a_savepoint();
    let summary = flights.finish(&["--fresh", "-s", &path]);
    assert!(count(&summary, "restored_from") > 0);
    let before = count(&summary, "records_before");
    assert!(before > 0, "{summary}");
    let tables = Tables::read(&flights.output());
    assert!(tables == Tables::of(data_set(), 1));
    let updates = updates(&flights.output());
    let all = data_set().len() as u64;
    assert_eq!(flown(&updates), all - before, "those behind the savepoint");
    // Once more, and without --fresh: it goes on from its last checkpoint.
    flights.finish(&[]);
    assert!(self::updates(&flights.output()) == updates);
}

/// It goes back all the same, however often it is killed, until it has a checkpoint.
#[test]
fn a_job_that_is_killed_on_its_way_back_is_not_told_twice() {
    let never = ["--checkpoint-interval", "1h", "--crash-after", "1000"];
    let other = "--output other --checkpoint-dir alluvium-out/checkpoints";
    let other: Vec<&str> = other.split(' ').collect();
    for (first, then, keeps) in [
        (&[][..], &[][..], true),
        (&["--fresh"], &[], false),
        (&other, &other, false),
    ] {
        let (flights, path) = killed_behind_a_savepoint();
        for told in [&[&["-s", &*path], first].concat(), then] {
            let ran = flights.run(&[told, &never].concat());
            assert_eq!(ran.code, None, "{}", ran.stderr);
            let warns = ran.stderr.contains("what it was told to start from before");
            assert_eq!(warns, !told.contains(&"-s"), "{}", ran.stderr);
        }
        let summary = flights.finish(then);
        let before = count(&summary, "records_before");
        assert!(before > 0, "{summary}");
        let output = match then {
            [_, output, ..] => flights.path(output),
            _ => flights.output(),
        };
        assert!(Tables::read(&output) == Tables::of(data_set(), 1));
        let all = data_set().len() as u64;
        let expected = if keeps { all } else { all - before };
        assert_eq!(flown(&updates(&output)), expected);
    }
}

#[test]
fn a_stopped_job_also_goes_on_by_itself() {
    let flights = slow();
    for more in [
        &["stop", "flights"][..],
        &["stop", "--drain", "-p", "drained", "flights"],
    ] {
        let live = start_again(&flights);
        flights.does(more);
        assert_eq!(live.wait().code, Some(0));
    }
    assert_eq!(entries(&flights.path("drained")).len(), 1);
    let summary = flights.finish(&[]);
    assert!(count(&summary, "records_before") > 0);
    Tables::of(data_set(), 1).assert_in(&flights.output());
}

fn start_again(flights: &Flights) -> Live {
    let mut live = Live::start(flights, &RATE);
    live.until("checkpoint ");
    live
}

#[test]
fn a_savepoint_outlives_the_death_of_its_job() {
    let flights = slow();
    let live = start(&flights);
    let path = flights.does(&["savepoint", "flights"]);
    live.kill();
    assert_eq!(listed(&flights), [Value::Null; 0], "the note is stale");
    assert_eq!(entries(&flights.path("run/alluvium")).len(), 0);
    finish(&flights, &path, &["--parallelism", "3"]);
}

#[test]
fn a_death_while_the_job_is_stopped_loses_and_repeats_nothing() {
    for pause in [0, 3, 9, 20, 45, 90] {
        let flights = slow();
        let live = start(&flights);
        let mut stop = flights.alluvium_command(&["stop", "flights"]);
        let stopping = stop.stdout(std::process::Stdio::piped()).spawn().unwrap();
        live.kill_after(Duration::from_millis(pause));
        let stopped = stopping.wait_with_output().unwrap();
        let path = String::from_utf8(stopped.stdout).unwrap();
        if stopped.status.success() {
            finish(&flights, path.trim(), &["--parallelism", "3"]);
        } else {
            flights.finish(&["--parallelism", "3"]);
            Tables::of(data_set(), 1).assert_in(&flights.output());
        }
    }
}

#[test]
fn a_job_is_cancelled_with_or_without_a_savepoint() {
    let flights = slow();
    let live = start(&flights);
    let told = flights.does(&["cancel", "flights", "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["id"], "flights");
    let ran = live.wait();
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("the job was cancelled"),
        "{}",
        ran.stderr
    );

    let live = start_again(&flights);
    let path = flights.does(&["cancel", "-sthere", "flights", "--json"]);
    let path: Value = serde_json::from_str(&path).unwrap();
    let path = path["path"].as_str().unwrap();
    assert_eq!(live.wait().code, Some(3));
    finish(&flights, path, &[]);
}

#[test]
fn a_claimed_savepoint_goes_once_it_is_subsumed() {
    let flights = slow();
    let live = start(&flights);
    let path = flights.does(&["stop", "flights"]);
    live.wait();
    finish(&flights, &path, &["--claim"]);
    assert!(!Path::new(&path).exists());
    assert!(flights.path("savepoints").exists());
}

#[test]
fn what_cannot_be_done_is_told_and_changes_nothing() {
    let flights = slow();
    flights.does_not(
        &["stop", "flights"],
        &["'flights'", "no job of this user is running"],
    );
    let live = start(&flights);
    flights.does_not(
        &["savepoint", "hikes"],
        &["job 'hikes' is not found", "'flights'", "127.0.0.1"],
    );
    std::fs::write(flights.path("file"), "mine").unwrap();
    flights.does_not(
        &["savepoint", "flights", "file"],
        &["cannot be written to", "/file'"],
    );
    flights.does_not(
        &["stop", "-p", "file/x", "flights"],
        &["cannot be written to", "/file/x'"],
    );
    assert_eq!(listed(&flights)[0]["state"], "RUNNING");

    let path = flights.does(&["stop", "flights"]);
    live.wait();
    let checkpoint = entries(&flights.output().join("checkpoints/flights"))
        .into_iter()
        .find(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("chk-")
        })
        .unwrap();
    let checkpoint = checkpoint.to_str().unwrap();
    flights.does_not(
        &["savepoint", "--dispose", checkpoint],
        &["no savepoint, but checkpoint"],
    );
    flights.does_not(
        &["savepoint", "-d", "."],
        &["there is no '_metadata' in it"],
    );
    flights.fail(&["-s", "missing"], &["'missing'", "no such file"]);
    flights.fail(
        &["-s", &path, "--max-parallelism", "64"],
        &["mismatch", "128", "64", &path],
    );
    let told = flights.does(&["savepoint", "-d", &path, "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["disposed"], *path);
    flights.fail(&["-s", &path], &["no such file", &path]);
    // None of that has harmed the job.
    flights.finish(&[]);
    Tables::of(data_set(), 1).assert_in(&flights.output());
}

#[test]
fn without_a_directory_there_is_no_savepoint() {
    let flights = Flights::new(&["--parallelism", "1", "--checkpoint-interval", "100ms"]);
    let mut live = Live::start(&flights, &["--rate", "20000"]);
    live.until("checkpoint 1: ");
    flights.does_not(
        &["savepoint", "flights"],
        &["execution.checkpointing.savepoint-dir"],
    );
    flights.does(&["cancel", "flights"]);
    live.wait();
}

#[test]
fn jobs_under_a_root_are_listed_whether_they_run_or_not() {
    let flights = slow();
    let live = start(&flights);
    let root = flights.output().join("checkpoints");
    let root = root.to_str().unwrap();
    let jobs =
        || -> Value { serde_json::from_str(&flights.does(&["list", root, "--json"])).unwrap() };
    assert_eq!(jobs()[0]["state"], "RUNNING");
    let table = flights.does(&["list"]);
    assert!(
        table.contains("CHECKPOINT ROOT") && table.contains(&live.address),
        "{table}"
    );
    live.kill();
    assert_eq!(jobs()[0]["state"], "NOT_RUNNING");
    assert!(!jobs()[0]["checkpoints"].as_array().unwrap().is_empty());
    flights.finish(&[]);
    assert_eq!(jobs()[0]["state"], "FINISHED");
    assert_eq!(flights.does(&["list"]), "no jobs");
    flights.does_not(&["list", "nowhere"], &["'nowhere'"]);
}

#[test]
fn of_two_jobs_of_one_name_each_is_found_by_its_address() {
    let (one, other) = (slow(), slow());
    let mut second = other.command(&RATE);
    let first = start(&one);
    second.env("XDG_RUNTIME_DIR", one.path("run"));
    second
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null());
    let mut child = second.spawn().unwrap();
    while listed(&one).len() < 2 {}
    one.does_not(
        &["cancel", "flights"],
        &["any of several", &first.address, "give a whole id"],
    );
    let listed = listed(&one);
    for job in listed {
        one.does(&["cancel", job["address"].as_str().unwrap()]);
    }
    assert_eq!(first.wait().code, Some(3));
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[test]
fn help_has_examples_and_exit_codes() {
    for command in ["list", "savepoint", "cancel", "stop"] {
        let text = slow().does(&[command, "--help"]);
        assert!(
            text.contains("Examples:") && text.contains("Exit codes:"),
            "{text}"
        );
    }
}
