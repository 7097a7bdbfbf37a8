//! The conformance suite and the model, on every backend there is.
//!
//! One test binary: the heap's code, on which all of them stand, is compiled once for all.

#![expect(
    clippy::unwrap_used,
    reason = "a harness that cannot be made fails its tests"
)]

mod faulty;
mod fs;
mod incremental;
mod lists;
mod memory;
mod model;
mod operator;
