//! What one subtask, one operator, and a whole checkpoint hold. The layouts stand in
//! `docs/format/metadata.md`.

mod checkpoint;
mod format;
mod frame;
mod image;
mod keyed;
mod operator;
mod snapshot;

pub use checkpoint::{CheckpointMetadata, CheckpointPart, CheckpointPartKind};
pub use keyed::{KeyedChain, KeyedSegment};
pub use operator::OperatorSnapshot;
pub use snapshot::SubtaskSnapshot;
