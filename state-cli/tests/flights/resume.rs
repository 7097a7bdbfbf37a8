//! Runs that die, and others that go on where they stood.

use crate::command::{Flights, count, files, visible};
use crate::reference::{Tables, data_set};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

/// Numbers that look random, the same in every run (xorshift, Marsaglia 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn wait(millis: u64) {
    let (_keep, never) = mpsc::channel::<()>();
    never
        .recv_timeout(Duration::from_millis(millis))
        .unwrap_err();
}

/// That no sink has left anything behind.
fn assert_nothing_left_behind(output: &Path) {
    let checkpoints = output.join("checkpoints");
    for (path, _) in files(output) {
        if path.starts_with(&checkpoints) {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        let hidden = name.starts_with('.') && name != ".alluvium-flights.json";
        assert!(!hidden, "'{}' was left behind", path.display());
    }
}

#[test]
fn killed_again_and_again_it_ends_with_the_same_files() {
    const KILLS: usize = 8;
    let flights = Flights::new(&["--repeat", "4", "--checkpoint-interval", "20ms"]);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let parallelisms = ["2", "5", "1", "3"].into_iter().cycle().take(KILLS);
    for (kills, parallelism) in parallelisms.enumerate() {
        // Slow enough that no run comes to the end.
        let slow = ["--parallelism", parallelism, "--rate", "400000"];
        let mut running = flights.start(&slow);
        let begun = if kills == 0 {
            "starting at record 0"
        } else {
            "resuming from checkpoint"
        };
        assert!(running.wait_for(begun));
        for _ in 0..random.below(4) {
            assert!(running.wait_for("checkpoint "));
        }
        wait(random.below(40));
        running.kill();
    }
    let summary = flights.finish(&["--parallelism", "3"]);
    assert!(!summary["restored_from"].is_null());
    let (before, read) = (
        count(&summary, "records_before"),
        count(&summary, "records_read"),
    );
    assert!(before > 0 && read > 0, "{before} {read}");
    assert_eq!(before + read, 4 * data_set().len() as u64);
    Tables::of(data_set(), 4).assert_in(&flights.output());
    assert_nothing_left_behind(&flights.output());
}

#[test]
fn a_run_that_crashes_on_purpose_is_gone_on_with() {
    let flights = Flights::new(&["--checkpoint-interval", "20ms", "--parallelism", "2"]);
    let crash = ["--crash-after", "250000", "--rate", "1000000"];
    let status = flights.command(&crash).status().unwrap();
    assert_eq!(status.signal(), Some(6), "{status}");
    let ran = flights.run(&["--parallelism", "3"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let told = "resuming from checkpoint ";
    assert!(ran.stderr.starts_with(told), "{}", ran.stderr);
    Tables::of(data_set(), 1).assert_in(&flights.output());
    assert_nothing_left_behind(&flights.output());
}

#[test]
fn a_finished_job_says_so_and_leaves_all_as_it_is() {
    let flights = Flights::new(&["--checkpoint-interval", "20ms"]);
    flights.finish(&["--parallelism", "2"]);
    let before = visible(&flights.output());
    for parallelism in ["2", "5"] {
        let ran = flights.run(&["--parallelism", parallelism]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("the job has finished"),
            "{}",
            ran.stderr
        );
        let summary = flights.finish(&["--parallelism", parallelism]);
        assert_eq!(summary["already_finished"], true);
        assert_eq!(count(&summary, "records_before"), data_set().len() as u64);
        assert_eq!(count(&summary, "records_read"), 0);
    }
    assert!(visible(&flights.output()) == before, "files have changed");
}

#[test]
fn what_was_published_but_not_committed_is_committed_at_the_next_start() {
    let flights = Flights::new(&["--checkpoint-interval", "10min"]);
    flights.finish(&["--parallelism", "2"]);
    // As if the process had died after the publication of checkpoint 1.
    let output = flights.output();
    for (committed, pending) in [
        ("carriers.csv", ".carriers-1.pending"),
        ("airframes.csv", ".airframes-1.pending"),
        ("updates/routes-1-1.csv", "updates/.routes-1-1.pending"),
    ] {
        std::fs::rename(output.join(committed), output.join(pending)).unwrap();
    }
    let summary = flights.finish(&["--parallelism", "3"]);
    assert_eq!(summary["already_finished"], true);
    Tables::of(data_set(), 1).assert_in(&output);
    assert_nothing_left_behind(&output);
}

#[test]
fn a_checkpoint_of_something_else_is_refused() {
    let flights = Flights::new(&["--checkpoint-interval", "20ms", "--input", "in.csv"]);
    flights.write_input("in.csv", &data_set()[..100_000]);
    flights.write_input("other.csv", &data_set()[..99_999]);
    let crash = ["--crash-after", "90000", "--rate", "500000"];
    assert!(!flights.command(&crash).status().unwrap().success());
    let before = visible(&flights.output());
    assert!(!before.is_empty());
    flights.fail(
        &["--input", "other.csv"],
        &["another input", "100000 lines", "99999 lines"],
    );
    flights.fail(
        &["--repeat", "2"],
        &["taken with --repeat 1, found --repeat 2"],
    );
    flights.fail(&["--max-parallelism", "64"], &["128", "64"]);

    let root = flights.output().join("checkpoints");
    copy(&root.join("flights"), &root.join("other"));
    let of_other = ["--job-id", "other", "--output", "other-out"];
    let there = ["--checkpoint-dir", "alluvium-out/checkpoints"];
    let told = ["belongs to job 'flights', not to job 'other'"];
    flights.fail(&[of_other.as_slice(), &there].concat(), &told);
    std::fs::remove_dir_all(root.join("other")).unwrap();

    // What was due may have been committed, at any of these starts.
    let after = visible(&flights.output());
    let stayed = before.iter().all(|file| after.contains(file));
    assert!(stayed, "files have changed");
    flights.finish(&[]);
    Tables::of(&data_set()[..100_000], 1).assert_in(&flights.output());
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in files(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::write(target, bytes).unwrap();
    }
}

#[test]
fn two_processes_do_not_share_a_directory() {
    let flights = Flights::new(&["--checkpoint-interval", "20ms"]);
    let mut running = flights.start(&["--rate", "10000"]);
    assert!(running.wait_for("starting at record 0"));
    flights.fail(&[], &["alluvium-out", "in use by another process"]);
    flights.fail(&["--fresh"], &["in use by another process"]);
    assert!(running.wait_for("checkpoint "));
    running.kill();
    flights.finish(&[]);
    Tables::of(data_set(), 1).assert_in(&flights.output());
}
