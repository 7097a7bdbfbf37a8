//! `alluvium copy` and `alluvium gc`.

use crate::support::{alluvium, bad, crashed, good, json, small};
use std::path::Path;
use tempfile::TempDir;

fn count_files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let count = |path: &Path| if path.is_dir() { count_files(path) } else { 1 };
    entries.map(|entry| count(&entry.unwrap().path())).sum()
}

#[test]
fn a_savepoint_is_the_same_in_another_place() {
    let directory = TempDir::new().unwrap();
    let directory = directory.path();
    small(directory, "sp", 20_000, 16);
    let report = json(directory, &["copy", "sp", "backup/of/sp"]);
    assert_eq!(
        (&report["snapshots"], &report["files"]),
        (&1.into(), &2.into())
    );
    std::fs::rename(directory.join("backup"), directory.join("elsewhere")).unwrap();
    assert!(good(directory, &["diff", "sp", "elsewhere/of/sp"]).contains("no difference"));
    good(directory, &["verify", "elsewhere/of/sp"]);
    bad(
        directory,
        &["copy", "sp", "elsewhere/of/sp"],
        1,
        &["nothing is overwritten"],
    );
}

#[test]
fn a_copy_that_fails_leaves_nothing() {
    let directory = TempDir::new().unwrap();
    let directory = directory.path();
    let savepoint = small(directory, "sp", 20_000, 16);
    let mut names: Vec<_> = std::fs::read_dir(&savepoint)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("_metadata"))
        .collect();
    names.sort();
    let last = names.pop().unwrap();
    let mut bytes = std::fs::read(&last).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&last, bytes).unwrap();
    bad(
        directory,
        &["copy", "sp", "to"],
        1,
        &["checksum", last.to_str().unwrap()],
    );
    assert_eq!(count_files(&directory.join("to")), 0);
}

#[test]
fn a_job_goes_on_from_the_copy_of_its_root() {
    let flights = crashed();
    let directory = flights.directory.path();
    let root = "alluvium-out/checkpoints";
    let report = json(directory, &["copy", root, "moved"]);
    assert_eq!(report["jobs"], 1);
    let of = |root: &str| json(directory, &["inspect", root])["checkpoint"].clone();
    let latest = of(root);
    assert_eq!(latest, of("moved"));
    good(directory, &["verify", "moved"]);
    assert!(good(directory, &["diff", root, "moved"]).contains("no difference"));
    bad(
        directory,
        &["copy", root, "moved"],
        1,
        &["nothing is overwritten"],
    );
    let chk = format!("{root}/flights/chk-{latest}");
    good(directory, &["copy", &chk, "alone"]);
    assert!(good(directory, &["diff", root, "alone"]).contains("no difference"));
    std::fs::remove_dir_all(directory.join(root)).unwrap();
    let summary = flights.finish(&["--repeat", "8", "--checkpoint-dir", "moved"]);
    assert_eq!(summary["restored_from"], latest);
    good(directory, &["verify", "alone"]);
}

#[test]
fn what_nobody_needs_is_shown_and_deleted() {
    let flights = crashed();
    let directory = flights.directory.path();
    let root = directory.join("alluvium-out/checkpoints");
    // A second owner makes what the first has left unpublished that of an earlier one.
    flights.run(&["--repeat", "8", "--crash-after", "1000000"]);
    let orphan = root.join("flights/chk-0");
    std::fs::create_dir_all(&orphan).unwrap();
    std::fs::write(orphan.join("_metadata"), "left over").unwrap();
    let arguments = ["gc", "alluvium-out/checkpoints"];
    let report = json(directory, &["gc", "alluvium-out/checkpoints", "--dry-run"]);
    assert_eq!(report["deleted"], false);
    let paths = report["jobs"][0]["paths"].as_array().unwrap();
    assert!(
        paths.contains(&"flights/chk-0/_metadata".into()),
        "{report}"
    );
    assert!(orphan.join("_metadata").exists());
    let shown = good(directory, &arguments);
    assert!(
        shown.contains("chk-0/_metadata") && shown.contains("deleted"),
        "{shown}"
    );
    assert!(!orphan.join("_metadata").exists());
    let again = good(directory, &arguments);
    assert!(
        again.contains("0 files that nobody needs") && !again.contains("deleted"),
        "{again}"
    );
    good(directory, &["verify", "alluvium-out/checkpoints"]);
    small(directory, "sp", 3, 16);
    let ran = alluvium(directory, &["gc", "sp"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("is one snapshot"), "{}", ran.stderr);
}
