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
fn warnings_are_shown_unless_less_is_asked_for() {
    let flights = Flights::new(&["-D", "state.checkpoints.dir=here"]);
    let older = "'state.checkpoints.dir' given with -D is an older name of \
                 'execution.checkpointing.dir'";
    let ran = flights.run(&["--output", "first"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("WARN").count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains(older), "{}", ran.stderr);
    let quiet = flights.with_variable("ALLUVIUM_LOG", "error");
    let ran = quiet.run(&["--output", "second", "--job-id", "second"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!ran.stderr.contains("older name"), "{}", ran.stderr);
}

#[test]
fn a_job_that_goes_on_after_its_death_warns_of_nothing() {
    let flights = Flights::new(&["--checkpoint-interval", "20ms", "--rate", "600000"]);
    let ran = flights.crash("90000", &[]);
    assert!(!ran.stderr.contains("WARN"), "{}", ran.stderr);
    let ran = flights.run(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("resuming from checkpoint"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("WARN"), "{}", ran.stderr);
}

#[test]
fn a_job_ends_well_though_nobody_hears_what_it_says() {
    let flights = Flights::new(&["--checkpoint-interval", "50ms"]);
    // With a warning too.
    let mut command = flights.command(&["-D", "state.checkpoints.dir=here"]);
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
