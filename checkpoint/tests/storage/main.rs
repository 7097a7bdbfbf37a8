//! Every kind of store, from the outside: what it promises, and what it does when things go wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bounds;
mod disk;
mod each;
mod nonblocking;
mod objects;
mod streams;

#[cfg(feature = "s3")]
mod s3;
