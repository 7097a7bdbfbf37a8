//! Packing payloads into blocks.

use super::block::{self, BlockKind, FROM_BEFORE, GOES_ON};
use super::codec::{Packed, Packer};
use super::frame::ZSTD;
use super::{SegmentOptions, SegmentOutput};
use crate::wire::Put;
use alluvium_state_api::Result;

/// Appends blocks to an output, and knows where it is.
pub(super) struct BlockWriter<O> {
    pub output: O,
    /// How much the output has taken.
    pub offset: u64,
}

impl<O: SegmentOutput> BlockWriter<O> {
    pub(super) const fn new(output: O) -> Self {
        Self { output, offset: 0 }
    }

    /// Appends `bytes` that are no block.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.output.append(bytes)?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// Appends a block.
    pub(super) fn block(&mut self, kind: BlockKind, flags: u8, payload: Packed<'_>) -> Result<()> {
        let head = block::encode_head(kind, flags, self.offset, payload);
        self.append(&head)?;
        self.append(payload.stored)
    }

    /// Appends one payload in as many blocks as it takes.
    pub(super) fn run(
        &mut self,
        kind: BlockKind,
        payload: &[u8],
        packer: &mut Packer,
        block_size: usize,
    ) -> Result<()> {
        let (mut rest, mut flags) = (payload, 0);
        loop {
            let (now, later) = rest.split_at(rest.len().min(block_size));
            let goes_on = if later.is_empty() { 0 } else { GOES_ON };
            self.block(kind, flags | goes_on, packer.pack_alone(now))?;
            if later.is_empty() {
                return Ok(());
            }
            (rest, flags) = (later, FROM_BEFORE);
        }
    }
}

/// Takes the blocks of entries as they become full.
pub(super) trait BlockTarget {
    /// Takes a block of entries.
    fn block(&mut self, flags: u8, payload: Packed<'_>) -> Result<()>;
}

/// The payload that is being filled, and what packs it.
pub(super) struct Filling {
    payload: Vec<u8>,
    block_size: usize,
    packer: Packer,
}

impl Filling {
    pub(super) fn new(options: SegmentOptions) -> Self {
        Self {
            payload: Vec::with_capacity(options.block_size()),
            block_size: options.block_size(),
            packer: Packer::new(options),
        }
    }

    /// The features that a reader needs.
    pub(super) const fn required_features(&self) -> u32 {
        if self.packer.compresses() { ZSTD } else { 0 }
    }

    /// How many bytes are sure to be added to the segment if the block, and `more` bytes of
    /// payload behind it, are written now.
    #[inline]
    pub(super) fn waiting(&self, more: usize) -> u64 {
        if self.packer.compresses() {
            return 0;
        }
        let head = if self.is_empty() { 0 } else { block::HEAD };
        (head + self.payload.len() + more) as u64
    }

    /// Whether nothing waits to be written.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.payload.is_empty()
    }

    /// How many bytes still fit into the block.
    #[inline]
    pub(super) fn room(&self) -> usize {
        self.block_size - self.payload.len()
    }

    /// The payload, to append to, within the [room](Self::room).
    #[inline]
    pub(super) const fn payload(&mut self) -> &mut Vec<u8> {
        &mut self.payload
    }

    /// Writes the block, even if it is empty, and starts the next.
    pub(super) fn flush(&mut self, flags: u8, target: &mut impl BlockTarget) -> Result<()> {
        target.block(flags, self.packer.pack(&self.payload))?;
        self.payload.clear();
        Ok(())
    }

    /// Appends one payload of another kind to `writer`, in as many blocks as it takes.
    pub(super) fn run<O: SegmentOutput>(
        &mut self,
        kind: BlockKind,
        payload: &[u8],
        writer: &mut BlockWriter<O>,
    ) -> Result<()> {
        writer.run(kind, payload, &mut self.packer, self.block_size)
    }

    /// A payload on its way into several blocks, which nothing else shares.
    pub(super) const fn pieces<'f, T>(&'f mut self, target: &'f mut T) -> Pieces<'f, T> {
        Pieces {
            filling: self,
            target,
            flags: 0,
        }
    }
}

/// A payload on its way into several blocks.
pub(super) struct Pieces<'f, T> {
    filling: &'f mut Filling,
    target: &'f mut T,
    flags: u8,
}

impl<T: BlockTarget> Pieces<'_, T> {
    /// Writes the last block.
    pub(super) fn finish(self) -> Result<()> {
        self.filling.flush(self.flags, self.target)
    }
}

impl<T: BlockTarget> Put for Pieces<'_, T> {
    fn bytes(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            if self.filling.room() == 0 {
                self.filling.flush(self.flags | GOES_ON, self.target)?;
                self.flags = FROM_BEFORE;
            }
            let (now, later) = bytes.split_at(bytes.len().min(self.filling.room()));
            self.filling.payload().extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    fn byte(&mut self, byte: u8) -> Result<()> {
        self.bytes(&[byte])
    }
}
