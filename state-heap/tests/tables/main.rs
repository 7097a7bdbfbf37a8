//! Tables beside models: contents, frozen views, copying, growth, threads.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
mod copying;
mod growth;
mod oracle;
mod schedules;
mod threads;
