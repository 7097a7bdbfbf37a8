//! What stands around the snapshot of a subtask: magic, version, length, checksum.

use crate::wire::{Put, Reader};
use alluvium_state_api::{Result, StateError};

const MAGIC: [u8; 4] = *b"ALVT";
const VERSION: u16 = 1;
const HEAD: usize = 16;
const CRC: usize = 4;

/// How many bytes the frame adds to the body.
pub(super) const OVERHEAD: u64 = (HEAD + CRC) as u64;

/// Puts `body`, which puts `length` bytes, and the frame around it.
pub(super) fn put(
    out: &mut dyn Put,
    length: u64,
    body: impl FnOnce(&mut dyn Put) -> Result<()>,
) -> Result<()> {
    let mut summed = Summed {
        out,
        hasher: crc32fast::Hasher::new(),
    };
    summed.bytes(&MAGIC)?;
    summed.bytes(&VERSION.to_le_bytes())?;
    summed.bytes(&0u16.to_le_bytes())?;
    summed.bytes(&length.to_le_bytes())?;
    body(&mut summed)?;
    let crc = summed.hasher.finalize();
    out.bytes(&crc.to_le_bytes())
}

/// Passes everything on and keeps its checksum.
struct Summed<'o> {
    out: &'o mut dyn Put,
    hasher: crc32fast::Hasher,
}

impl Put for Summed<'_> {
    fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.hasher.update(bytes);
        self.out.bytes(bytes)
    }

    fn byte(&mut self, byte: u8) -> Result<()> {
        self.bytes(&[byte])
    }
}

/// The body inside the frame, which must be all of `bytes`.
///
/// # Errors
/// `Corrupt`; `Incompatible` if another version wrote it.
pub(super) fn unwrap(bytes: &[u8]) -> Result<Reader<'_>> {
    let mut reader = Reader::new(bytes, 0);
    let before = reader;
    let magic = reader.array::<4>("magic of a subtask's snapshot")?;
    if magic != MAGIC {
        let (expected, found) = (MAGIC.escape_ascii(), magic.escape_ascii());
        return Err(before.corrupt("magic of a subtask's snapshot", expected, found));
    }
    let version = reader.u16("version")?;
    reader.u16("reserved bytes")?;
    let before = reader;
    let length = reader.u64("length")?;
    let expected = bytes.len().saturating_sub(HEAD + CRC);
    if length != expected as u64 {
        return Err(before.corrupt("length", expected, length));
    }
    let body = reader.part_of(expected, "body")?;
    let before = reader;
    let found = reader.u32("checksum")?;
    let (covered, _) = bytes.split_at(HEAD + expected);
    let expected = crc32fast::hash(covered);
    if found != expected {
        let (expected, found) = (format!("{expected:#010x}"), format!("{found:#010x}"));
        return Err(before.corrupt("checksum of a subtask's snapshot", expected, found));
    }
    if version != VERSION {
        return Err(StateError::incompatible(format!(
            "version {VERSION} of subtask snapshots is known, found {version}"
        )));
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alluvium_state_api::ErrorKind;

    #[test]
    fn another_version_is_incompatible() {
        let mut bytes = Vec::new();
        put(&mut bytes, 4, |out| out.bytes(b"body")).unwrap();
        assert_eq!(unwrap(&bytes).unwrap().left(), 4);
        bytes[4] = 2;
        assert_eq!(unwrap(&bytes).unwrap_err().kind(), ErrorKind::Corrupt);
        let covered = bytes.len() - CRC;
        let crc = crc32fast::hash(&bytes[..covered]).to_le_bytes();
        bytes[covered..].copy_from_slice(&crc);
        assert_eq!(unwrap(&bytes).unwrap_err().kind(), ErrorKind::Incompatible);
    }
}
