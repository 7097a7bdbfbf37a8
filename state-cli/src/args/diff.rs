//! The options of `alluvium diff`.

use super::ConfigArgs;
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  alluvium diff checkpoints/flights/chk-7 checkpoints/flights/chk-8
  alluvium diff savepoint-abc123 savepoint-def456 --limit 0
      Only how many entries differ.

Lines begin with - for what only A has, + for what only B has, ~ for what both have otherwise.

Exit codes, as diff(1): 0 no difference, 1 some, 2 trouble.";

/// Tells what differs between two snapshots: operators, states, entries.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DiffArgs {
    /// A checkpoint, savepoint, _metadata file, job or root
    pub(crate) a: String,

    /// Another
    pub(crate) b: String,

    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    /// The most entries that are shown of a state; all are counted
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: u64,

    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}
