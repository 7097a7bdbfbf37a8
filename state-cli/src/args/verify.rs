//! The options of `alluvium verify`.

use super::ConfigArgs;
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  alluvium verify savepoint-abc123
      Reads every file of a savepoint and checks it.
  alluvium verify alluvium-out/checkpoints
      The same for every checkpoint that the logs of the jobs under this root name, and for the
      logs: every entry that a start of the job would read.

Exit codes: 0 all is sound, 1 something is damaged or missing (which file, where in it if its parts
have checksums of their own, as keyed state and metadata do, and what is wrong is said), 2 the
command line is wrong.";

/// Checks every file, length and checksum of snapshots, and the logs of jobs.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct VerifyArgs {
    /// A checkpoint, savepoint, _metadata file, job or root
    pub(crate) path: String,

    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}
