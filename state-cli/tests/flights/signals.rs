//! Signals: the first suspends the job, and it goes on when it is started again.

use crate::command::{Flights, count};
use crate::live::Live;
use crate::reference::{Tables, data_set};

#[test]
fn signals_suspend_the_job_and_keep_its_checkpoints() {
    let flights = Flights::new(&["--checkpoint-interval", "50ms"]);
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut live = Live::start(&flights, &["--rate", "20000"]);
        live.until(" ms");
        live.signal(signal);
        let ran = live.wait();
        assert_eq!(ran.code, Some(code), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
        assert!(
            ran.stderr.contains("the job was suspended; started again"),
            "{}",
            ran.stderr
        );
        assert_eq!(flights.does(&["list"]), "no jobs");
    }
    let summary = flights.finish(&[]);
    assert!(count(&summary, "records_before") > 0, "{summary}");
    Tables::of(data_set(), 1).assert_in(&flights.output());
}

#[test]
fn what_becomes_of_checkpoints_follows_the_policy() {
    let retention = "execution.checkpointing.externalized-checkpoint-retention";
    let delete = format!("{retention}=DELETE_ON_CANCELLATION");
    let flights = Flights::new(&["--checkpoint-interval", "50ms", "-D", &delete]);
    let mut live = Live::start(&flights, &["--rate", "20000"]);
    live.until(" ms");
    live.signal("TERM");
    let ran = live.wait();
    assert_eq!(ran.code, Some(143));
    let told = "its checkpoints were deleted";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    let listed = flights.does(&["list", "alluvium-out/checkpoints", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let checkpoints = listed[0]["checkpoints"].as_array();
    assert!(checkpoints.is_none_or(Vec::is_empty), "{listed}");
}
