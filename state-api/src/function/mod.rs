//! Functions with state: what an engine calls at initialization and at snapshots.

mod checkpointed;
mod context;
mod list_checkpointed;

pub use checkpointed::CheckpointedFunction;
pub use context::{InitializationContext, SnapshotContext, SubtaskInfo};
pub use list_checkpointed::ListCheckpointed;
