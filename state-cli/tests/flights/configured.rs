//! Jobs that are configured by a file and by `-D`.

use crate::command::{Flights, count};

const FILE: &str = "
parallelism.default: 3
pipeline.max-parallelism: 64
execution.checkpointing:
  interval: 20 ms
  num-retained: 2
state.checkpoints.dir: here
";

#[test]
fn options_win_over_arguments_and_those_over_the_file() {
    let flights = Flights::new(&["--repeat", "2"]);
    std::fs::write(flights.path("alluvium.yaml"), FILE).unwrap();
    let summary = flights.finish(&[]);
    assert_eq!(count(&summary, "parallelism"), 3);
    assert_eq!(summary["checkpoint_dir"], "here");
    assert_eq!(summary["backend"], "filesystem");
    assert!(flights.path("here/flights/log").is_dir());

    let other = ["--output", "other", "-D", "parallelism.default=1"];
    let summary = flights.finish(
        &[
            &other[..],
            &["--job-id", "other", "-Dstate.backend.type=memory"],
        ]
        .concat(),
    );
    assert_eq!(count(&summary, "parallelism"), 1);
    assert_eq!(summary["backend"], "memory");

    let third = [
        "--output",
        "third",
        "-D",
        "parallelism.default=1",
        "--parallelism",
        "2",
    ];
    let summary = flights.finish(&[&third[..], &["--checkpoint-dir", "there"]].concat());
    assert_eq!(count(&summary, "parallelism"), 2);
    assert_eq!(summary["checkpoint_dir"], "there");
}

#[test]
fn the_file_may_be_called_otherwise() {
    let flights = Flights::new(&[]);
    std::fs::write(flights.path("alluvium.yaml"), "no: 1").unwrap();
    std::fs::write(flights.path("other.yaml"), FILE).unwrap();
    let summary = flights.finish(&["--config", "other.yaml"]);
    assert_eq!(count(&summary, "parallelism"), 3);
    flights.fail(&[], &["unknown key 'no' in alluvium.yaml:1"]);
    let missing = "cannot read the configuration file 'missing.yaml'";
    flights.fail(&["--config", "missing.yaml"], &[missing]);
}

#[test]
fn a_file_that_is_wrong_is_no_matter_of_the_command_line() {
    let flights = Flights::new(&[]);
    std::fs::write(flights.path("alluvium.yaml"), "parallelism.default: 200").unwrap();
    flights.fail(&[], &["'pipeline.max-parallelism' = '128' (by default)"]);
    std::fs::write(flights.path("alluvium.yaml"), "pipeline.max-parallelism: 1").unwrap();
    flights.fail(&["--parallelism", "2"], &["'pipeline.max-parallelism'"]);
    for words in [
        &["inspect", "nowhere", "-D", "no=1"][..],
        &["gc", "nowhere", "-Dno"],
        &["list", "nowhere", "-D", "parallelism.default=0"],
        &["savepoint", "nobody", "-D", "no=1"],
    ] {
        let ran = flights.alluvium(words);
        assert_eq!(ran.code, Some(2), "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.starts_with("alluvium: "), "{}", ran.stderr);
    }
}

#[test]
fn the_limit_of_a_backend_is_an_option() {
    let flights = Flights::new(&["--backend", "memory", "--checkpoint-interval", "10ms"]);
    let limit = "state.backend.memory.max-snapshot-size=100 bytes";
    let strategy = "restart-strategy.type=none";
    flights.fail(
        &["-D", limit, "-D", strategy],
        &[
            "state.backend.memory.max-snapshot-size",
            "over the limit of 100",
        ],
    );
}

#[test]
fn what_is_wrong_is_told_before_anything_is_read() {
    let flights = Flights::new(&["--input", "missing.csv"]);
    for (argument, told) in [
        (
            "parallelism.defualt=1",
            "the nearest known key is 'parallelism.default'",
        ),
        (
            "parallelism.default=0",
            "given with -D: expected at least 1",
        ),
        (
            "pipeline.max-parallelism=0",
            "given with -D: expected at least 1",
        ),
        ("parallelism.default", "-D: expected key=value"),
        (
            "parallelism.default=200",
            "is above 'pipeline.max-parallelism' = '128' (by default)",
        ),
    ] {
        flights.refuse(&["-D", argument], &[told]);
    }
    let fits = "execution.checkpointing.storage=jobmanager";
    flights.fail(&["-D", fits], &["'missing.csv'"]);
    let backend = [
        "--backend",
        "filesystem",
        "-D",
        "execution.checkpointing.storage=jobmanager",
    ];
    let told =
        "'state.backend.type' = 'filesystem' (given with --backend) keeps snapshots in files";
    flights.refuse(&backend, &[told]);
    let remote = ["--checkpoint-dir", "s3://bucket/checkpoints"];
    flights.fail(&remote, &["'missing.csv'"]);
    assert!(!flights.output().exists());
}
