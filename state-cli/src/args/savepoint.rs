//! The arguments of `alluvium savepoint`.

use super::ConfigArgs;
use alluvium::config::Location;
use clap::Args;

const HELP: &str = "\
Examples:
  alluvium savepoint flights /backups
      Takes a savepoint of the running job and prints its path.
  alluvium savepoint --dispose /backups/savepoint-flight-0123456789ab
      Deletes one.
  alluvium savepoint flights s3://bucket/savepoints
      Writes it where the process of the job can, with the stores that it was built with.

JOB is an id, the beginning of an id, a name, or the address of a control endpoint.
Exit codes: 0 if the savepoint stands (or is gone), 1 if not, 2 for arguments that make no sense.
A command that is interrupted does not take back what it has asked for.";

/// Takes a savepoint of a running job, which goes on; or deletes a savepoint.
#[derive(Args, Clone, Debug)]
#[command(after_help = HELP)]
pub(crate) struct SavepointArgs {
    /// The job
    #[arg(value_name = "JOB", required_unless_present = "dispose")]
    pub(crate) job: Option<String>,

    /// Where the savepoint goes, a path or URL [default: the '--savepoint-dir' of the job]
    #[arg(value_name = "DIR", value_parser = Location::new)]
    pub(crate) directory: Option<Location>,

    /// Deletes this savepoint instead: its folder, or the '_metadata' in it
    #[arg(short, long, value_name = "PATH", conflicts_with = "job", value_parser = Location::new)]
    pub(crate) dispose: Option<Location>,

    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}
