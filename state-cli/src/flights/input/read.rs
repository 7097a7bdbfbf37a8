//! Reading the file.

use alluvium::{Result, StateError};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// How a zstd frame begins (RFC 8878).
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The contents of `path`, decompressed if need be; at most `most` bytes.
pub(super) fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let failed = |what: &str, error: io::Error| {
        StateError::storage(format!("cannot {what} the input '{}'", path.display()))
            .with_source(error)
    };
    let file = File::open(path).map_err(|error| failed("open", error))?;
    let mut start = Vec::new();
    let mut file = BufReader::new(file);
    (&mut file)
        .take(ZSTD.len() as u64)
        .read_to_end(&mut start)
        .map_err(|error| failed("read", error))?;
    let compressed = start == ZSTD;
    let whole = io::Cursor::new(start).chain(file);
    let mut text = Vec::new();
    let read = if compressed {
        zstd::Decoder::new(whole)
            .and_then(|decoder| decoder.take(most.saturating_add(1)).read_to_end(&mut text))
            .map_err(|error| damaged(path, error))
    } else {
        whole
            .take(most.saturating_add(1))
            .read_to_end(&mut text)
            .map_err(|error| failed("read", error))
    }?;
    if read as u64 > most {
        return Err(StateError::limit(
            format_args!("the size in bytes of the input '{}'", path.display()),
            read as u64,
            most,
            "--max-input-mib",
        ));
    }
    text.shrink_to_fit();
    Ok(text)
}

fn damaged(path: &Path, error: io::Error) -> StateError {
    let how = if error.kind() == io::ErrorKind::UnexpectedEof {
        "truncated"
    } else {
        "corrupt"
    };
    StateError::corrupt(format!(
        "the input '{}' is {how}: it cannot be decompressed",
        path.display()
    ))
    .with_source(error)
}
