//! What checkpoints are made of, and how they are taken apart again at restore.
//!
//! | module | what it holds |
//! |---|---|
//! | `assign` | what each subtask of a program starts with, given a checkpoint |
//! | `segment` | keyed state in one portable format: its writer and its reader |
//! | `subtask` | what a subtask, an operator, a checkpoint hold |
//! | `wire` | reading and writing the small parts of formats |

#![forbid(unsafe_code)]

mod assign;
mod segment;
mod subtask;
mod wire;

pub use assign::{OperatorRestore, ProgramOperator, SubtaskRestore, Unclaimed, plan_restore};
pub use segment::{
    SegmentInput, SegmentOptions, SegmentOutput, SegmentSink, SegmentSource, WrittenSegment,
};
pub use subtask::{
    CheckpointMetadata, CheckpointPart, CheckpointPartKind, KeyedSegment, OperatorSnapshot,
    SubtaskSnapshot,
};
