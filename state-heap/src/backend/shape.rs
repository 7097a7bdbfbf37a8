//! What the tables of a backend have in common.

use super::groups::Stamp;
use alluvium_state_api::{KeyGroupRange, MaxParallelism, StateError, StateMeta};

/// What every table of a backend is made with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) range: KeyGroupRange,
    pub(super) max_parallelism: MaxParallelism,
    /// The greatest share of a group that is written as a delta.
    pub(super) share: f64,
}

impl Stamp {
    /// The stamp of restored entries: older than every epoch, and nothing builds on it.
    pub(super) const RESTORED: Self = Self {
        epoch: 0,
        tombstones: false,
        settled: 0,
    };
}

pub(super) fn not_a_list(meta: &StateMeta) -> StateError {
    StateError::corrupt(format!(
        "state '{}' is {} state, found elements appended to an entry",
        meta.name, meta.kind
    ))
}
