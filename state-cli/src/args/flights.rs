//! The options of `alluvium run flights`.

use super::{duration, job_id};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  alluvium run flights
      Reads the data set and writes tables to ./alluvium-out.
  alluvium run flights --repeat 30 --parallelism 2 --checkpoint-interval 500ms
      Reads it 30 times over. Kill it at any moment and run the same command again: it goes on
      where its last checkpoint stands, also with another --parallelism.
  alluvium run flights --repeat 30 --crash-after 1000000
      Dies in the midst of it.

Lines of the input are numbered as in an editor: the header is line 1.
ALLUVIUM_LOG=warn (or info, debug) shows what the library logs.";

/// Reads flight records in parallel, and keeps a table each of carriers, routes and airframes.
///
/// Started again after it was killed, with the same checkpoint directory, the job goes on from its
/// last checkpoint and ends with the very same files.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES, args_override_self = true)]
pub(crate) struct FlightsArgs {
    /// The records: CSV, as it is or compressed with zstd [default: the data set that comes with
    /// the project]
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,

    /// The most that the input may hold once decompressed, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    pub(crate) max_input_mib: u64,

    /// Where the tables go
    #[arg(long, value_name = "DIR", default_value = "./alluvium-out")]
    pub(crate) output: PathBuf,

    /// The number of subtasks of each operator [default: the number of cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) parallelism: Option<u32>,

    /// The number of key groups, fixed for the life of the job: the greatest parallelism that it
    /// can ever have
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=32_768))]
    pub(crate) max_parallelism: u32,

    /// Where state is kept
    #[arg(long, value_enum, default_value_t = BackendName::Filesystem)]
    pub(crate) backend: BackendName,

    /// Where checkpoints are kept [default: checkpoints/ in the output directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) checkpoint_dir: Option<PathBuf>,

    /// The time from one checkpoint to the next: 50ms, 1s, 10 min; at least 10ms
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration::parse)]
    pub(crate) checkpoint_interval: Duration,

    /// Reads at most so many records a second over all
    #[arg(long, value_name = "RECORDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) rate: Option<u64>,

    /// Reads the input so many times over
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub(crate) repeat: u64,

    /// Aborts the process after so many records, to see the job survive it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) crash_after: Option<u64>,

    /// Counts malformed lines and goes on, instead of failing
    #[arg(long)]
    pub(crate) skip_bad_lines: bool,

    /// The id under which the job's checkpoints are found again
    #[arg(long, value_name = "ID", default_value = "flights", value_parser = job_id::parse)]
    pub(crate) job_id: String,

    /// Prints the summary as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The backends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackendName {
    /// State on the heap, snapshots in files, incremental
    Filesystem,
    /// State on the heap, snapshots in the checkpoint's metadata
    Memory,
}

impl FlightsArgs {
    /// Where checkpoints are kept.
    pub(crate) fn checkpoint_dir(&self) -> PathBuf {
        match &self.checkpoint_dir {
            Some(directory) => directory.clone(),
            None => self.output.join("checkpoints"),
        }
    }
}
