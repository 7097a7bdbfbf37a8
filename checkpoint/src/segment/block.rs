//! Blocks: the units that are checked, and later compressed, at once.

use super::SegmentOptions;
use crate::wire::Reader;
use alluvium_state_api::{Result, StateError};

/// The length of the head of a block.
pub(super) const HEAD: usize = 16;
/// Block flag: the payload goes on from that of the block before.
pub(super) const FROM_BEFORE: u8 = 1;
/// Block flag: the payload goes on in the next block.
pub(super) const GOES_ON: u8 = 2;
/// Block flag: the payload begins with the head of a section.
pub(super) const SECTION: u8 = 4;

const KNOWN_FLAGS: u8 = FROM_BEFORE | GOES_ON | SECTION;
/// The codec of payloads that are stored as they are. 1 is reserved for zstd.
const PLAIN: u8 = 0;

/// What a block is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockKind {
    Header = 1,
    Entries = 2,
    Index = 3,
}

/// What a block says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockHead {
    pub flags: u8,
    /// The length of the payload, as stored and as it was: no codec changes it so far.
    pub length: usize,
    crc: u32,
}

/// The head of the block of `payload` at `offset` of the segment. The checksum covers the offset
/// too, so that a block in the wrong place is found out.
pub(super) fn encode_head(kind: BlockKind, flags: u8, offset: u64, payload: &[u8]) -> [u8; HEAD] {
    let length = (payload.len() as u32).to_le_bytes();
    let mut head = [0; HEAD];
    let (covered, sum) = head.split_at_mut(HEAD - 4);
    let fields = [kind as u8, flags, PLAIN, 0];
    for (to, from) in covered
        .iter_mut()
        .zip([fields, length, length].as_flattened())
    {
        *to = *from;
    }
    let crc = checksum(offset, covered, payload);
    sum.copy_from_slice(&crc.to_le_bytes());
    head
}

/// Reads the head of a block that must be of `kind`, at `offset` of the segment, with `room` bytes
/// behind it.
///
/// # Errors
/// `Corrupt`; `Incompatible` if the payload has a codec that is not known here.
pub(super) fn decode_head(
    bytes: &[u8],
    kind: BlockKind,
    offset: u64,
    room: u64,
) -> Result<BlockHead> {
    let mut reader = Reader::new(bytes, offset);
    let at_kind = reader;
    let found = reader.byte("block kind")?;
    if found != kind as u8 {
        return Err(at_kind.corrupt("block kind", kind as u8, found));
    }
    let at_flags = reader;
    let flags = reader.byte("block flags")?;
    if flags & !KNOWN_FLAGS != 0 {
        return Err(at_flags.corrupt("block flags", "known ones", format_args!("{flags:#04x}")));
    }
    let codec = reader.byte("block codec")?;
    let at_reserved = reader;
    let reserved = reader.byte("reserved byte of a block")?;
    if reserved != 0 {
        return Err(at_reserved.corrupt("reserved byte of a block", 0, reserved));
    }
    let at_length = reader;
    let stored = reader.u32("block length")?;
    let raw = reader.u32("block length before compression")?;
    let crc = reader.u32("block checksum")?;
    if codec != PLAIN {
        return Err(StateError::incompatible(format!(
            "the block at offset {offset} has compression codec {codec}; known is {PLAIN} (none)"
        )));
    }
    let most = room.min(SegmentOptions::MAX_BLOCK_SIZE as u64);
    if u64::from(stored) > most || raw != stored {
        let found = format_args!("{stored}, {raw} before compression");
        return Err(at_length.corrupt("block length", format_args!("at most {most}"), found));
    }
    let length = stored as usize;
    Ok(BlockHead { flags, length, crc })
}

impl BlockHead {
    /// Checks the payload; `head` is what the head was read from.
    ///
    /// # Errors
    /// `Corrupt`
    pub(super) fn check(&self, offset: u64, head: &[u8; HEAD], payload: &[u8]) -> Result<()> {
        let (covered, _) = head.split_at(HEAD - 4);
        let found = checksum(offset, covered, payload);
        if found == self.crc {
            return Ok(());
        }
        Err(StateError::corrupt(format!(
            "checksum of the block at offset {offset}: expected {:#010x}, found {found:#010x}",
            self.crc
        )))
    }
}

fn checksum(offset: u64, head: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&offset.to_le_bytes());
    hasher.update(head);
    hasher.update(payload);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alluvium_state_api::ErrorKind;

    fn read(head: [u8; HEAD], offset: u64, payload: &[u8]) -> Result<BlockHead> {
        let room = payload.len() as u64;
        let block = decode_head(&head, BlockKind::Entries, offset, room)?;
        block.check(offset, &head, payload)?;
        Ok(block)
    }

    #[test]
    fn a_block_in_the_wrong_place_is_found_out() {
        let head = encode_head(BlockKind::Entries, SECTION, 100, b"payload");
        let block = read(head, 100, b"payload").unwrap();
        assert_eq!((block.flags, block.length), (SECTION, 7));
        let error = read(head, 101, b"payload").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().contains("offset 101"), "{error}");
    }

    #[test]
    fn an_unknown_codec_is_incompatible() {
        let mut head = encode_head(BlockKind::Entries, 0, 0, b"payload");
        head[2] = 1;
        let error = read(head, 0, b"payload").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Incompatible);
    }

    #[test]
    fn lengths_are_bounded_by_the_room_there_is() {
        let head = encode_head(BlockKind::Entries, 0, 0, b"payload");
        assert!(decode_head(&head, BlockKind::Entries, 0, 6).is_err());
        assert!(decode_head(&head, BlockKind::Index, 0, 7).is_err());
        assert!(decode_head(&head, BlockKind::Entries, 0, 7).is_ok());
    }
}
