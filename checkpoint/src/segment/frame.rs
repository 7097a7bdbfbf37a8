//! The fixed parts at both ends of a segment.

use crate::wire::Reader;
use alluvium_state_api::{Result, StateError};

/// What a segment begins with. The high bit and the line ends show transfers that touch text.
const MAGIC: [u8; 8] = *b"\x89ALVSG\r\n";
/// What a segment ends with.
const END_MAGIC: [u8; 8] = *b"\n\rGSVLA\x98";
const VERSION: u16 = 1;
/// Required feature: blocks may be compressed by zstd.
pub(super) const ZSTD: u32 = 1;
/// The features that this version knows of those that a reader must know.
const KNOWN_REQUIRED: u32 = ZSTD;

/// The length of the [preamble](write_preamble).
pub(super) const PREAMBLE: usize = 24;
/// The length of the [`Trailer`].
pub(super) const TRAILER: usize = 32;

/// The first bytes of a segment, which needs the features `required`.
pub(super) fn write_preamble(required: u32, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&0u16.to_le_bytes());
    out.extend_from_slice(&required.to_le_bytes());
    out.extend_from_slice(&0u32.to_le_bytes());
    seal(out, start);
}

/// Checks the first bytes of a segment; returns the features that it needs.
///
/// # Errors
/// `Corrupt`; `Incompatible` if another version wrote it or it needs a feature unknown here.
pub(super) fn read_preamble(bytes: &[u8]) -> Result<u32> {
    let mut reader = Reader::new(bytes, 0);
    check_magic(&mut reader, MAGIC, "the first bytes of a segment")?;
    let version = reader.u16("version")?;
    reader.u16("reserved bytes")?;
    let required = reader.u32("required features")?;
    reader.u32("optional features")?;
    check_seal(bytes, &mut reader, "preamble")?;
    if version != VERSION {
        return Err(StateError::incompatible(format!(
            "segment format version {VERSION} is known, found {version}"
        )));
    }
    if required & !KNOWN_REQUIRED != 0 {
        return Err(StateError::incompatible(format!(
            "a segment needs features {required:#x}, of which this version knows \
             {KNOWN_REQUIRED:#x}"
        )));
    }
    Ok(required)
}

/// The last bytes of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trailer {
    /// Where the sections begin.
    pub sections: u64,
    /// Where the index begins, and so the sections end.
    pub index: u64,
}

impl Trailer {
    /// Appends the trailer; `out` is put at `offset`.
    pub(super) fn write(self, offset: u64, out: &mut Vec<u8>) {
        let start = out.len();
        let length = offset + TRAILER as u64;
        out.extend_from_slice(&(self.sections as u32).to_le_bytes());
        out.extend_from_slice(&self.index.to_le_bytes());
        out.extend_from_slice(&length.to_le_bytes());
        seal(out, start);
        out.extend_from_slice(&END_MAGIC);
    }

    /// Checks the last bytes of a segment that is `length` bytes long.
    ///
    /// # Errors
    /// `Corrupt`, telling a segment that was cut off.
    pub(super) fn read(bytes: &[u8], length: u64) -> Result<Self> {
        let mut reader = Reader::new(bytes, length - bytes.len() as u64);
        let sections = u64::from(reader.u32("start of the sections")?);
        let index = reader.u64("start of the index")?;
        let at_length = reader;
        let recorded = reader.u64("length")?;
        let sealed = check_seal(bytes, &mut reader, "trailer");
        check_magic(&mut reader, END_MAGIC, "the last bytes of a segment")?;
        sealed?;
        if recorded != length {
            return Err(at_length.corrupt("length", recorded, length));
        }
        let body = PREAMBLE as u64..=length - TRAILER as u64;
        if sections > index || !body.contains(&sections) || !body.contains(&index) {
            let found = format_args!("{sections} and {index}");
            return Err(at_length.corrupt("sections and index", "starts in order", found));
        }
        Ok(Self { sections, index })
    }
}

/// Appends the CRC-32 of what stands in `out` from `start`.
fn seal(out: &mut Vec<u8>, start: usize) {
    let crc = crc32fast::hash(out.get(start..).unwrap_or_default());
    out.extend_from_slice(&crc.to_le_bytes());
}

/// Takes the CRC-32 of what `reader` has read of `bytes`, and checks it.
fn check_seal(bytes: &[u8], reader: &mut Reader<'_>, what: &str) -> Result<()> {
    let (covered, _) = bytes.split_at(bytes.len() - reader.left());
    let (expected, before) = (crc32fast::hash(covered), *reader);
    let found = reader.u32("checksum")?;
    if found == expected {
        return Ok(());
    }
    let (expected, found) = (format!("{expected:#010x}"), format!("{found:#010x}"));
    Err(before.corrupt(&format!("checksum of the {what}"), expected, found))
}

fn check_magic(reader: &mut Reader<'_>, magic: [u8; 8], what: &str) -> Result<()> {
    let before = *reader;
    let found = reader.array::<8>(what)?;
    if found == magic {
        return Ok(());
    }
    let (expected, found) = (magic.escape_ascii(), found.escape_ascii());
    Err(before.corrupt(what, expected, found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alluvium_state_api::ErrorKind;

    fn preamble(version: u16, required: u32, optional: u32) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(version.to_le_bytes());
        bytes.extend([0, 0]);
        bytes.extend(required.to_le_bytes());
        bytes.extend(optional.to_le_bytes());
        seal(&mut bytes, 0);
        bytes
    }

    #[test]
    fn other_versions_and_required_features_are_incompatible() {
        let mut written = Vec::new();
        write_preamble(ZSTD, &mut written);
        assert_eq!(written, preamble(1, ZSTD, 0));
        assert_eq!(written.len(), PREAMBLE);
        let kind = |bytes: &[u8]| read_preamble(bytes).map_err(|error| error.kind());
        assert_eq!(kind(&written), Ok(ZSTD));
        assert_eq!(kind(&preamble(1, 0, 9)), Ok(0));
        assert_eq!(kind(&preamble(2, 0, 0)), Err(ErrorKind::Incompatible));
        assert_eq!(kind(&preamble(1, 4, 0)), Err(ErrorKind::Incompatible));
        assert_eq!(kind(&written[1..]), Err(ErrorKind::Corrupt));
    }

    #[test]
    fn trailers_tell_where_the_index_lies() {
        let trailer = Trailer {
            sections: 30,
            index: 40,
        };
        let mut bytes = Vec::new();
        trailer.write(50, &mut bytes);
        assert_eq!(bytes.len(), TRAILER);
        assert_eq!(Trailer::read(&bytes, 82).unwrap(), trailer);
        assert!(Trailer::read(&bytes, 83).is_err());
        for (sections, index) in [(40, 30), (23, 40), (30, 51)] {
            let mut bytes = Vec::new();
            Trailer { sections, index }.write(50, &mut bytes);
            assert!(Trailer::read(&bytes, 82).is_err(), "{sections} {index}");
        }
    }
}
