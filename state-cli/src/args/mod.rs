//! The command line.

mod cancel;
mod completions;
mod config;
mod control;
mod copy;
mod diff;
mod duration;
mod export;
mod flights;
mod gc;
mod inspect;
mod job_id;
mod list;
mod savepoint;
mod stop;
mod verify;

pub(crate) use cancel::CancelArgs;
pub(crate) use completions::CompletionsArgs;
pub(crate) use config::ConfigArgs;
pub(crate) use control::ControlArgs;
pub(crate) use copy::CopyArgs;
pub(crate) use diff::DiffArgs;
pub(crate) use export::{ExportArgs, ExportFormat};
pub(crate) use flights::FlightsArgs;
pub(crate) use gc::GcArgs;
pub(crate) use inspect::InspectArgs;
pub(crate) use list::ListArgs;
pub(crate) use savepoint::SavepointArgs;
pub(crate) use stop::StopArgs;
pub(crate) use verify::VerifyArgs;

use crate::output;
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
    List(ListArgs),
    Savepoint(SavepointArgs),
    Cancel(CancelArgs),
    Stop(StopArgs),
    Inspect(InspectArgs),
    Verify(VerifyArgs),
    Diff(DiffArgs),
    Export(ExportArgs),
    Copy(CopyArgs),
    Gc(GcArgs),
    Completions(CompletionsArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Job {
    /// Tables of carriers, routes and airframes from flight records.
    Flights(Box<FlightsArgs>),
}

/// Reads the command line; what is wrong with it ends the process.
pub(crate) fn parse() -> Cli {
    Cli::try_parse()
        .unwrap_or_else(|error| {
            if error.kind() == ErrorKind::InvalidSubcommand {
                // Usage errors go to stderr; if that is closed, nobody is there to read them.
                drop(error.print());
                output::say(&format_args!("\nWhat there is: {}", commands().join(", ")));
                std::process::exit(2);
            }
            error.exit()
        })
        .checked()
}

impl Cli {
    /// Checks what clap cannot; what is wrong ends the process.
    fn checked(self) -> Self {
        if let Command::Cancel(args) = &self.command
            && let Err(error) = args.check()
        {
            Self::command()
                .error(ErrorKind::MissingRequiredArgument, error)
                .exit();
        }
        self
    }
}

/// All commands, as they are typed.
fn commands() -> Vec<String> {
    let cli = Cli::command();
    let commands = cli.get_subcommands();
    commands
        .flat_map(|command| {
            let name = command.get_name();
            let jobs = command.get_subcommands();
            let mut typed: Vec<_> = jobs
                .map(|job| format!("alluvium {name} {}", job.get_name()))
                .collect();
            if typed.is_empty() {
                typed.push(format!("alluvium {name}"));
            }
            typed
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_makes_sense() {
        Cli::command().debug_assert();
        let commands = commands();
        for command in ["alluvium run flights", "alluvium list", "alluvium stop"] {
            assert!(commands.iter().any(|known| known == command), "{command}");
        }
    }
}
