//! The conformance suite: what every backend must do, as cases that run on any of them.
//!
//! No case asks which backend it runs on. A backend author writes a [`Harness`] and stamps the
//! suite with [`conformance_suite!`](crate::conformance_suite); `docs/conformance.md` says how,
//! and which case stands for which rule. What the compiler rules out has tests that must not
//! compile, in `tests/ui`, and this one: dispatch is static, a closed enum chooses at run time.
//!
//! ```compile_fail,E0038
//! use alluvium_state_api::KeyedBackend;
//! fn open() -> Option<Box<dyn KeyedBackend<Key = i32>>> {
//!     None
//! }
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "cases are tests: they fail by panicking"
)]

pub mod cases;
pub mod faulty;
mod harness;
mod logical;
mod suite;
pub(crate) mod support;

pub use harness::{Harness, Keyed, OperatorHarness, Recorder, Recording};
pub use logical::LogicalRecorder;
pub use suite::{Case, keyed_cases, operator_cases, raw_case_names};
