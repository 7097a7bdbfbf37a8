//! Functions: what a user writes to run inside an operator.

mod adapter;
mod context;
mod process;
mod short;
mod two;

pub use adapter::{Checkpointed, ListState};
pub(crate) use context::Access;
pub use context::Context;
pub use process::{BarrierContext, OpenContext, Process};
pub(crate) use short::{FilterState, FlatMapState, ForEach, MapState};
pub use two::TwoInputs;
pub(crate) use two::{Either, Two};
