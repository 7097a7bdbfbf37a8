//! How much of a snapshot the commands read.

use crate::support::{alluvium, bad, crashed, good, json, small};
use tempfile::TempDir;

const OPTION: &str = "execution.checkpointing.max-metadata-size";

/// Behind `-D`.
fn most(bytes: u64) -> String {
    format!("{OPTION}={bytes} bytes")
}

#[test]
fn metadata_over_the_limit_is_read_by_no_command() {
    let directory = TempDir::new().unwrap();
    let directory = directory.path();
    let savepoint = small(directory, "sp", 100, 16);
    let size = std::fs::metadata(savepoint.join("_metadata"))
        .unwrap()
        .len();
    let (little, enough) = (most(size - 1), most(size));
    let (size_told, limit) = (format!("is {size},"), format!("limit of {} ", size - 1));
    let told = [&*size_told, &*limit, OPTION];
    let commands: [(&[&str], i32); 5] = [
        (&["inspect", "sp"], 1),
        (&["diff", "sp", "sp"], 2),
        (&["export", "sp", "--format", "jsonl"], 1),
        (&["copy", "sp", "copy"], 1),
        (&["savepoint", "--dispose", "sp"], 1),
    ];
    for (command, code) in commands {
        let limited = [command, &["-D", &little]].concat();
        bad(directory, &limited, code, &told);
    }
    let ran = alluvium(directory, &["verify", "sp", "-D", &little]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    for part in told {
        assert!(
            ran.stdout.contains(part),
            "'{part}' is missing: {}",
            ran.stdout
        );
    }
    assert!(savepoint.exists() && !directory.join("copy").exists());

    // In the file, it counts as well.
    std::fs::write(directory.join("alluvium.yaml"), format!("{OPTION}: 1 kb")).unwrap();
    bad(
        directory,
        &["inspect", "sp"],
        1,
        &["limit of 1024 ", OPTION],
    );
    for (command, _) in commands {
        let args = [command, &["-D", &enough]].concat();
        let ran = alluvium(directory, &args);
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
    }
    assert!(!savepoint.exists());
}

#[test]
fn metadata_over_the_limit_is_read_of_no_job() {
    let flights = crashed();
    let directory = flights.directory.path();
    let (root, little) = ("alluvium-out/checkpoints", most(100));
    let told = ["limit of 100 ", OPTION];
    bad(directory, &["inspect", root, "-D", &little], 1, &told);
    bad(directory, &["copy", root, "copy", "-D", &little], 1, &told);
    let report = json(directory, &["inspect", root]);
    let path = report["path"].as_str().unwrap();
    let ran = flights.run(&["--from-savepoint", path, "-D", &little]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    for part in ["cannot restore from", OPTION] {
        assert!(
            ran.stderr.contains(part),
            "'{part}' is missing: {}",
            ran.stderr
        );
    }
    good(directory, &["copy", root, "copy"]);
}

#[test]
fn what_is_held_of_a_snapshot_is_bounded() {
    let directory = TempDir::new().unwrap();
    let directory = directory.path();
    small(directory, "sp", 100, 16);
    small(directory, "other", 100, 32);
    let little = "offline.max-held-size=100 bytes";
    let told = ["limit of 100 ", "offline.max-held-size"];
    bad(directory, &["inspect", "sp", "-D", little], 1, &told);
    let little = "offline.max-held-size=2 kb";
    let told = ["limit of 2048 ", "offline.max-held-size", "re-key one"];
    bad(directory, &["diff", "sp", "other", "-D", little], 2, &told);
}
