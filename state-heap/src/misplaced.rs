//! Handles that name nothing where they are shown.

use alluvium_state_api::{BackendId, StateError, StateId};

/// The error of a handle that names no state of `owner`, a `holder` ("backend", …) of `states`
/// states: that of another one, or one that no registration has returned.
#[cold]
pub(crate) fn misplaced(holder: &str, owner: BackendId, states: usize, id: StateId) -> StateError {
    let (slot, other) = (id.slot(), id.owner());
    StateError::misuse(if other == owner {
        format!("the handle names state {slot} of this {holder}, which has {states} of them")
    } else {
        format!(
            "the handle was given out by another {holder}: it names state {slot} of number \
             {other}, this is number {owner}; a state is registered with each {holder} anew"
        )
    })
}
