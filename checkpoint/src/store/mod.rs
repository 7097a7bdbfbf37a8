//! The completed checkpoints of one job.
//!
//! A [`CheckpointStore`] puts the storage and the publication log together:
//!
//! ```text
//! <job>/log/<seq>           what is to be believed
//! <job>/chk-<n>/_metadata   checkpoint n
//! <job>/chk-<n>/<file>      its own files
//! <job>/chk-<n>/given       a note that a savepoint has this id
//! <job>/shared/<file>       files that several checkpoints name
//! ```
//!
//! Whoever opens it claims the log first and recovers from what stands before the claim. A
//! checkpoint is published by its log entry alone, written once its metadata is durable; a retired
//! one is deleted once its log entry is. Nothing is ever overwritten, and no id is used twice: an
//! opener goes on above every id of the log and every folder that it finds.

mod beside;
mod checkpoints;
mod garbage;
mod given;
mod inspect;
mod layout;
mod options;
mod recover;
mod registry;
mod watch;

pub(crate) use beside::beside_job;
pub use beside::{is_published, read_published};
pub use checkpoints::{CheckpointStore, Swept};
pub use garbage::Garbage;
pub use given::GivenIds;
pub(crate) use given::note_for_copy;
pub use inspect::{Inspection, LogCheck, check_log, inspect};
pub use options::{OpenMode, StoreOptions};
pub(crate) use recover::read_metadata;
pub use recover::{Recovered, open_published};

#[cfg(test)]
mod tests;
