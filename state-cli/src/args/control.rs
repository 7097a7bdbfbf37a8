//! The options of every job that runs: where it starts from, and how it is controlled.

use alluvium::config::Location;
use clap::Args;

/// Where a job starts from, and how it is controlled.
#[derive(Args, Clone, Debug)]
pub(crate) struct ControlArgs {
    /// Starts from this savepoint or checkpoint, its folder or the '_metadata' in it, a path or
    /// URL, whatever checkpoints the job has [execution.state-recovery.path]
    #[arg(short = 's', long, value_name = "SAVEPOINT", value_parser = Location::new)]
    pub(crate) from_savepoint: Option<Location>,

    /// Leaves behind state of the savepoint that no operator of the job claims, instead of
    /// refusing to start [execution.state-recovery.ignore-unclaimed-state]
    #[arg(short = 'n', long)]
    pub(crate) allow_non_restored_state: bool,

    /// Makes the savepoint the job's own: it is deleted once newer checkpoints subsume it
    /// [execution.state-recovery.claim-mode]
    #[arg(long)]
    pub(crate) claim: bool,

    /// Where savepoints go for which no directory is given, a path or URL
    /// [execution.checkpointing.savepoint-dir]
    #[arg(long, value_name = "DIR", value_parser = Location::new)]
    pub(crate) savepoint_dir: Option<Location>,

    /// The port of the control endpoint on the loopback address; 0 picks one that is free
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,
}
