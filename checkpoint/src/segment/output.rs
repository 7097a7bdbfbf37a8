//! Where a segment is written to.

use alluvium_state_api::Result;

/// Takes the bytes of a segment, front to back: memory, a file, an upload.
pub trait SegmentOutput {
    /// Appends `bytes`.
    ///
    /// # Errors
    /// `Storage` if they cannot be stored; the segment is then lost.
    fn append(&mut self, bytes: &[u8]) -> Result<()>;
}

impl SegmentOutput for Vec<u8> {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.extend_from_slice(bytes);
        Ok(())
    }
}

impl<O: SegmentOutput + ?Sized> SegmentOutput for &mut O {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        (**self).append(bytes)
    }
}

/// A segment that is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenSegment<O> {
    /// What it was written to.
    pub output: O,
    /// Its length in bytes.
    pub length: u64,
    /// The number of entries in it.
    pub entries: u64,
}
