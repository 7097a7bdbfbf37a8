//! Looking into the checkpoints of a job that publishes and retires them all the while.

use crate::command::Flights;
use crate::live::Live;
use serde_json::Value;

const ROOT: &str = "alluvium-out/checkpoints";

#[test]
fn what_a_running_job_retires_is_not_missed() {
    let interval = ["--checkpoint-interval", "30ms", "--rate", "20000"];
    // All in files, so that there are many to be missed.
    let in_files = ["-D", "execution.checkpointing.data-inline-threshold=0b"];
    let flights = Flights::new(&[&interval[..], &in_files].concat());
    let mut live = Live::start(&flights, &[]);
    live.until(" ms");
    let mut good = 0;
    for _ in 0..4 {
        for words in [
            &["inspect", ROOT, "--json"][..],
            &["verify", ROOT, "--json"],
            &["diff", ROOT, ROOT, "--json"],
            &[
                "export",
                ROOT,
                "--format",
                "csv",
                "--output",
                "exported.csv",
            ],
            &["gc", ROOT, "--dry-run", "--json"],
            &["copy", ROOT, "copied", "--json"],
        ] {
            let ran = flights.alluvium(words);
            let told = format!("{words:?}: {:?} {} {}", ran.code, ran.stdout, ran.stderr);
            // On a busy machine the job is faster.
            if told.contains("execution.checkpointing.num-retained") {
                continue;
            }
            let differs = words[0] == "diff" && ran.code == Some(1);
            assert!(ran.code == Some(0) || differs, "{told}");
            assert!(!told.contains("missing"), "{told}");
            if words[0] == "verify" {
                let report: Value = serde_json::from_str(&ran.stdout).unwrap();
                let snapshots = report["snapshots"].as_array().unwrap();
                assert!(
                    snapshots.iter().any(|one| one["retired"] == false),
                    "{told}"
                );
            }
            good += 1;
            drop(std::fs::remove_file(flights.path("exported.csv")));
            drop(std::fs::remove_dir_all(flights.path("copied")));
        }
    }
    assert!(good > 0, "none of the commands was as fast as the job");
    live.kill();
}
