//! Randomness: the one place where the executor, and the command, draw any.

use alluvium::{Result, StateError};
use std::fs::File;
use std::io::Read;

/// Bytes that nobody has drawn before.
///
/// # Errors
/// `Storage` if the machine has none.
pub fn random_bytes() -> Result<[u8; 16]> {
    const SOURCE: &str = "/dev/urandom";
    let mut bytes = [0; 16];
    File::open(SOURCE)
        .and_then(|mut source| source.read_exact(&mut bytes))
        .map_err(|error| {
            StateError::storage(format!("cannot read random bytes from '{SOURCE}'"))
                .with_source(error)
        })?;
    Ok(bytes)
}
