//! The options of `alluvium export`.

use super::ConfigArgs;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  alluvium export savepoint-abc123 --format jsonl | jq -c 'select(.state == \"counts\")'
  alluvium export savepoint-abc123 --format csv --state carriers/counts --output counts.csv

Each entry is a line with operator, state, kind, group (or subtask, for operator state), key,
namespace, user_key and value. In JSON a value is what its type is there; the fields of a table hold
scalars as they are and all else as JSON.

Exit codes: 0 all was written, 1 something could not be, 2 the command line is wrong.";

/// Writes the entries of a snapshot as lines of JSON or as a table.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExportArgs {
    /// A checkpoint, savepoint, _metadata file, job or root
    pub(crate) path: String,

    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    /// The form of the lines
    #[arg(long, value_enum)]
    pub(crate) format: ExportFormat,

    /// Only states of this name; OPERATOR/STATE if several operators have it
    #[arg(long, value_name = "NAME")]
    pub(crate) state: Option<String>,

    /// The file to write, which must not exist [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// The forms of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// A JSON object a line
    Jsonl,
    /// Comma-separated values, with a header
    Csv,
}
