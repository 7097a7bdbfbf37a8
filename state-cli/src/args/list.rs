//! The arguments of `alluvium list`.

use clap::Args;
use std::path::PathBuf;

const HELP: &str = "\
Examples:
  alluvium list
      The jobs of this user that are running.
  alluvium list ./alluvium-out/checkpoints --json
      The jobs that have checkpoints under this root, running or not, for a program.

Exit codes: 0 if the list was made, 1 if not, 2 for arguments that make no sense.";

/// Lists running jobs, or the jobs that have checkpoints under a root.
#[derive(Args, Clone, Debug)]
#[command(after_help = HELP)]
pub(crate) struct ListArgs {
    /// The root of a checkpoint directory
    #[arg(value_name = "ROOT")]
    pub(crate) root: Option<PathBuf>,

    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}
