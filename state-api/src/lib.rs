//! The contract of Alluvium.

#![forbid(unsafe_code)]

mod error;
mod group;
mod key;

pub use error::{ErrorKind, Result, StateError};
pub use group::{KeyGroup, KeyGroupRange, KeyGroups, MaxParallelism};
