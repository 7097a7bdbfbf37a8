//! Tests of Alluvium as a library, and the embedded executor that jobs run on.
//!
//! | module | what it holds |
//! |---|---|
//! | [`executor`] | a small stream engine on Alluvium's state |
//! | [`conformance`] | the suite that every backend must pass |
//! | `model` (feature `model`) | a naive model of all state, and random programs against it |

#![forbid(unsafe_code)]

pub mod conformance;
pub mod executor;
#[cfg(feature = "model")]
pub mod model;
