//! Operator state: state of a subtask rather than of a key.

mod descriptor;
mod handle;
mod kind;
mod redistribute;
mod store;

pub use descriptor::{BroadcastDescriptor, OperatorListDescriptor};
pub use handle::{BroadcastHandle, OperatorListHandle};
pub use kind::OperatorStateKind;
pub use redistribute::{assign_operator_state, assign_partitions};
pub use store::{OperatorSnapshotJob, OperatorStateStore};
