//! A job while it runs: its tasks, its checkpoints, its restarts.

mod attempt;
mod checkpoints;
mod claimed;
mod control;
mod driver;
mod handle;
mod launch;
mod listener;
mod origin;
mod patience;
mod report;
mod request;
mod restore;
mod retained;
mod retention;
mod savepoints;
mod settings;
mod status;
mod stored;
mod unrecoverable;
mod writer;

pub use control::JobControl;
pub(crate) use driver::Driver;
pub use handle::JobHandle;
pub use listener::{CheckpointStats, JobEvent, JobListener};
pub(crate) use origin::RestoreFrom;
pub use origin::{ClaimMode, RestoreOptions};
pub use report::JobReport;
pub use request::Pending;
pub(crate) use restore::Restore;
pub use settings::RestartStrategy;
pub(crate) use settings::{Given, JobSettings};
pub(crate) use status::SharedStatus;
pub use status::{CheckpointProgress, CheckpointRecord, JobState, JobStatus};
pub use unrecoverable::unrecoverable;
pub(crate) use writer::{WriteJob, WriterHandle, has_ended};
