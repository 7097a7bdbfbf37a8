//! What checkpoints are made of, how they are taken, and how they are taken apart again at
//! restore.
//!
//! | module | what it holds |
//! |---|---|
//! | `assign` | what each subtask of a program starts with, given a checkpoint |
//! | [`coordinator`] | the checkpoint protocol as a pure state machine |
//! | `files` | the files of snapshots: written, named, found again |
//! | `increment` | snapshots that build on each other, and writing them into files |
//! | `log` | which checkpoints are to be believed, and who may add to them |
//! | `metadata` | the envelope of `_metadata` |
//! | `offline` | reading and writing state without the program that it belongs to |
//! | `savepoint` | snapshots that belong to whoever asked for them: write, open, dispose |
//! | `segment` | keyed state in one portable format: its writer and its reader |
//! | [`storage`] | where all of it is kept: the seam, a local directory, memory, and kinds that fail |
//! | `store` | the completed checkpoints of a job: publish, retire, recover |
//! | `subtask` | what a subtask, an operator, a checkpoint hold |
//! | `wire` | reading and writing the small parts of formats |

#![forbid(unsafe_code)]

mod assign;
pub mod coordinator;
mod files;
mod increment;
mod log;
mod metadata;
mod offline;
mod savepoint;
mod segment;
pub mod storage;
mod store;
mod subtask;
mod wire;

pub use alluvium_state_api::{ErrorKind, Result, StateError};
pub use assign::{OperatorRestore, ProgramOperator, SubtaskRestore, Unclaimed, plan_restore};
pub use coordinator::{
    AbortReason, Action, CheckpointKind, CheckpointMode, CheckpointOptions, Coordinator,
    DeclineReason, Event, ExternalizedRetention, FailureCause, JobEnd, JobStart, Phase, Refusal,
    RequestId, RequestKind, RequestOutcome, StoreOutcome, Timestamp,
};
pub use files::{
    FileOutput, FilePlace, FileRef, LocalCopies, SnapshotBases, SnapshotFiles, SnapshotFolder,
    SpillOutput, StoredSegment, StoredSnapshot, StoredSnapshotOptions,
};
pub use increment::{ChainBase, ChainHistory, SnapshotFileOptions, write_keyed, write_rest};
pub use log::{JobId, OwnerId, PublishedCheckpoint};
pub use metadata::{Metadata, MetadataWriter, Section, SectionKind};
pub use offline::{
    Copied, DynamicEntry, GroupSize, Histogram, KeyedEntries, KeyedEntry, KeyedReader,
    OfflineOperator, OfflineOptions, OfflineSnapshot, OperatorStateView, OperatorWriter,
    RowDescriptor, SavepointWriter, StateTypes, TypedRow, copy_job, copy_snapshot,
};
pub use savepoint::{
    OpenedSnapshot, SavepointFolder, copy_into, dispose, is_savepoint, mark_savepoint,
    open_snapshot,
};
pub use segment::{
    CancelFlag, Compression, SegmentInput, SegmentOptions, SegmentOutput, SegmentPart,
    SegmentParts, SegmentSink, SegmentSource, WrittenSegment, hide_voided, write_segment,
};
pub use storage::{LocalStorage, MemoryStorage, Storage};
pub use store::{
    CheckpointStore, Garbage, GivenIds, Inspection, LogCheck, OpenMode, Recovered, StoreOptions,
    Swept, check_log, inspect, is_published, open_published, read_published,
};
pub use subtask::{
    CheckpointMetadata, CheckpointPart, CheckpointPartKind, KeyedChain, KeyedSegment,
    OperatorSnapshot, SubtaskSnapshot,
};
