//! The checkpoint coordinator, as a pure state machine.
//!
//! [`Coordinator::handle`] takes the time and an [`Event`] and returns the [`Action`]s that
//! follow. There is no clock, no thread and no input or output inside: a driver owns those, feeds
//! what happens to the machine, and does what it says, in the order in which it says it. How the
//! cut travels through the job (barrier, epoch, frontier) is the engine's affair; the machine
//! knows tasks by an id `T` and their snapshots by a handle `H`, no more.
//!
//! One checkpoint goes this way:
//!
//! | happens | the machine says |
//! |---|---|
//! | the interval has passed | [`Action::StartCheckpoint`] |
//! | its barriers wait for the store, or go | nothing: told by [`Event::StartDelayed`] and [`Event::Started`], which say whether a source can have stopped at one |
//! | every task has [acknowledged](Event::Acknowledged) | [`Action::Complete`]: write the metadata and publish |
//! | it [is published](Event::Published) | [`Action::NotifyComplete`], then [`Action::Retire`] for what is retained no longer |
//! | somebody asks for a savepoint | the same, at once; it goes to its target, and no task is notified |
//! | somebody asks to stop | the same, with nothing begun behind it, then [`Action::StopJob`] or [`Action::CancelJob`] |
//! | or: declined, timed out, overtaken, not stored | [`Action::NotifyAborted`], [`Action::Discard`], and [`Action::FailJob`] when it is one failure too many |
//!
//! The semantics are those of Flink's checkpoint coordinator.

mod action;
mod event;
mod failures;
mod machine;
mod options;
mod pending;
mod recent;
mod retention;
mod time;

pub use action::{AbortReason, Action, FailureCause, Refusal, RequestOutcome};
pub(crate) use event::LAST_FIRST_ID;
pub use event::{
    CheckpointKind, DeclineReason, Event, JobStart, RequestId, RequestKind, StoreOutcome,
};
pub use machine::{Coordinator, Phase};
pub(crate) use options::key::NUM_RETAINED;
pub use options::{CheckpointMode, CheckpointOptions};
pub use retention::{ExternalizedRetention, JobEnd};
pub use time::Timestamp;

#[cfg(test)]
mod tests;
