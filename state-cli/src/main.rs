#![forbid(unsafe_code)]
//! The `alluvium` command.
fn main() {}
