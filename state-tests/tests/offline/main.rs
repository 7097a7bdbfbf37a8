//! Savepoints that no program wrote: made of rows, read, renamed, re-keyed, and restored.

#![forbid(unsafe_code)]
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, helpers included"
)]

mod bounds;
mod program;
mod rekey;
mod rows;
mod told;
