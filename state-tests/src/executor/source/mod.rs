//! Replayable sources.

mod collection;
mod operator;
mod rate;
mod split;
mod vertex;

pub use collection::Collection;
pub(crate) use operator::{SourceLink, SourceOperator};
pub(crate) use rate::Rate;
pub use split::{ReadStep, SplitReader, SplitSource};
pub(crate) use vertex::SourceVertex;
