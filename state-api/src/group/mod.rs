//! Key groups: the units in which keyed state is dealt out to subtasks.

mod parallelism;
mod range;

pub use parallelism::MaxParallelism;
pub use range::{KeyGroupRange, KeyGroups};

use std::fmt;

/// One of the `max parallelism` units in which the keys of a job are spread.
///
/// The group of a key never changes as long as the max parallelism does not; rescaling moves whole
/// groups between subtasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyGroup(pub u16);

impl fmt::Display for KeyGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
