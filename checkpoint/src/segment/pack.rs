//! Packing payloads into blocks, and taking them out again.

use super::block::{self, BlockKind, FROM_BEFORE, GOES_ON, HEAD};
use super::{SegmentInput, SegmentOutput};
use crate::wire::Put;
use alluvium_state_api::{Result, StateError};

/// Fills blocks and appends them to an output.
pub(super) struct BlockWriter<O> {
    pub output: O,
    /// How much the output has taken.
    pub offset: u64,
    block_size: usize,
    /// Room for the head, then the payload of the block that is being filled.
    block: Vec<u8>,
}

impl<O: SegmentOutput> BlockWriter<O> {
    pub(super) fn new(output: O, block_size: usize) -> Self {
        let mut block = Vec::with_capacity(HEAD + block_size);
        block.resize(HEAD, 0);
        Self {
            output,
            offset: 0,
            block_size,
            block,
        }
    }

    /// Appends `bytes` that are no block.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.output.append(bytes)?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// Where the segment would end if the block were written now.
    pub(super) fn end(&self) -> u64 {
        let waiting = if self.is_empty() { 0 } else { self.block.len() };
        self.offset + waiting as u64
    }

    /// Whether nothing waits in the block.
    pub(super) fn is_empty(&self) -> bool {
        self.block.len() == HEAD
    }

    /// How many bytes still fit into the block.
    pub(super) fn room(&self) -> usize {
        (HEAD + self.block_size).saturating_sub(self.block.len())
    }

    /// The payload, to append to, within the [room](Self::room).
    pub(super) fn payload(&mut self) -> &mut Vec<u8> {
        &mut self.block
    }

    /// Writes the block, even if it is empty, and starts the next.
    pub(super) fn flush(&mut self, kind: BlockKind, flags: u8) -> Result<()> {
        let payload = self.block.get(HEAD..).unwrap_or_default();
        let head = block::encode_head(kind, flags, self.offset, payload);
        for (to, from) in self.block.iter_mut().zip(head) {
            *to = from;
        }
        self.output.append(&self.block)?;
        self.offset += self.block.len() as u64;
        self.block.truncate(HEAD);
        Ok(())
    }

    /// Writes what `fill` puts as one payload of its own, in as many blocks as it takes.
    pub(super) fn run(
        &mut self,
        kind: BlockKind,
        fill: impl FnOnce(&mut Pieces<'_, O>) -> Result<()>,
    ) -> Result<()> {
        let mut pieces = Pieces {
            writer: self,
            kind,
            flags: 0,
        };
        fill(&mut pieces)?;
        let flags = pieces.flags;
        self.flush(kind, flags)
    }
}

/// A payload on its way into several blocks.
pub(super) struct Pieces<'w, O> {
    writer: &'w mut BlockWriter<O>,
    kind: BlockKind,
    flags: u8,
}

impl<O: SegmentOutput> Put for Pieces<'_, O> {
    fn bytes(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            if self.writer.room() == 0 {
                self.writer.flush(self.kind, self.flags | GOES_ON)?;
                self.flags = FROM_BEFORE;
            }
            let (now, later) = bytes.split_at(bytes.len().min(self.writer.room()));
            self.writer.payload().extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    fn byte(&mut self, byte: u8) -> Result<()> {
        self.bytes(&[byte])
    }
}

/// A block as it was read.
pub(super) struct Block<'a> {
    pub flags: u8,
    /// Where the payload begins in the segment.
    pub offset: u64,
    pub payload: &'a [u8],
}

impl Block<'_> {
    /// Where the block ends in the segment.
    pub(super) const fn end(&self) -> u64 {
        self.offset + self.payload.len() as u64
    }
}

/// Reads the block of `kind` at `offset`, which must end at `end` or before.
///
/// # Errors
/// `Corrupt`, `Incompatible`, or `Storage`.
pub(super) fn read_block<'a>(
    input: &'a impl SegmentInput,
    kind: BlockKind,
    offset: u64,
    end: u64,
    scratch: &'a mut Vec<u8>,
) -> Result<Block<'a>> {
    let left = end.saturating_sub(offset);
    let Some(room) = left.checked_sub(HEAD as u64) else {
        return Err(StateError::corrupt(format!(
            "block at offset {offset}: expected a head of {HEAD} bytes, found {left}"
        )));
    };
    let mut head = [0; HEAD];
    head.copy_from_slice(input.read_at(offset, HEAD, scratch)?);
    let parsed = block::decode_head(&head, kind, offset, room)?;
    let payload_at = offset + HEAD as u64;
    let payload = input.read_at(payload_at, parsed.length, scratch)?;
    parsed.check(offset, &head, payload)?;
    Ok(Block {
        flags: parsed.flags,
        offset: payload_at,
        payload,
    })
}

/// Reads the payload that lies in blocks of `kind` from `offset` to `end`.
///
/// # Errors
/// `Corrupt`, `Incompatible`, or `Storage`.
pub(super) fn read_run(
    input: &impl SegmentInput,
    kind: BlockKind,
    mut offset: u64,
    end: u64,
) -> Result<Vec<u8>> {
    let (mut payload, mut scratch, mut expected) = (Vec::new(), Vec::new(), 0);
    loop {
        let block = read_block(input, kind, offset, end, &mut scratch)?;
        if block.flags & !GOES_ON != expected {
            return Err(out_of_order(offset, block.flags));
        }
        payload.extend_from_slice(block.payload);
        expected = FROM_BEFORE;
        offset = block.end();
        match (block.flags & GOES_ON == 0, offset == end) {
            (true, true) => return Ok(payload),
            (false, false) => {}
            _ => return Err(out_of_order(offset, block.flags)),
        }
    }
}

/// The error of blocks that do not go on from one to the next as their flags say.
#[cold]
pub(super) fn out_of_order(offset: u64, flags: u8) -> StateError {
    StateError::corrupt(format!(
        "block near offset {offset}: expected blocks that follow one another, found flags \
         {flags:#04x}"
    ))
}
