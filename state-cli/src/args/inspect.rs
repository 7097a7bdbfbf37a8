//! The options of `alluvium inspect`.

use super::ConfigArgs;
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  alluvium inspect alluvium-out/checkpoints
      What is in the latest checkpoint of the one job under this root.
  alluvium inspect savepoint-abc123 --state counts
      How a state spreads over key groups, and its first entries.
  alluvium inspect savepoint-abc123/_metadata --state routes/counted --key '[\"SFO\",\"LAX\"]'
      What one key has in it; only the key's group is read.
  alluvium inspect checkpoints/flights --json | jq '.operators[].uid'

PATH is a checkpoint or savepoint, its _metadata, the folder of a job, or a root with one job: of
the last two the newest checkpoint is taken that the log of the job names. It may be a URL:
s3://bucket/checkpoints/flights.

A key is written as it is if it is a string, number, char or bool; bytes as text or as 0x and
digits; all else as JSON.

Exit codes: 0 all was read, 1 something could not be, 2 the command line is wrong.";

/// Shows what is in a checkpoint or savepoint.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InspectArgs {
    /// A checkpoint, savepoint, _metadata file, job or root
    pub(crate) path: String,

    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    /// Only states of this name, with their entries; OPERATOR/STATE if several operators have it
    #[arg(long, value_name = "NAME")]
    pub(crate) state: Option<String>,

    /// Only what this key has
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,

    /// The most entries that are shown of a state
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: u64,

    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}
