//! The arguments of `alluvium list`.

use super::ConfigArgs;
use alluvium::config::Location;
use clap::Args;

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
    /// The root of a checkpoint directory, a path or URL
    #[arg(value_name = "ROOT", value_parser = Location::new)]
    pub(crate) root: Option<Location>,

    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}
