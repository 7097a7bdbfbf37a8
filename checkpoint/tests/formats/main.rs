//! What snapshots are made of, from the outside: what is written is read back, damage is found,
//! and state lands where it belongs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod assign;
mod checkpoint;
mod damage;
mod fake;
mod golden;
mod increment;
mod segment;
mod subtask;
