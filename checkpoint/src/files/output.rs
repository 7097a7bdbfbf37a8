//! Writing the files of a snapshot.

use super::copies::LocalCopy;
use super::written::Written;
use super::{FilePlace, FileRef, SnapshotFolder};
use crate::segment::{CancelFlag, SegmentOutput};
use crate::storage::ObjectWriter;
use crate::subtask::KeyedSegment;
use alluvium_state_api::Result;

/// What is gathered before the store is given it.
const BUFFER: usize = 256 << 10;

/// One file of a snapshot on its way into the store. Dropped unfinished, it leaves nothing behind.
pub struct FileOutput {
    writer: Box<dyn ObjectWriter>,
    place: FilePlace,
    name: String,
    buffer: Vec<u8>,
    length: u64,
    crc: crc32fast::Hasher,
    cancel: CancelFlag,
    copy: Option<LocalCopy>,
    written: Written,
}

impl FileOutput {
    pub(super) fn new(
        writer: Box<dyn ObjectWriter>,
        place: FilePlace,
        name: String,
        cancel: CancelFlag,
        copy: Option<LocalCopy>,
        written: Written,
    ) -> Self {
        Self {
            writer,
            place,
            name,
            buffer: Vec::new(),
            length: 0,
            crc: crc32fast::Hasher::new(),
            cancel,
            copy,
            written,
        }
    }

    /// Makes the file durable.
    ///
    /// # Errors
    /// `Storage` if it could not be stored; `Cancelled` if its folder is.
    pub fn finish(mut self) -> Result<FileRef> {
        self.flush()?;
        self.writer.finish()?;
        if let Some(copy) = self.copy {
            copy.finish();
        }
        let file = FileRef {
            place: self.place,
            name: self.name,
            length: self.length,
            crc: self.crc.finalize(),
        };
        self.written.finished(&file);
        Ok(file)
    }

    fn flush(&mut self) -> Result<()> {
        self.cancel.check()?;
        self.crc.update(&self.buffer);
        self.writer.append(&self.buffer)?;
        self.copy = self.copy.take().and_then(|copy| copy.append(&self.buffer));
        self.buffer.clear();
        Ok(())
    }
}

impl SegmentOutput for FileOutput {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.length += bytes.len() as u64;
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER {
            self.flush()?;
        }
        Ok(())
    }
}

/// A segment that stays inside the metadata while it is small, and goes into a file when it is not.
pub struct SpillOutput<'f> {
    folder: &'f SnapshotFolder,
    place: FilePlace,
    threshold: u64,
    held: Held,
}

enum Held {
    Small(Vec<u8>),
    File(FileOutput),
}

impl<'f> SpillOutput<'f> {
    /// A segment that may have up to `threshold` bytes inside the metadata; with more, it goes into
    /// a file in `place` of `folder`.
    pub const fn new(folder: &'f SnapshotFolder, place: FilePlace, threshold: u64) -> Self {
        Self {
            folder,
            place,
            threshold,
            held: Held::Small(Vec::new()),
        }
    }

    /// Makes it durable, if it is a file.
    ///
    /// # Errors
    /// `Storage` if it could not be stored.
    pub fn finish(self) -> Result<KeyedSegment> {
        match self.held {
            Held::Small(bytes) => Ok(KeyedSegment::Inline(bytes.into())),
            Held::File(file) => file.finish().map(KeyedSegment::File),
        }
    }
}

impl SegmentOutput for SpillOutput<'_> {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.held {
            Held::Small(held) if (held.len() + bytes.len()) as u64 <= self.threshold => {
                held.extend_from_slice(bytes);
                Ok(())
            }
            Held::Small(held) => {
                let mut file = self.folder.create(self.place)?;
                file.append(held)?;
                file.append(bytes)?;
                self.held = Held::File(file);
                Ok(())
            }
            Held::File(file) => file.append(bytes),
        }
    }
}
