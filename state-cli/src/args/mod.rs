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
pub(crate) use config::{ConfigArgs, Reading};
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

const EXAMPLES: &str = "\
Examples:
  alluvium run flights --rate 20000 --savepoint-dir ./savepoints
      Runs a job. Kill it at any moment and run the same command again: it goes on.
  alluvium list
      What is running.
  alluvium stop flights
      Stops it with a savepoint, and prints the path.
  alluvium inspect alluvium-out/checkpoints
      What state its newest checkpoint holds.
  alluvium verify alluvium-out/checkpoints
      Whether all of it is sound.

'alluvium COMMAND --help' has more of each. Exit codes: 0 if it is done, 1 if it has failed, 2 for
arguments that make no sense; 'run' and 'diff' have more.";

const RUN_EXAMPLES: &str = "\
Examples:
  alluvium run flights
      Reads the data set that comes with the project, and writes tables to ./alluvium-out.
  alluvium run flights --repeat 30 --crash-after 1000000
      Dies in the midst of it. The same without --crash-after goes on.

'alluvium run flights --help' has all options, and more examples.";

/// Jobs on the state engine of a stream processor.
#[derive(Debug, Parser)]
#[command(name = "alluvium", version, about, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs a job, or goes on with it where its last checkpoint stands.
    #[command(after_help = RUN_EXAMPLES)]
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

impl Command {
    /// What it is configured by, if it is.
    pub(crate) fn config(&self) -> Option<&ConfigArgs> {
        match self {
            Self::Run {
                job: Job::Flights(args),
            } => Some(&args.config),
            Self::List(args) => Some(&args.config),
            Self::Savepoint(args) => Some(&args.config),
            Self::Inspect(args) => Some(&args.config),
            Self::Verify(args) => Some(&args.config),
            Self::Diff(args) => Some(&args.config),
            Self::Export(args) => Some(&args.config),
            Self::Copy(args) => Some(&args.config),
            Self::Gc(args) => Some(&args.config),
            Self::Cancel(_) | Self::Stop(_) | Self::Completions(_) => None,
        }
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
