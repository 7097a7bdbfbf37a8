//! The command line.

mod config;
mod duration;
mod flights;
mod job_id;

pub(crate) use config::ConfigArgs;
pub(crate) use flights::FlightsArgs;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

/// Jobs on the state engine of a stream processor.
#[derive(Debug, Parser)]
#[command(name = "alluvium", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs a job, or goes on with it where its last checkpoint stands.
    Run {
        #[command(subcommand)]
        job: Job,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Job {
    /// Tables of carriers, routes and airframes from flight records.
    Flights(FlightsArgs),
}

/// Reads the command line; what is wrong with it ends the process.
pub(crate) fn parse() -> Cli {
    Cli::try_parse().unwrap_or_else(|error| {
        if error.kind() == ErrorKind::InvalidSubcommand {
            // Usage errors go to stderr; if that is closed, nobody is there to read them.
            drop(error.print());
            eprintln!("\nWhat there is: {}", commands().join(", "));
            std::process::exit(2);
        }
        error.exit()
    })
}

/// All commands, as they are typed.
fn commands() -> Vec<String> {
    let cli = Cli::command();
    let commands = cli.get_subcommands();
    commands
        .flat_map(|command| {
            let jobs = command.get_subcommands();
            jobs.map(|job| format!("alluvium {} {}", command.get_name(), job.get_name()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_makes_sense() {
        Cli::command().debug_assert();
        assert_eq!(commands(), ["alluvium run flights"]);
    }
}
