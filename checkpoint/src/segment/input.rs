//! Where a segment is read from.

use crate::storage::ObjectReader;
use alluvium_state_api::{Result, StateError};
use std::sync::Arc;

/// The bytes of a segment, read at any place and from any thread: memory or a file.
pub trait SegmentInput: Send + Sync {
    /// The number of bytes.
    fn length(&self) -> u64;

    /// The `length` bytes at `offset`, if they lie in memory: they are then used where they are.
    fn lend(&self, offset: u64, length: usize) -> Option<&[u8]>;

    /// Fills `into` with the bytes at `offset`.
    ///
    /// # Errors
    /// `Storage` if they cannot be read; `Corrupt` if they do not exist.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()>;
}

impl SegmentInput for Arc<[u8]> {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn lend(&self, offset: u64, length: usize) -> Option<&[u8]> {
        self.get(usize::try_from(offset).ok()?..)?.get(..length)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        let length = into.len();
        match self.lend(offset, length) {
            Some(bytes) => {
                into.copy_from_slice(bytes);
                Ok(())
            }
            None => Err(StateError::corrupt(format!(
                "{length} bytes at offset {offset} lie beyond the end, at {}",
                self.len()
            ))),
        }
    }
}

/// An object of any store, local files among them. They are not mapped into memory: reading them in
/// stretches makes a restore of large state 3 to 8 % slower, and a file that was cut off is an
/// error, where a map would end the process.
impl SegmentInput for Box<dyn ObjectReader> {
    fn length(&self) -> u64 {
        (**self).length()
    }

    fn lend(&self, _offset: u64, _length: usize) -> Option<&[u8]> {
        None
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        (**self).read_at(offset, into)
    }
}
