//! Where a segment is read from.

use alluvium_state_api::{Result, StateError};
use std::sync::Arc;

/// The bytes of a segment, read at any place: memory or a file.
pub trait SegmentInput: Send {
    /// The number of bytes.
    fn length(&self) -> u64;

    /// The `length` bytes at `offset`: lent from memory, or read into `scratch`, whose contents do
    /// not matter.
    ///
    /// # Errors
    /// `Storage` if they cannot be read; `Corrupt` if they do not exist.
    fn read_at<'a>(
        &'a self,
        offset: u64,
        length: usize,
        scratch: &'a mut Vec<u8>,
    ) -> Result<&'a [u8]>;
}

impl SegmentInput for Arc<[u8]> {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read_at<'a>(
        &'a self,
        offset: u64,
        length: usize,
        _scratch: &'a mut Vec<u8>,
    ) -> Result<&'a [u8]> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes = self.get(start..).and_then(|tail| tail.get(..length));
        bytes.ok_or_else(|| {
            StateError::corrupt(format!(
                "{length} bytes at offset {offset} lie beyond the end, at {}",
                self.len()
            ))
        })
    }
}
