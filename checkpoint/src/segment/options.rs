//! How segments are written.

use alluvium_state_api::{Result, StateError};

/// How blocks are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    None,
    /// By zstd, at a level from 1, the fastest, to 19, the smallest.
    Zstd(i32),
}

impl Compression {
    /// The greatest level of zstd: 19. Beyond, its memory grows out of proportion.
    pub const MAX_ZSTD_LEVEL: i32 = 19;
}

/// Zstd at level 1.
impl Default for Compression {
    fn default() -> Self {
        Self::Zstd(1)
    }
}

/// How a segment is written. Readers need none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentOptions {
    block_size: usize,
    compression: Compression,
}

impl SegmentOptions {
    /// The block size unless told otherwise: 64 KiB.
    pub const DEFAULT_BLOCK_SIZE: usize = 64 << 10;

    /// The smallest block size: 64 bytes.
    pub const MIN_BLOCK_SIZE: usize = 64;

    /// The greatest block size, which readers rely on: 16 MiB.
    pub const MAX_BLOCK_SIZE: usize = 16 << 20;

    /// Blocks of the default size, not compressed.
    pub(super) const fn plain() -> Self {
        Self {
            block_size: Self::DEFAULT_BLOCK_SIZE,
            compression: Compression::None,
        }
    }

    /// The same with blocks of at most `bytes` bytes, before compression and without their heads:
    /// what a writer holds in memory, once more if it compresses, what a reader checks and decodes
    /// at once, and where long entries are cut.
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

    /// The same with blocks compressed in this way. Blocks that would shrink by less than an eighth
    /// are stored as they are.
    ///
    /// # Errors
    /// `Misuse` if a level of zstd is below 1 or above 19.
    pub fn with_compression(mut self, compression: Compression) -> Result<Self> {
        if let Compression::Zstd(level) = compression
            && !(1..=Compression::MAX_ZSTD_LEVEL).contains(&level)
        {
            return Err(StateError::misuse(format!(
                "the level of zstd must lie within 1 and {}, found {level}",
                Compression::MAX_ZSTD_LEVEL
            )));
        }
        self.compression = compression;
        Ok(self)
    }

    /// How blocks are compressed.
    pub const fn compression(self) -> Compression {
        self.compression
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
            compression: Compression::default(),
        }
    }
}
