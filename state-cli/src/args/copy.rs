//! The options of `alluvium copy`.

use super::ConfigArgs;
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  alluvium copy savepoint-abc123 /backup/savepoint-abc123
  alluvium copy checkpoints/flights/chk-7 /backup/flights-7
      A checkpoint with all that it shares with others: the copy stands by itself.
  alluvium copy checkpoints /backup/checkpoints
      A whole root: every job with its published checkpoints and its log, to go on from there.
  alluvium copy savepoint-abc123 s3://bucket/savepoints/abc123
      To another kind of store, and back the other way round.

Every file is checked as it is read, and once more in its new place. Nothing is overwritten, and
what makes a copy a snapshot or a job is written last: a copy that breaks off leaves nothing that
looks whole. Of a running job that is copied as a root, a checkpoint may be retired meanwhile: the
copy then fails, and can be tried again.

Exit codes: 0 all was copied, 1 it was not, 2 the command line is wrong.";

/// Copies a savepoint, a checkpoint with all its files, or a whole root.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CopyArgs {
    /// A checkpoint, savepoint, _metadata file, job or root
    pub(crate) from: String,

    /// Where the copy goes: a folder that is empty or not there
    pub(crate) to: String,

    #[command(flatten)]
    pub(crate) config: ConfigArgs,

    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}
