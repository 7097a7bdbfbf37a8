//! `kill -9` of the real process at random moments, at changing parallelism: what it comes to is
//! what an undisturbed run comes to.

use crate::command::{Flights, count};
use crate::live::pause;
use crate::reference::{Tables, data_set};
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// How often the process is killed on each backend; more by `ALLUVIUM_KILLS`.
fn kills() -> u64 {
    let asked = std::env::var("ALLUVIUM_KILLS").ok();
    asked.map_or(100, |kills| kills.parse().unwrap())
}

const SIGKILL: i32 = 9;

/// How often one job is killed before it may end.
const KILLS_OF_A_JOB: u64 = 20;

/// splitmix64, so that the moments are the same in every run, as far as the machine is.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// Flights and cancelled flights of each route, from the rows of a table.
fn counts(rows: &str, sums: &mut BTreeMap<String, (u64, u64)>) {
    for row in rows.lines().skip(1) {
        let fields: Vec<&str> = row.split(',').collect();
        let sum = sums
            .entry(format!("{},{}", fields[0], fields[1]))
            .or_default();
        sum.0 += fields[2].parse::<u64>().unwrap();
        sum.1 += fields[3].parse::<u64>().unwrap();
    }
}

/// Checks that the updates add up to the table of routes.
pub(crate) fn assert_updates_add_up(output: &Path) {
    let (mut gained, mut expected) = (BTreeMap::new(), BTreeMap::new());
    for entry in std::fs::read_dir(output.join("updates")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            counts(&std::fs::read_to_string(path).unwrap(), &mut gained);
        }
    }
    let routes = std::fs::read_to_string(output.join("routes.csv")).unwrap();
    counts(&routes, &mut expected);
    assert_eq!(gained, expected);
}

/// Kills the job after a random time of up to so many milliseconds; whether that, and nothing
/// before, was its end.
fn kill_once(flights: &Flights, random: &mut Random, latest: u64) -> bool {
    let parallelism = (1 + random.below(3)).to_string();
    let mut child = flights
        .command(&["--parallelism", &parallelism])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    pause(Duration::from_millis(10 + random.below(latest)));
    child.kill().unwrap();
    let status = child.wait().unwrap();
    // It may have ended in between.
    let killed = status.signal() == Some(SIGKILL);
    assert!(killed || status.success(), "{status}");
    killed
}

fn survive(backend: &str, seed: u64) {
    let expected = Tables::of(data_set(), 2);
    let (mut random, mut killed, mut resumed, mut jobs) = (Random(seed), 0, 0, 0);
    let mut latest = 300;
    while killed < kills() {
        jobs += 1;
        assert!(
            jobs <= kills(),
            "{killed} of {} kills in {jobs} jobs: most ended before",
            kills()
        );
        let flights = Flights::new(&[
            "--backend",
            backend,
            "--repeat",
            "2",
            "--checkpoint-interval",
            "15ms",
        ]);
        let mut of_this = 0;
        while of_this < KILLS_OF_A_JOB && kill_once(&flights, &mut random, latest) {
            of_this += 1;
        }
        if of_this < KILLS_OF_A_JOB {
            latest = (latest / 2).max(300);
        }
        let summary = flights.finish(&[]);
        expected.assert_in(&flights.output());
        assert_updates_add_up(&flights.output());
        let all = count(&summary, "records_before") + count(&summary, "records_read");
        assert_eq!(all, 2 * data_set().len() as u64);
        if count(&summary, "records_before") > 0 {
            resumed += 1;
        } else {
            // The machine has much to do: its processes take longer to come to a checkpoint.
            latest *= 2;
        }
        killed += of_this;
    }
    assert!(resumed > 0, "no run went on from a checkpoint");
}

#[test]
fn on_the_filesystem_backend() {
    survive("filesystem", 1);
}

#[test]
fn on_the_memory_backend() {
    survive("memory", 2);
}
