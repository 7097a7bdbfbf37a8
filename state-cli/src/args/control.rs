//! The options of every job that runs: where it starts from, and how it is controlled.

use clap::Args;
use std::path::PathBuf;

/// Where a job starts from, and how it is controlled.
#[derive(Args, Clone, Debug)]
pub(crate) struct ControlArgs {
    /// Starts from this savepoint or checkpoint, its folder or the '_metadata' in it, whatever
    /// checkpoints the job has
    #[arg(short = 's', long, value_name = "SAVEPOINT")]
    pub(crate) from_savepoint: Option<PathBuf>,

    /// Leaves behind state of the savepoint that no operator of the job claims, instead of
    /// refusing to start
    #[arg(short = 'n', long, requires = "from_savepoint")]
    pub(crate) allow_non_restored_state: bool,

    /// Makes the savepoint the job's own: it is deleted once newer checkpoints subsume it
    #[arg(long, requires = "from_savepoint")]
    pub(crate) claim: bool,

    /// Where savepoints go for which no directory is given
    #[arg(long, value_name = "DIR")]
    pub(crate) savepoint_dir: Option<PathBuf>,

    /// The port of the control endpoint on the loopback address; 0 picks one that is free
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,
}
