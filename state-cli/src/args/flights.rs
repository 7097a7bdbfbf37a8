//! The options of `alluvium run flights`.

use super::{ConfigArgs, ControlArgs, duration, job_id};
use alluvium::config::{BackendType, Location};
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
  alluvium run flights --config alluvium.yaml -D execution.checkpointing.num-retained=3
      Is configured by a file and by name; an option of the command line that has a name in
      brackets wins over both. All names stand in docs/configuration.md.
  alluvium run flights --rate 20000 --savepoint-dir ./savepoints
      Takes its time. From elsewhere, 'alluvium savepoint flights' takes a savepoint of it, and
      'alluvium stop flights' stops it with one.
  alluvium run flights -s ./savepoints/savepoint-flight-0123456789ab --parallelism 3
      Goes on from there.

Exit codes: 0 if the job has finished or was stopped with a savepoint, 1 if it has failed, 2 for
arguments that make no sense, 3 if it was cancelled, 130 or 143 if Ctrl-C or SIGTERM has suspended
it: it stops where it is, its checkpoints stay (or go, as
execution.checkpointing.externalized-checkpoint-retention says), and the same command goes on from
the last one. A second signal ends the process at once.

Lines of the input are numbered as in an editor: the header is line 1.
Warnings of the library go to stderr; ALLUVIUM_LOG=info (or debug) shows more of what it logs,
ALLUVIUM_LOG=error less.";

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

    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    /// The number of subtasks of each operator [parallelism.default; default: the number of cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) parallelism: Option<u32>,

    /// The number of key groups, fixed for the life of the job: the greatest parallelism that it
    /// can ever have [pipeline.max-parallelism; default: that of the checkpoint, else
    /// 128, and 256 for more than 85 subtasks]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=32_768))]
    pub(crate) max_parallelism: Option<u32>,

    /// Where state is kept [state.backend.type; default: filesystem]
    #[arg(long, value_enum)]
    pub(crate) backend: Option<BackendName>,

    /// Where checkpoints are kept [execution.checkpointing.dir; default: checkpoints/ in the output
    /// directory]
    #[arg(long, value_name = "DIR", value_parser = Location::new)]
    pub(crate) checkpoint_dir: Option<Location>,

    /// The time from one checkpoint to the next: 50ms, 1s, 10 min; at least 10ms
    /// [execution.checkpointing.interval; default: 1s]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) checkpoint_interval: Option<Duration>,

    /// Reads at most so many records a second over all
    #[arg(long, value_name = "RECORDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) rate: Option<u64>,

    /// Reads the input so many times over
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub(crate) repeat: u64,

    /// Aborts the process after so many records, to see the job survive it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) crash_after: Option<u64>,

    /// Counts malformed lines, among them those that are not UTF-8, and goes on, instead of failing
    #[arg(long)]
    pub(crate) skip_bad_lines: bool,

    /// Starts from zero, or from '-s', and replaces the tables, updates and checkpoints of an earlier
    /// run; files that have their names, but not their header, are refused
    #[arg(long)]
    pub(crate) fresh: bool,

    /// The id under which the job's checkpoints are found again
    #[arg(long, value_name = "ID", default_value = "flights", value_parser = job_id::parse)]
    pub(crate) job_id: String,

    #[command(flatten)]
    pub(crate) control: ControlArgs,

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

impl From<BackendName> for BackendType {
    fn from(name: BackendName) -> Self {
        match name {
            BackendName::Filesystem => Self::Filesystem,
            BackendName::Memory => Self::Memory,
        }
    }
}
