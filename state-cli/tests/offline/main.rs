//! The commands that work on snapshots, as a user sees them: the real binary, what it prints, its
//! exit codes.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, helpers included"
)]

mod bounds;
#[path = "../flights/command.rs"]
#[expect(dead_code, reason = "the tests of flights use more of it")]
mod command;
mod copy;
mod damage;
mod diff;
mod export;
mod inspect;
#[path = "../flights/reference.rs"]
mod reference;
mod start;
mod support;
