//! How segments are written.

use alluvium_state_api::{Result, StateError};

/// How a segment is written. Readers need none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentOptions {
    block_size: usize,
}

impl SegmentOptions {
    /// The block size unless told otherwise: 64 KiB.
    pub const DEFAULT_BLOCK_SIZE: usize = 64 << 10;

    /// The smallest block size: 64 bytes.
    pub const MIN_BLOCK_SIZE: usize = 64;

    /// The greatest block size, which readers rely on: 16 MiB.
    pub const MAX_BLOCK_SIZE: usize = 16 << 20;

    /// The same with blocks of at most `bytes` bytes, before compression and without their heads:
    /// what a writer holds in memory, what a reader checks and decodes at once, and where long
    /// entries are cut.
    ///
    /// # Errors
    /// `Misuse` if `bytes` is below 64 or above 16 MiB.
    pub fn with_block_size(mut self, bytes: usize) -> Result<Self> {
        if !(Self::MIN_BLOCK_SIZE..=Self::MAX_BLOCK_SIZE).contains(&bytes) {
            return Err(StateError::misuse(format!(
                "the block size of a segment must lie within {} and {}, found {bytes}",
                Self::MIN_BLOCK_SIZE,
                Self::MAX_BLOCK_SIZE
            )));
        }
        self.block_size = bytes;
        Ok(self)
    }

    /// The greatest size of a block, in bytes.
    pub const fn block_size(self) -> usize {
        self.block_size
    }
}

impl Default for SegmentOptions {
    fn default() -> Self {
        Self {
            block_size: Self::DEFAULT_BLOCK_SIZE,
        }
    }
}
