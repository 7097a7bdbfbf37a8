//! The `alluvium` command.
//!
//! | module | what it holds |
//! |---|---|
//! | `args` | the command line |
//! | `commands` | commands about running jobs and their savepoints |
//! | `control` | the endpoint of a running job, and how it is found and asked |
//! | `flights` | the job `alluvium run flights` |

#![forbid(unsafe_code)]

mod args;
mod commands;
mod control;
mod flights;

use alluvium::ErrorKind;
use args::{Command, Job};
use std::process::ExitCode;

/// The exit code of a job that was cancelled.
const CANCELLED: u8 = 3;

fn main() -> ExitCode {
    log_to_stderr();
    let cli = args::parse();
    let result = match cli.command {
        Command::Run {
            job: Job::Flights(args),
        } => flights::run(&args),
        Command::List(args) => commands::list(&args),
        Command::Savepoint(args) => commands::savepoint(&args),
        Command::Cancel(args) => commands::cancel(&args),
        Command::Stop(args) => commands::stop(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("alluvium: {error}");
            match error.kind() {
                ErrorKind::Cancelled => CANCELLED.into(),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

/// Shows what the library logs, if `ALLUVIUM_LOG` asks for it: `warn`, say, or `debug`.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_env_var("ALLUVIUM_LOG")
        .with_default_directive(tracing_subscriber::filter::LevelFilter::ERROR.into())
        .from_env_lossy();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
