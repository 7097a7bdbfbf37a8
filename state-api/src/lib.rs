//! The contract of Alluvium: what stream engines, backends and user functions agree on.
//!
//! No threads and no I/O happen here. The map:
//!
//! | module | what it holds |
//! |---|---|
//! | `error` | [`StateError`] and its kinds |
//! | `group` | key groups, their ranges, max parallelism |
//! | `data`, `schema` | values, codecs, and the schema trees stored with them |
//! | `dynamic` | stored data whose type is known by its schema only |
//! | `key` | keys: order-preserving encodings and hashes that are fixed forever |
//! | `state` | descriptors and handles of keyed state |
//! | `backend` | what a backend author implements |
//! | `scope` | what users call: the state of one key |
//! | `snapshot` | freeze, write, restore: jobs, sinks and sources |
//! | `operator` | operator state and its redistribution |
//! | `raw` | raw keyed and raw operator state |
//! | `function` | functions with state |

#![forbid(unsafe_code)]

mod backend;
mod data;
mod dynamic;
mod error;
mod function;
mod group;
mod key;
mod operator;
mod raw;
mod schema;
mod scope;
mod snapshot;
mod state;

pub use backend::{
    Budget, KeyCx, KeyedBackend, KeyedBackendExt, Limit, Maintained, OpenRequest, SnapshotLimits,
    StateBackend,
};
#[cfg(feature = "serde")]
pub use data::SerdeCodec;
pub use data::{
    Codec, CodecRef, MAX_NESTING, NativeCodec, NativeData, StateData, decode_exact, wire,
};
pub use dynamic::{DynamicKeyType, DynamicType, DynamicValue};
pub use error::{ErrorKind, Result, StateError};
pub use function::{
    CheckpointedFunction, InitializationContext, ListCheckpointed, SnapshotContext, SubtaskInfo,
};
pub use group::{KeyGroup, KeyGroupRange, KeyGroups, MaxParallelism};
pub use key::{OrderedKey, TotalF32, TotalF64, decode_key_exact, murmur_int, murmur3_32};
pub use operator::{
    BroadcastDescriptor, BroadcastHandle, OperatorListDescriptor, OperatorListHandle,
    OperatorSnapshotJob, OperatorStateKind, OperatorStateStore, assign_operator_state,
    assign_partitions,
};
pub use raw::{RawKeyedState, RawKeyedWriter, RawOperatorState, RawOperatorWriter};
pub use schema::{Field, Schema, SchemaBuilder, Variant};
pub use scope::{AggregatingState, KeyScope, ListState, MapState, ReducingState, ValueState};
pub use snapshot::{
    Change, CheckpointId, Content, Entry, FreezeRequest, OperatorItem, OperatorStateImage,
    OperatorStateMeta, Section, SharedFile, SnapshotChain, SnapshotEstimate, SnapshotEvent,
    SnapshotHeader, SnapshotJob, SnapshotMode, SnapshotReport, SnapshotSink, SnapshotSource,
    WholeFile,
};
pub use state::{
    AggregatingDescriptor, AggregatingHandle, Aggregator, BackendId, ListDescriptor, ListHandle,
    ListSpec, MapDescriptor, MapHandle, MapSpec, Reducer, ReducingDescriptor, ReducingHandle,
    StateDescriptor, StateHandle, StateId, StateKind, StateMeta, StateRef, ValueDescriptor,
    ValueHandle, ValueSpec,
};
