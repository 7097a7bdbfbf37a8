//! From the disk.

use alluvium_state_api::{ErrorKind, Result, StateError};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The greatest size of a configuration file: 1 MiB.
pub const MAX_FILE_SIZE: u64 = 1 << 20;

/// Reads a file of at most [`MAX_FILE_SIZE`] bytes.
///
/// # Errors
/// `Storage` if it cannot be read, `LimitExceeded` if it is larger.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| {
        let message = format!("cannot read the configuration file '{}'", path.display());
        StateError::storage(message).with_source(error)
    };
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_SIZE + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    check_size(&path.display().to_string(), bytes.len())?;
    Ok(bytes)
}

/// # Errors
/// `LimitExceeded` if a file of this name has more than [`MAX_FILE_SIZE`] bytes.
pub(super) fn check_size(name: &str, bytes: usize) -> Result<()> {
    if bytes as u64 <= MAX_FILE_SIZE {
        return Ok(());
    }
    Err(StateError::new(
        ErrorKind::LimitExceeded,
        format!("the configuration file '{name}' has more than {MAX_FILE_SIZE} bytes"),
    ))
}
