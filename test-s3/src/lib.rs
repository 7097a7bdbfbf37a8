//! A server that speaks S3, on files in a temporary folder, and what can happen to its answers.
//!
//! `s3s-fs` looks and writes in two steps, so that two conditional creators could both win: here
//! one request is served at a time.
//!
//! | module | what it holds |
//! |---|---|
//! | `server` | the server, and what tests ask of it |
//! | `call` | what a request asks for |
//! | `trouble` | what can happen to it |
//! | `serve` | one request from its arrival to its answer |
//!
//! ```
//! use alluvium_test_s3::{Server, Trouble};
//! let server = Server::start()?;
//! server.plan(|call| match call.name {
//!     "create" => Trouble::Unavailable,
//!     _ => Trouble::None,
//! });
//! assert!(server.endpoint().starts_with("http://127.0.0.1:"));
//! assert!(server.bucket().ends_with("bucket"));
//! # Ok::<(), std::io::Error>(())
//! ```

#![forbid(unsafe_code)]

mod call;
mod serve;
mod server;
mod trouble;

pub use call::Call;
pub use server::{BUCKET, KEY, SECRET, Server, Settings};
pub use trouble::Trouble;
