//! Segments from the outside: what is written is read back, and damage is found.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../fake/mod.rs"]
mod fake;

mod damage;
mod limits;
mod round_trip;
