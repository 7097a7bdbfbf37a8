//! The `alluvium` command.
//!
//! | module | what it holds |
//! |---|---|
//! | `args` | the command line |
//! | `flights` | the job `alluvium run flights` |

#![forbid(unsafe_code)]

mod args;
mod flights;

use args::{Command, Job};
use std::process::ExitCode;

fn main() -> ExitCode {
    log_to_stderr();
    let cli = args::parse();
    let result = match cli.command {
        Command::Run {
            job: Job::Flights(args),
        } => flights::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("alluvium: {error}");
            ExitCode::FAILURE
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
