//! Snapshots: frozen on the task's thread, written anywhere, confirmed or aborted later.

mod entry;
mod header;
mod job;
mod operator;
mod sink;
mod source;

pub use entry::{Change, Content, Entry, Section};
pub use header::{CheckpointId, SnapshotHeader, SnapshotMode};
pub use job::{FreezeRequest, SnapshotEstimate, SnapshotJob, SnapshotReport};
pub use operator::{OperatorItem, OperatorStateImage, OperatorStateMeta};
pub use sink::{SharedFile, SnapshotSink, WholeFile};
pub use source::{SnapshotChain, SnapshotEvent, SnapshotSource};
