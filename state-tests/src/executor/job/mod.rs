//! A job while it runs: its tasks, its checkpoints, its restarts.

mod attempt;
mod checkpoints;
mod driver;
mod handle;
mod launch;
mod listener;
mod report;
mod restore;
mod retained;
mod settings;
mod unrecoverable;
mod writer;

pub(crate) use driver::Driver;
pub use handle::JobHandle;
pub use listener::{CheckpointStats, JobEvent, JobListener};
pub use report::JobReport;
pub(crate) use restore::Restore;
pub(crate) use settings::JobSettings;
pub use settings::RestartStrategy;
pub use unrecoverable::unrecoverable;
pub(crate) use writer::{WriteJob, WriterHandle};
