//! Standard output, which may be closed.

use alluvium::{Result, StateError};
use serde::Serialize;
use std::io::{self, Write};

/// Prints `text` and a line feed. That nobody reads it is no error.
pub(super) fn print(text: &str) -> Result<()> {
    write_all(text.as_bytes()).and_then(|()| write_all(b"\n"))
}

/// Prints a value as JSON.
pub(super) fn print_json(value: &impl Serialize) -> Result<()> {
    let json = serde_json::to_string_pretty(value);
    print(&json.map_err(|error| StateError::misuse("cannot write JSON").with_source(error))?)
}

/// Writes bytes to standard output.
pub(crate) fn write_all(bytes: &[u8]) -> Result<()> {
    match io::stdout().lock().write_all(bytes) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(StateError::storage("cannot write to standard output").with_source(error))
        }
        _ => Ok(()),
    }
}
