//! Segments where a snapshot keeps them.

use crate::segment::SegmentInput;
use crate::storage::ObjectReader;
use alluvium_state_api::Result;
use std::sync::Arc;

/// The bytes of a segment: inside the metadata, or in a file.
pub enum StoredSegment {
    /// Inside the metadata.
    Inline(Arc<[u8]>),
    /// In a file.
    File(Box<dyn ObjectReader>),
}

impl SegmentInput for StoredSegment {
    fn length(&self) -> u64 {
        match self {
            Self::Inline(bytes) => bytes.length(),
            Self::File(file) => file.length(),
        }
    }

    fn lend(&self, offset: u64, length: usize) -> Option<&[u8]> {
        match self {
            Self::Inline(bytes) => bytes.lend(offset, length),
            Self::File(_) => None,
        }
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        match self {
            Self::Inline(bytes) => bytes.read_at(offset, into),
            Self::File(file) => file.read_at(offset, into),
        }
    }
}
