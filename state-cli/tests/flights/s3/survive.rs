//! `kill -9` of the job at random moments, at changing parallelism.

use super::Server;
use crate::command::count;
use crate::kill::{Random, assert_updates_add_up};
use crate::live::Live;
use crate::reference::{Tables, data_set};
use std::time::Duration;

/// How often the job is killed.
const KILLS: u64 = 9;

#[test]
fn kills_change_nothing() {
    let server = Server::start();
    let root = "s3://bucket/some/checkpoints";
    let flights = server.flights(&[
        "--repeat",
        "2",
        "--checkpoint-interval",
        "40ms",
        "--checkpoint-dir",
        root,
    ]);
    let mut random = Random(5);
    for kill in 0..KILLS {
        let parallelism = (1 + random.below(3)).to_string();
        let mut live = Live::start(&flights, &["--rate", "8000", "--parallelism", &parallelism]);
        // Anywhere: in reading what there is, in the first checkpoint, in a later one.
        if kill % 3 > 0 {
            live.until(" ms");
        }
        live.kill_after(Duration::from_millis(random.below(200)));
    }
    let summary = flights.finish(&["--parallelism", "2"]);
    Tables::of(data_set(), 2).assert_in(&flights.output());
    assert_updates_add_up(&flights.output());
    assert!(count(&summary, "records_before") > 0, "{summary}");
    let all = count(&summary, "records_before") + count(&summary, "records_read");
    assert_eq!(all, 2 * data_set().len() as u64);
    assert_eq!(summary["checkpoint_dir"], root);

    // What those who died have left is gone, and what is there is sound.
    flights.does(&["verify", root]);
    let listed = flights.does(&["list", root, "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[0]["id"], "flights");
    assert_eq!(listed[0]["state"], "FINISHED");
    assert_eq!(listed[0]["checkpoint_root"], root);
    // The server may have gone on with what those were sending.
    flights.does(&["gc", root]);
    let checkpoints = |path: &&std::path::PathBuf| path.to_str().unwrap().contains("/chk-");
    let objects = server.objects();
    let folders: std::collections::BTreeSet<_> = objects
        .keys()
        .filter(checkpoints)
        .map(|path| path.parent().unwrap())
        .collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
}
