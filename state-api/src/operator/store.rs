//! The contract of an operator state store.

use super::{BroadcastDescriptor, BroadcastHandle, OperatorListDescriptor, OperatorListHandle};
use crate::data::StateData;
use crate::error::Result;
use crate::key::OrderedKey;
use crate::snapshot::{OperatorStateImage, OperatorStateMeta};
use std::ops::ControlFlow;

/// A frozen operator state on its way to storage; owns all it reads.
pub trait OperatorSnapshotJob: Send {
    /// Encodes every state, in order of names.
    ///
    /// # Errors
    /// `Misuse` if a value cannot be encoded.
    fn run(self: Box<Self>) -> Result<Vec<OperatorStateImage>>;
}

/// The operator state of one subtask.
///
/// Lists and broadcast maps have name spaces of their own. Restored state lies ready under its
/// name until it is registered, and is carried on from snapshot to snapshot if it never is.
///
/// # Rules
/// An access that fails changes nothing; batch calls are all or nothing. A registered state is in
/// the snapshot even if it is empty. A handle of another store is `Misuse`.
#[expect(clippy::missing_errors_doc, reason = "told once, under Rules")]
pub trait OperatorStateStore: Send {
    /// Registers a list, or finds it if it was registered before.
    ///
    /// # Errors
    /// `Misuse` if the name is empty or taken by a list with another kind or type; `Incompatible`
    /// if restored state of this name has another kind or shape; `Corrupt` if it does not decode.
    fn register_list<T: StateData>(
        &mut self,
        descriptor: &OperatorListDescriptor<T>,
    ) -> Result<OperatorListHandle<T>>;

    /// Registers a broadcast map; likewise.
    ///
    /// # Errors
    /// As [`register_list`](Self::register_list).
    fn register_broadcast<BK: OrderedKey, BV: StateData>(
        &mut self,
        descriptor: &BroadcastDescriptor<BK, BV>,
    ) -> Result<BroadcastHandle<BK, BV>>;

    /// Every state, registered or restored, in order of kind and name.
    fn states(&self) -> Vec<OperatorStateMeta>;

    /// The states that were restored and are not registered yet, likewise.
    fn unclaimed(&self) -> Vec<OperatorStateMeta>;

    /// The elements, in order.
    fn list_get<T: StateData>(&self, handle: OperatorListHandle<T>) -> Result<Vec<T>>;

    /// Shows the elements to `f`, in order, until it breaks.
    fn list_scan<T: StateData>(
        &self,
        handle: OperatorListHandle<T>,
        f: impl FnMut(&T) -> ControlFlow<()>,
    ) -> Result<()>;

    /// Adds one element at the end.
    fn list_add<T: StateData>(&mut self, handle: OperatorListHandle<T>, item: T) -> Result<()>;

    /// Adds all elements at the end, or none.
    fn list_add_all<T: StateData>(
        &mut self,
        handle: OperatorListHandle<T>,
        items: Vec<T>,
    ) -> Result<()>;

    /// Replaces all elements, or none.
    fn list_set<T: StateData>(
        &mut self,
        handle: OperatorListHandle<T>,
        items: Vec<T>,
    ) -> Result<()>;

    /// Removes all elements; the state stays registered.
    fn list_clear<T: StateData>(&mut self, handle: OperatorListHandle<T>) -> Result<()>;

    /// The value of a key.
    fn broadcast_get<BK: OrderedKey, BV: StateData>(
        &self,
        handle: BroadcastHandle<BK, BV>,
        key: &BK,
    ) -> Result<Option<BV>>;

    /// Writes the value of a key.
    fn broadcast_put<BK: OrderedKey, BV: StateData>(
        &mut self,
        handle: BroadcastHandle<BK, BV>,
        key: BK,
        value: BV,
    ) -> Result<()>;

    /// Writes all entries, or none.
    fn broadcast_put_all<BK: OrderedKey, BV: StateData>(
        &mut self,
        handle: BroadcastHandle<BK, BV>,
        entries: Vec<(BK, BV)>,
    ) -> Result<()>;

    /// Removes a key, if it is there.
    fn broadcast_remove<BK: OrderedKey, BV: StateData>(
        &mut self,
        handle: BroadcastHandle<BK, BV>,
        key: &BK,
    ) -> Result<()>;

    /// Shows the entries to `f`, ascending by key, until it breaks.
    fn broadcast_scan<BK: OrderedKey, BV: StateData>(
        &self,
        handle: BroadcastHandle<BK, BV>,
        f: impl FnMut(&BK, &BV) -> ControlFlow<()>,
    ) -> Result<()>;

    /// Removes all entries; the state stays registered.
    fn broadcast_clear<BK: OrderedKey, BV: StateData>(
        &mut self,
        handle: BroadcastHandle<BK, BV>,
    ) -> Result<()>;

    /// Freezes the state: no encoding, no copying of elements.
    ///
    /// # Errors
    /// `Misuse` if the store cannot be frozen now.
    fn freeze(&mut self) -> Result<Box<dyn OperatorSnapshotJob>>;
}
