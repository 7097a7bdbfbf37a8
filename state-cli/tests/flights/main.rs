//! `alluvium run flights` as a user sees it: the real binary, its files, its exit codes.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, helpers included"
)]

mod bad_input;
mod beside;
mod command;
mod configured;
mod copies;
mod endpoint;
mod kill;
mod live;
mod reference;
mod resume;
#[cfg(feature = "s3")]
mod s3;
mod savepoints;
mod signals;
mod straight;
mod takeover;
mod told;
