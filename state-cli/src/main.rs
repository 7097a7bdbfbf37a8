//! The `alluvium` command.
//!
//! | module | what it holds |
//! |---|---|
//! | `args` | the command line |
//! | `commands` | commands about running jobs and their savepoints |
//! | `control` | the endpoint of a running job, and how it is found and asked |
//! | `flights` | the job `alluvium run flights` |
//! | `output` | standard output and standard error |
//! | `snapshots` | commands that look into snapshots |

#![forbid(unsafe_code)]

mod args;
mod commands;
mod control;
mod flights;
mod output;
mod paths;
mod snapshots;

use alluvium::{ErrorKind, StateError};
use args::{Command, Job};
use snapshots::{copy, diff, export, gc, inspect, verify};
use std::process::ExitCode;

/// The exit code of a command line that makes no sense, as clap has it.
const USAGE: u8 = 2;
/// The exit code of a job that was cancelled.
const CANCELLED: u8 = 3;

fn main() -> ExitCode {
    log_to_stderr();
    let cli = args::parse();
    if let Some(Err(error)) = cli.command.config().map(args::ConfigArgs::defined) {
        return fail(&error, USAGE);
    }
    let result = match cli.command {
        Command::Run {
            job: Job::Flights(args),
        } => flights::run(&args),
        Command::List(args) => commands::list(&args).map(done),
        Command::Savepoint(args) => commands::savepoint(&args).map(done),
        Command::Cancel(args) => commands::cancel(&args).map(done),
        Command::Stop(args) => commands::stop(&args).map(done),
        Command::Inspect(args) => inspect::run(&args).map(done),
        Command::Verify(args) => verify::run(&args),
        Command::Diff(args) => return diff::run(&args).unwrap_or_else(|error| fail(&error, USAGE)),
        Command::Export(args) => export::run(&args).map(done),
        Command::Copy(args) => copy::run(&args).map(done),
        Command::Gc(args) => gc::run(&args).map(done),
        Command::Completions(args) => output::write_all(&args.script()).map(done),
    };
    result.unwrap_or_else(|error| match error.kind() {
        ErrorKind::Cancelled => fail(&error, CANCELLED),
        _ => fail(&error, 1),
    })
}

const fn done(_nothing: ()) -> ExitCode {
    ExitCode::SUCCESS
}

fn fail(error: &StateError, code: u8) -> ExitCode {
    output::say(&format_args!("alluvium: {error}"));
    ExitCode::from(code)
}

/// Shows what the library warns of, or as much of what it logs as `ALLUVIUM_LOG` asks for: `error`,
/// say, or `debug`.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_env_var("ALLUVIUM_LOG")
        .with_default_directive(tracing_subscriber::filter::LevelFilter::WARN.into())
        .from_env_lossy();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // It would complain on standard error too, and panic if that is closed.
        .log_internal_errors(false)
        .init();
}
