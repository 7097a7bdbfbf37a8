//! The options of `alluvium gc`.

use super::ConfigArgs;
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  alluvium gc alluvium-out/checkpoints --dry-run
      What would be deleted.
  alluvium gc alluvium-out/checkpoints/flights
      Shows what is to go of one job, and deletes it.

This is safe beside a running job: deleted is what the log of the job has retired, and what earlier
owners of the job have left and no checkpoint names. What the newest owner has written and not
retired stays; the next one that starts the job sees to it.

Exit codes: 0 done, or nothing to do, 1 something failed, 2 the command line is wrong.";

/// Deletes files of a job that no checkpoint needs any more.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GcArgs {
    /// A root, or the folder of one job
    pub(crate) root: String,

    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    /// Only shows what would be deleted
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}
