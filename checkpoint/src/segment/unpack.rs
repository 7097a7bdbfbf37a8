//! Taking payloads out of blocks.

use super::SegmentInput;
use super::block::{self, BlockHead, BlockKind, FROM_BEFORE, GOES_ON, HEAD};
use super::codec::{Codec, Packed, Unpacker};
use alluvium_state_api::{Result, StateError};

/// A block as it was read.
pub(super) struct Block<'a> {
    pub flags: u8,
    /// Where the payload begins in the segment.
    pub offset: u64,
    /// Where the block ends in the segment.
    pub end: u64,
    pub payload: &'a [u8],
}

/// Reads blocks one after the other: a stretch of the input at a time, unless it lends its bytes.
pub(super) struct BlockReader {
    unpacker: Unpacker,
    /// Whether blocks may be compressed.
    zstd: bool,
    /// What was read last, and where it begins.
    stretch: Vec<u8>,
    start: u64,
    /// How much is read at once, if so much is wanted.
    read_size: usize,
}

impl BlockReader {
    pub(super) fn new(zstd: bool, read_size: usize) -> Self {
        Self {
            unpacker: Unpacker::default(),
            zstd,
            stretch: Vec::new(),
            start: 0,
            read_size,
        }
    }

    /// Whether blocks may be compressed.
    pub(super) const fn zstd(&self) -> bool {
        self.zstd
    }

    /// How much is read at once.
    pub(super) const fn read_size(&self) -> usize {
        self.read_size
    }

    /// Reads the block of `kind` at `offset`, which must end at `end` or before. What lies before
    /// `ahead` is wanted afterwards.
    ///
    /// # Errors
    /// `Corrupt`, `Incompatible`, or `Storage`.
    pub(super) fn block<'a, I: SegmentInput + ?Sized>(
        &'a mut self,
        input: &'a I,
        kind: BlockKind,
        offset: u64,
        end: u64,
        ahead: u64,
    ) -> Result<Block<'a>> {
        let left = end.saturating_sub(offset);
        let Some(room) = left.checked_sub(HEAD as u64) else {
            return Err(StateError::corrupt(format!(
                "block at offset {offset}: expected a head of {HEAD} bytes, found {left}"
            )));
        };
        let mut head = [0; HEAD];
        head.copy_from_slice(self.bytes(input, offset, HEAD, ahead)?);
        let parsed = block::decode_head(&head, kind, offset, room, self.zstd)?;
        let BlockHead { flags, length, .. } = parsed;
        let payload_at = offset + HEAD as u64;
        self.require(input, payload_at, length, ahead)?;
        let Self {
            unpacker,
            stretch,
            start,
            ..
        } = self;
        let stored = match input.lend(payload_at, length) {
            Some(lent) => lent,
            None => held(stretch, *start, payload_at, length).unwrap_or_default(),
        };
        parsed.check(offset, &head, stored)?;
        let packed = Packed {
            codec: parsed.codec,
            raw: parsed.raw,
            stored,
        };
        let payload = unpacker.unpack(packed).map_err(|found| {
            let raw = parsed.raw;
            StateError::corrupt(format!(
                "compressed block at offset {offset}: expected {raw} bytes, found {found}"
            ))
        })?;
        Ok(Block {
            flags,
            // Errors inside what was compressed can only name the block.
            offset: match parsed.codec {
                Codec::Plain => payload_at,
                Codec::Zstd => offset,
            },
            end: payload_at + length as u64,
            payload,
        })
    }

    fn bytes<'a, I: SegmentInput + ?Sized>(
        &'a mut self,
        input: &'a I,
        offset: u64,
        length: usize,
        ahead: u64,
    ) -> Result<&'a [u8]> {
        self.require(input, offset, length, ahead)?;
        match input.lend(offset, length) {
            Some(lent) => Ok(lent),
            None => Ok(held(&self.stretch, self.start, offset, length).unwrap_or_default()),
        }
    }

    /// Sees to it that the bytes are lent or held.
    fn require<I: SegmentInput + ?Sized>(
        &mut self,
        input: &I,
        offset: u64,
        length: usize,
        ahead: u64,
    ) -> Result<()> {
        if input.lend(offset, length).is_some()
            || held(&self.stretch, self.start, offset, length).is_some()
        {
            return Ok(());
        }
        let wanted = usize::try_from(ahead.saturating_sub(offset)).unwrap_or(usize::MAX);
        let size = wanted.min(self.read_size).max(length);
        // What was held is lost, also if the reading fails.
        self.start = offset;
        let mut stretch = std::mem::take(&mut self.stretch);
        stretch.resize(size, 0);
        input.read_at(offset, &mut stretch)?;
        self.stretch = stretch;
        Ok(())
    }

    /// Reads the payload that lies in blocks of `kind` from `offset` to `end`.
    ///
    /// # Errors
    /// `Corrupt`, `Incompatible`, or `Storage`.
    pub(super) fn run<I: SegmentInput + ?Sized>(
        &mut self,
        input: &I,
        kind: BlockKind,
        mut offset: u64,
        end: u64,
    ) -> Result<Vec<u8>> {
        let (mut payload, mut expected) = (Vec::new(), 0);
        loop {
            let block = self.block(input, kind, offset, end, end)?;
            if block.flags & !GOES_ON != expected {
                return Err(out_of_order(offset, block.flags));
            }
            payload.extend_from_slice(block.payload);
            expected = FROM_BEFORE;
            offset = block.end;
            match (block.flags & GOES_ON == 0, offset == end) {
                (true, true) => return Ok(payload),
                (false, false) => {}
                _ => return Err(out_of_order(offset, block.flags)),
            }
        }
    }
}

fn held(stretch: &[u8], start: u64, offset: u64, length: usize) -> Option<&[u8]> {
    let skip = usize::try_from(offset.checked_sub(start)?).ok()?;
    stretch.get(skip..)?.get(..length)
}

/// The error of blocks that do not go on from one to the next as their flags say.
#[cold]
pub(super) fn out_of_order(offset: u64, flags: u8) -> StateError {
    StateError::corrupt(format!(
        "block near offset {offset}: expected blocks that follow one another, found flags \
         {flags:#04x}"
    ))
}
