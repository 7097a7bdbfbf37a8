//! Blocks: the units that are checked and compressed at once.

use super::SegmentOptions;
use super::codec::{Codec, MAX_RATIO, Packed};
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
    pub codec: Codec,
    /// The length of the payload as stored.
    pub length: usize,
    /// The length of the payload before compression.
    pub raw: usize,
    crc: u32,
}

/// The head of the block of `payload` at `offset` of the segment. The checksum covers the offset
/// too, so that a block in the wrong place is found out.
pub(super) fn encode_head(
    kind: BlockKind,
    flags: u8,
    offset: u64,
    payload: Packed<'_>,
) -> [u8; HEAD] {
    let stored = (payload.stored.len() as u32).to_le_bytes();
    let raw = (payload.raw as u32).to_le_bytes();
    let mut head = [0; HEAD];
    let (covered, sum) = head.split_at_mut(HEAD - 4);
    let fields = [kind as u8, flags, payload.codec as u8, 0];
    for (to, from) in covered.iter_mut().zip([fields, stored, raw].as_flattened()) {
        *to = *from;
    }
    let crc = checksum(offset, covered, payload.stored);
    sum.copy_from_slice(&crc.to_le_bytes());
    head
}

/// Reads the head of a block that must be of `kind`, at `offset` of the segment, with `room` bytes
/// behind it; payloads may be compressed if `zstd` says so.
///
/// # Errors
/// `Corrupt`; `Incompatible` if the payload has a codec that is not known here.
pub(super) fn decode_head(
    bytes: &[u8],
    kind: BlockKind,
    offset: u64,
    room: u64,
    zstd: bool,
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
    let codec = read_codec(&mut reader, offset, zstd)?;
    let at_reserved = reader;
    let reserved = reader.byte("reserved byte of a block")?;
    if reserved != 0 {
        return Err(at_reserved.corrupt("reserved byte of a block", 0, reserved));
    }
    let at_length = reader;
    let length = reader.u32("block length")?;
    let raw = reader.u32("block length before compression")?;
    let crc = reader.u32("block checksum")?;
    let most = room.min(SegmentOptions::MAX_BLOCK_SIZE as u64);
    let found = format_args!("{length}, {raw} before compression");
    if u64::from(length) > most {
        return Err(at_length.corrupt("block length", format_args!("at most {most}"), found));
    }
    let (length, raw) = (length as usize, raw as usize);
    let possible = match codec {
        Codec::Plain => raw == length,
        Codec::Zstd => raw <= SegmentOptions::MAX_BLOCK_SIZE && raw / MAX_RATIO <= length,
    };
    if !possible {
        return Err(at_length.corrupt("block length", "two lengths that fit", found));
    }
    Ok(BlockHead {
        flags,
        codec,
        length,
        raw,
        crc,
    })
}

fn read_codec(reader: &mut Reader<'_>, offset: u64, zstd: bool) -> Result<Codec> {
    let at_codec = *reader;
    let codec = reader.byte("block codec")?;
    if codec == Codec::Plain as u8 {
        return Ok(Codec::Plain);
    }
    if codec != Codec::Zstd as u8 {
        return Err(StateError::incompatible(format!(
            "the block at offset {offset} has compression codec {codec}; known are 0 (none) and \
             1 (zstd)"
        )));
    }
    if zstd {
        return Ok(Codec::Zstd);
    }
    let expected = "none, as the segment does not ask for zstd";
    Err(at_codec.corrupt("block codec", expected, "zstd"))
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

    fn head(flags: u8, offset: u64) -> [u8; HEAD] {
        encode_head(BlockKind::Entries, flags, offset, Packed::plain(b"payload"))
    }

    fn read(head: [u8; HEAD], offset: u64, payload: &[u8]) -> Result<BlockHead> {
        let room = payload.len() as u64;
        let block = decode_head(&head, BlockKind::Entries, offset, room, true)?;
        block.check(offset, &head, payload)?;
        Ok(block)
    }

    #[test]
    fn a_block_in_the_wrong_place_is_found_out() {
        let head = head(SECTION, 100);
        let block = read(head, 100, b"payload").unwrap();
        assert_eq!((block.flags, block.length), (SECTION, 7));
        let error = read(head, 101, b"payload").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().contains("offset 101"), "{error}");
    }

    #[test]
    fn an_unknown_codec_is_incompatible() {
        let mut head = head(0, 0);
        head[2] = 2;
        let error = read(head, 0, b"payload").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Incompatible);
    }

    #[test]
    fn lengths_are_bounded_by_the_room_there_is() {
        let head = head(0, 0);
        let read = |kind, room| decode_head(&head, kind, 0, room, true);
        assert!(read(BlockKind::Entries, 6).is_err());
        assert!(read(BlockKind::Index, 7).is_err());
        assert!(read(BlockKind::Entries, 7).is_ok());
    }

    #[test]
    fn what_would_unfold_to_too_much_is_refused() {
        let read = |codec, stored: usize, raw| {
            let stored = &vec![0; stored];
            let packed = Packed { codec, raw, stored };
            let head = encode_head(BlockKind::Entries, 0, 0, packed);
            let error = decode_head(&head, BlockKind::Entries, 0, 1 << 30, true).err()?;
            assert_eq!(error.kind(), ErrorKind::Corrupt);
            Some(error)
        };
        let most = SegmentOptions::MAX_BLOCK_SIZE;
        assert!(read(Codec::Plain, most, most).is_none());
        assert!(read(Codec::Plain, most + 1, most + 1).is_some());
        assert!(read(Codec::Plain, 10, 11).is_some());
        assert!(read(Codec::Zstd, 100, 25_600).is_none());
        assert!(read(Codec::Zstd, 100, 25_856).is_some());
        assert!(read(Codec::Zstd, most, most).is_none());
        assert!(read(Codec::Zstd, most, most + 1).is_some());
    }

    #[test]
    fn compressed_blocks_must_be_announced() {
        let stored = b"stored";
        let packed = Packed {
            codec: Codec::Zstd,
            raw: 100,
            stored,
        };
        let head = encode_head(BlockKind::Entries, 0, 0, packed);
        let read = |zstd| decode_head(&head, BlockKind::Entries, 0, 6, zstd);
        assert_eq!(read(true).unwrap().raw, 100);
        assert_eq!(read(false).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}
