//! What is wrong, and how it is told.

use super::{file, mistake};
use crate::config::{ByteSize, Configuration, options};
use alluvium_state_api::ErrorKind;
use std::time::Duration;

fn argument(argument: &str) -> String {
    let error = Configuration::new().with_argument(argument).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    error.to_string()
}

#[test]
fn unknown_keys_come_with_the_nearest_known_one() {
    for (key, nearest) in [
        (
            "execution.checkpointing.intervall",
            "execution.checkpointing.interval",
        ),
        (
            "execution.checkpoint.interval",
            "execution.checkpointing.interval",
        ),
        ("state.backend.tpye", "state.backend.type"),
        ("State.Backend.Type", "state.backend.type"),
        ("interval", "execution.checkpointing.interval"),
        ("checkpointing.timeout", "execution.checkpointing.timeout"),
        ("paralelism.default", "parallelism.default"),
        // The present name, not the older one that is nearest.
        ("state.checkpoint.dir", "execution.checkpointing.dir"),
    ] {
        assert_eq!(
            mistake(&format!("\n{key}: 1")),
            format!("unknown key '{key}' in a.yaml:2: the nearest known key is '{nearest}'")
        );
        assert_eq!(
            argument(&format!("{key}=1")),
            format!("unknown key '{key}' given with -D: the nearest known key is '{nearest}'")
        );
    }
}

#[test]
fn keys_of_any_length_are_quoted_in_part() {
    let error = mistake(&format!("{}: 1", "ä".repeat(900)));
    assert!(error.contains("unknown key 'äää"), "{error}");
    assert!(error.chars().count() < 300, "{error}");
    let error = mistake("\"a\\nb\\e\": 1");
    assert!(
        error.starts_with("unknown key 'a\\nb\\u{1b}' in a.yaml:1"),
        "{error}"
    );
    let value = "x".repeat(5_000);
    let error = mistake(&format!("parallelism.default: {value}"));
    assert!(error.ends_with("x…'"), "{error}");
    assert!(error.chars().count() < 300, "{error}");
}

#[test]
fn values_that_do_not_fit_say_what_would() {
    for (text, told) in [
        (
            "execution.checkpointing.timeout: soon",
            "'execution.checkpointing.timeout' in a.yaml:1: expected a duration such as 500 ms, \
             10 s, 5 min or 2 h, found 'soon'",
        ),
        (
            "execution.checkpointing.interval: 9 ms",
            "'execution.checkpointing.interval' in a.yaml:1: expected at least 10 ms, found '9 ms'",
        ),
        (
            "execution:\n  checkpointing:\n    data-inline-threshold: 2 mb",
            "'execution.checkpointing.data-inline-threshold' in a.yaml:3: expected at most 1 mb, \
             found '2 mb'",
        ),
        (
            "execution.checkpointing.num-retained: 2.5",
            "'execution.checkpointing.num-retained' in a.yaml:1: expected a whole number from 0 to \
             4294967295, found '2.5'",
        ),
        (
            "state.checkpoints.num-retained: 0",
            "'state.checkpoints.num-retained' in a.yaml:1 (an older name of \
             'execution.checkpointing.num-retained'): expected at least 1, at most 1000, found '0'",
        ),
        (
            "recovery.fall-back-to-older: maybe",
            "'recovery.fall-back-to-older' in a.yaml:1: expected true or false, found 'maybe'",
        ),
        (
            "state.backend.type: mysql",
            "'state.backend.type' in a.yaml:1: expected 'hashmap', 'memory', 'filesystem' or \
             'rocksdb', found 'mysql'",
        ),
        (
            "execution.checkpointing.dir:",
            "'execution.checkpointing.dir' in a.yaml:1: expected a path, or a URL that begins with \
             file://, memory://, s3:// or hdfs://, found nothing",
        ),
        (
            "execution.checkpointing.savepoint-dir: ftp://host/dir",
            "'execution.checkpointing.savepoint-dir' in a.yaml:1: expected a path, or a URL that \
             begins with file://, memory://, s3:// or hdfs://, found 'ftp://host/dir'",
        ),
        (
            "execution.checkpointing.dir: s3://key:secret@bucket/x",
            "'execution.checkpointing.dir' in a.yaml:1: expected a URL without user and password, \
             found 's3://…@bucket/x'",
        ),
        (
            "execution.checkpointing.timeout: [1, 2]",
            "'execution.checkpointing.timeout' in a.yaml:1: expected one value, found a list",
        ),
    ] {
        assert_eq!(mistake(text), told);
        assert_eq!(file(text).unwrap_err().kind(), ErrorKind::Misuse);
    }
}

#[test]
fn arguments_are_told_from_files() {
    assert_eq!(
        argument("parallelism.default"),
        "-D: expected key=value, found 'parallelism.default'"
    );
    assert_eq!(
        argument("parallelism.default=zero"),
        "'parallelism.default' given with -D: expected a whole number from 0 to 4294967295, found \
         'zero'"
    );
    assert!(argument("parallelism.default=").ends_with("found nothing"));
    assert!(argument("=1").starts_with("unknown key '' given with -D"));
}

#[test]
fn values_of_the_program_are_checked_too() {
    let error = Configuration::new()
        .with(&options::INTERVAL, Duration::from_millis(1))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert_eq!(
        error.to_string(),
        "'execution.checkpointing.interval' set by the program: expected at least 10 ms, found \
         '1 ms'"
    );
    let error = Configuration::new()
        .with_named(
            &options::DATA_INLINE_THRESHOLD,
            ByteSize::gib(1),
            "--inline",
        )
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "'execution.checkpointing.data-inline-threshold' given with --inline: expected at most \
         1 mb, found '1 gb'"
    );
}

#[test]
fn a_key_that_stands_twice_in_a_file_is_told_with_both_places() {
    assert_eq!(
        mistake("parallelism.default: 1\nparallelism:\n  default: 2"),
        "'parallelism.default' in a.yaml:1 is set once more: 'parallelism.default' in a.yaml:3"
    );
    assert_eq!(
        mistake("parallelism.default: 1\nparallelism.default: 1"),
        "'parallelism.default' in a.yaml:1 is set once more: 'parallelism.default' in a.yaml:2"
    );
    assert_eq!(
        mistake("state:\n  backend: memory\n  backend.type: hashmap"),
        "'state.backend' in a.yaml:2 (an older name of 'state.backend.type') is set once more: \
         'state.backend.type' in a.yaml:3"
    );
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let error =
        mistake("paralelism.default: 1\nparallelism.default: x\npipeline.max-parallelism: 0");
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(lines[0], "3 mistakes in the configuration:");
    assert!(lines[1].starts_with("  - unknown key 'paralelism.default' in a.yaml:1"));
    assert!(lines[2].starts_with("  - 'parallelism.default' in a.yaml:2: expected"));
    assert!(lines[3].starts_with("  - 'pipeline.max-parallelism' in a.yaml:3: expected"));
    assert_eq!(lines.len(), 4);

    let many: Vec<_> = (0..25).map(|i| format!("key{i}: 1")).collect();
    let error = mistake(&many.join("\n"));
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(lines[0], "25 mistakes in the configuration:");
    assert_eq!(lines.len(), 22);
    assert_eq!(lines[21], "  and 5 more");
}
