//! What all operator states have in common, whatever their types.

use alluvium_state_api::{OperatorStateImage, OperatorStateMeta, Result, StateError};
use std::any::Any;
use std::sync::Arc;

/// A registered state, seen without its types.
pub(super) trait OperatorSlot: Any + Send {
    /// The types of its handles in Rust, in words.
    fn types() -> String
    where
        Self: Sized;

    /// The [types](Self::types) of this one.
    fn held_types(&self) -> String;

    /// What snapshots say about it.
    fn meta(&self) -> &OperatorStateMeta;

    /// A frozen copy that shares everything with the live state.
    fn freeze(&self) -> Box<dyn FrozenSlot>;
}

/// Names the state one of whose elements or values could not be encoded.
pub(super) fn unencodable(meta: &OperatorStateMeta, error: StateError) -> StateError {
    error.context(format!("operator state '{}'", meta.name))
}

/// A frozen state on its way to storage.
pub(super) trait FrozenSlot: Send {
    /// Encodes it.
    fn encode(&self) -> Result<OperatorStateImage>;
}

/// State that was restored and never registered: it is its own snapshot.
impl FrozenSlot for Arc<OperatorStateImage> {
    fn encode(&self) -> Result<OperatorStateImage> {
        Ok(OperatorStateImage::clone(self))
    }
}
