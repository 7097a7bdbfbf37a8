//! The arguments of `alluvium stop`.

use alluvium::config::Location;
use clap::Args;

const HELP: &str = "\
Examples:
  alluvium stop flights
      Stops the job with a savepoint in its own '--savepoint-dir', and prints the path.
  alluvium stop --drain -p /backups flights
      Ends its input for good before that.

JOB is an id, the beginning of an id, a name, or the address of a control endpoint.
Exit codes: 0 if the job has stopped, 1 if not, 2 for arguments that make no sense.
If the savepoint fails, the job goes on.";

/// Stops a running job with a savepoint, from which it can go on without loss or repetition.
#[derive(Args, Clone, Debug)]
#[command(after_help = HELP)]
pub(crate) struct StopArgs {
    /// The job
    #[arg(value_name = "JOB")]
    pub(crate) job: String,

    /// Ends the input before: operators emit all that they hold back, as at its real end
    #[arg(short, long)]
    pub(crate) drain: bool,

    /// Where the savepoint goes, a path or URL [default: the '--savepoint-dir' of the job]
    #[arg(short = 'p', long, value_name = "DIR", value_parser = Location::new)]
    pub(crate) savepoint_path: Option<Location>,

    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}
