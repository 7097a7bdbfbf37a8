//! Sinks.

mod collect;
mod file;
mod two_phase;

pub use collect::Collected;
pub use file::{FileSink, FileTransaction};
pub(crate) use two_phase::TwoPhase;
pub use two_phase::TwoPhaseSink;
