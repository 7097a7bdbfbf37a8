//! Inputs and options that are no good: one clear sentence, and nothing is written.

use crate::command::{Flights, HEADER, count};
use crate::reference::{Tables, data_set};
use std::io::Read;

fn compressed() -> Vec<u8> {
    let text = format!("{HEADER}\n{}\n", data_set()[..20_000].join("\n"));
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// A small file that becomes a large one.
fn bomb() -> Vec<u8> {
    zstd::encode_all(std::io::repeat(b'x').take(64 << 20), 3).unwrap()
}

#[test]
fn an_input_that_cannot_be_read_is_named() {
    let flights = Flights::new(&["--input", "in.csv.zst"]);
    flights.fail(&[], &["cannot open the input 'in.csv.zst'", "No such file"]);
    flights.fail(&["--input", "."], &["cannot read the input '.'"]);
    let whole = compressed();

    let truncated = &whole[..whole.len() / 2];
    std::fs::write(flights.path("in.csv.zst"), truncated).unwrap();
    flights.fail(&[], &["the input 'in.csv.zst' is truncated"]);

    for place in [whole.len() / 3, whole.len() - 2] {
        let mut corrupt = whole.clone();
        corrupt[place] ^= 0x10;
        std::fs::write(flights.path("in.csv.zst"), corrupt).unwrap();
        flights.fail(
            &[],
            &["the input 'in.csv.zst' is", "cannot be decompressed"],
        );
    }

    std::fs::write(flights.path("in.csv.zst"), bomb()).unwrap();
    flights.fail(&["--max-input-mib", "1"], &["1048577", "'--max-input-mib'"]);
    assert!(!flights.output().exists());
}

#[test]
fn an_input_that_is_something_else_is_refused() {
    let flights = Flights::new(&["--input", "in"]);
    for (bytes, told) in [
        (b"".as_slice(), "has no header"),
        (
            b"a,b,c\n1,2,3\n",
            "begins with 'a,b,c', expected the header",
        ),
        (b"\xff\xfe\x00", "is not UTF-8"),
    ] {
        std::fs::write(flights.path("in"), bytes).unwrap();
        flights.fail(&[], &["the input 'in'", told]);
    }
    assert!(!flights.output().exists());
}

#[test]
fn a_malformed_line_is_named_or_skipped() {
    let flights = Flights::new(&["--input", "in.csv", "--parallelism", "2"]);
    let mut lines = data_set()[..2_000].to_vec();
    lines[700] = "not,a,flight".to_owned();
    lines[1_500].push_str(",more");
    flights.write_input("in.csv", &lines);
    // Line 1 is the header.
    flights.fail(&[], &["line 702 is malformed", "3 fields, expected 9"]);
    assert!(!flights.output().exists());

    let summary = flights.finish(&["--skip-bad-lines", "--repeat", "3"]);
    assert_eq!(count(&summary, "skipped_lines"), 6);
    assert_eq!(count(&summary, "records_read"), 6_000);
    let good = |line: &&String| line.split(',').count() == 9;
    let good: Vec<&String> = lines.iter().filter(good).collect();
    Tables::of(&good, 3).assert_in(&flights.output());
}

#[test]
fn a_line_that_is_no_text_is_named_or_skipped() {
    let flights = Flights::new(&["--input", "in.csv", "--parallelism", "2"]);
    let good = &data_set()[..2_000];
    flights.write_input("in.csv", good);
    let mut bytes = std::fs::read(flights.path("in.csv")).unwrap();
    // Nothing like a line, and one that is a flight but for its carrier.
    bytes.extend_from_slice(b"\n\xff\xfe\n1357035300,U\xff,1545,N14228,EWR,IAH,-2,11,1400\n");
    std::fs::write(flights.path("in.csv"), bytes).unwrap();
    flights.fail(&[], &["line 2002 is the first", "--skip-bad-lines"]);
    let summary = flights.finish(&["--skip-bad-lines"]);
    assert_eq!(count(&summary, "skipped_lines"), 2);
    Tables::of(good, 1).assert_in(&flights.output());
}

#[test]
fn options_that_make_no_sense_are_told() {
    let flights = Flights::new(&[]);
    for (options, told) in [
        (["--no-such-option", "1"], "--no-such-option"),
        (["--parallelism", "0"], "0 is not in 1.."),
        (["--max-parallelism", "40000"], "40000 is not in 1..=32768"),
        (["--checkpoint-interval", "5"], "'5' has no unit"),
        (
            ["--backend", "floppy"],
            "[possible values: filesystem, memory]",
        ),
        (["--repeat", "0"], "0 is not in 1.."),
        (["--rate", "x"], "invalid digit"),
        (["--job-id", "../other"], "a job id names a folder"),
    ] {
        let ran = flights.run(&options);
        assert_eq!(ran.code, Some(2), "{options:?}");
        assert!(ran.stderr.contains(told), "{options:?}: {}", ran.stderr);
    }
    flights.refuse(&["--parallelism", "129"], &["129", "128"]);
    flights.refuse(
        &["--checkpoint-interval", "9ms"],
        &["at least 10 ms", "9 ms"],
    );
    assert!(!flights.output().exists());
}

#[cfg(not(all(feature = "s3", feature = "hdfs")))]
#[test]
fn a_kind_of_store_that_was_not_built_in_names_its_feature() {
    let flights = Flights::new(&[]);
    let built_in = [
        ("s3", cfg!(feature = "s3")),
        ("hdfs", cfg!(feature = "hdfs")),
    ];
    for (scheme, _) in built_in.into_iter().filter(|(_, built_in)| !built_in) {
        let directory = format!("{scheme}://host/checkpoints");
        let feature = format!("needs the cargo feature '{scheme}'");
        flights.fail(
            &["--checkpoint-dir", &directory],
            &[&directory, "'execution.checkpointing.dir'", &feature],
        );
        // With a checkpoint directory of which nothing stays.
        let memory = ["--checkpoint-dir", "memory://checkpoints"];
        let options = [&memory[..], &["-s", &directory]].concat();
        flights.fail(&options, &[&directory, &feature]);
        flights.does_not(&["list", &directory], &[&directory, &feature]);
    }
    assert!(!flights.output().exists());
}

#[test]
fn checkpoints_where_the_output_goes_are_refused() {
    let flights = Flights::new(&[]);
    for words in [
        [
            "--checkpoint-dir",
            "alluvium-out/x/../updates",
            "--job-id",
            "flights",
        ],
        ["--checkpoint-dir", "alluvium-out", "--job-id", "updates"],
        [
            "--checkpoint-dir",
            "alluvium-out",
            "--job-id",
            "carriers.csv",
        ],
    ] {
        let told = [
            "'execution.checkpointing.dir' and --job-id",
            "where the output",
        ];
        flights.fail(&words, &told);
        assert!(!flights.output().exists());
    }
}

#[test]
fn an_unknown_job_lists_those_there_are() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_alluvium"));
    let ran = command.args(["run", "fights"]).output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
    let told = String::from_utf8(ran.stderr).unwrap();
    assert!(
        told.contains("What there is: alluvium run flights"),
        "{told}"
    );
}

#[test]
fn help_has_examples() {
    let flights = Flights::new(&[]);
    for words in [
        &["--help"][..],
        &["run", "--help"],
        &["run", "flights", "--help"],
    ] {
        let told = flights.does(words);
        assert!(told.contains("Examples:"), "{told}");
    }
}

#[test]
fn an_output_that_is_a_file_is_left_alone() {
    let flights = Flights::new(&[]);
    std::fs::write(flights.output(), "mine").unwrap();
    flights.fail(&[], &["alluvium-out", "must be a directory", "--output"]);
    assert_eq!(std::fs::read(flights.output()).unwrap(), b"mine");
}
