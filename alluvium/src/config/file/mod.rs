//! Configuration files: YAML, keys flat or nested.

mod node;
mod parse;
mod print;
mod read;

pub use read::MAX_FILE_SIZE;

pub(super) use parse::{Found, parse};
pub(super) use print::print;
pub(super) use read::read;
