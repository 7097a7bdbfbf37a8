//! Keyed state as a program names it: descriptors, and the handles that registration returns.

mod descriptor;
mod fold;
mod handle;
mod kind;
mod reference;
mod spec;

pub use descriptor::{
    AggregatingDescriptor, ListDescriptor, MapDescriptor, ReducingDescriptor, StateDescriptor,
    ValueDescriptor,
};
pub use fold::{Aggregator, Reducer};
pub use handle::{
    AggregatingHandle, BackendId, ListHandle, MapHandle, ReducingHandle, StateHandle, StateId,
    ValueHandle,
};
pub use kind::{StateKind, StateMeta};
pub use reference::StateRef;
pub use spec::{ListSpec, MapSpec, ValueSpec};
