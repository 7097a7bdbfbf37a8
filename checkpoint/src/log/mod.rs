//! The publication log: which checkpoints of a job are to be believed, and who may add to them.
//!
//! `<job>/log/<seq>` is a gap-free sequence of immutable [entries](entry::Entry), 1, 2, 3, …, each created
//! only if absent. A writer may create only the one after the last that it knows; whoever finds
//! another's entry there has been superseded. Each entry says what happened and repeats what stands
//! after it, so that the newest one alone tells everything.
//!
//! What to do is decided in [`search`] and [`append`], from facts; [`publication`] gathers the
//! facts and does it. The layout stands in `docs/format/publication-log.md`.

mod append;
mod codec;
mod entry;
mod ids;
mod publication;
mod search;

pub(crate) use codec::{MAX_LIVE, MAX_ORIGIN, MAX_RETIRED_FILES};
pub(crate) use entry::{Entry, LogEvent, LogState, Retirement};
pub use entry::{OpenMode, PublishedCheckpoint};
pub use ids::{JobId, OwnerId};
pub(crate) use publication::{Claimant, Log, PublicationLog, Stored};

#[cfg(test)]
mod tests;
