//! A naive model of all state, and random programs that run on it and on a backend side by side.
//!
//! The model is a handful of ordered maps and short enough to be obviously right. A program is a
//! sequence of steps that proptest makes from a seed and shrinks when it fails: changes of every
//! kind of state, snapshots whole and incremental, written late, in parts or never, confirmations
//! that are lost, late, repeated and out of order, crashes and rescalings.
//!
//! ```text
//! prop_state_machine! {
//!     #![proptest_config(alluvium_state_tests::model::config(256))]
//!     #[test]
//!     fn keyed_state(sequential 150..250 => KeyedMachine<MyHarness>);
//! }
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a program that fails says so by panicking"
)]

mod keyed;
mod operator;
mod plain;
mod step;
mod system;

pub use keyed::{KeyedMachine, Reference};
pub use operator::{OperatorMachine, OperatorReference, OperatorStep};
pub use plain::Plain;
pub use step::{Change, Step};

use proptest::test_runner::{Config, RngSeed};

/// The settings under which programs replay: `cases` of them, always the same.
pub fn config(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_240_229),
        max_shrink_iters: 20_000,
        ..Config::default()
    }
}
