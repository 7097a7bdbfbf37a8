//! What the command says beside its results, and to whom.

use crate::command::Flights;
use crate::reference::{Tables, data_set};
use std::io::{PipeWriter, pipe};

/// The end of a pipe that nobody reads.
fn closed() -> PipeWriter {
    let (_read, write) = pipe().unwrap();
    write
}

#[test]
fn a_job_ends_well_though_nobody_hears_what_it_says() {
    let flights = Flights::new(&["--checkpoint-interval", "50ms"]);
    let mut command = flights.command(&[]);
    command.stdout(closed()).stderr(closed());
    assert_eq!(command.status().unwrap().code(), Some(0));
    Tables::of(data_set(), 1).assert_in(&flights.output());
}

#[test]
fn commands_that_only_print_end_quietly_when_nobody_reads() {
    let flights = Flights::new(&[]);
    for words in [
        &["list"][..],
        &["list", "--json"],
        &["completions", "bash"],
        &["run", "flights", "--help"],
    ] {
        let mut command = flights.alluvium_command(words);
        let ran = command.stdout(closed()).output().unwrap();
        assert_eq!(ran.status.code(), Some(0), "{words:?}");
        assert_eq!(String::from_utf8_lossy(&ran.stderr), "", "{words:?}");
    }
}
