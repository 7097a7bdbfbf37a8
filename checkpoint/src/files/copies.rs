//! Copies of the files of the latest checkpoint on a disk of this machine.

use super::name::FileName;
use super::{FileRef, SnapshotFiles};
use crate::log::JobId;
use crate::storage::{ObjectReader, ObjectWriter, Storage};
use alluvium_state_api::{Result, StateError};
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// What is read of a copy at once when it is checked.
const CHUNK: usize = 1 << 20;

/// Copies of the files of checkpoints in a second store, such as a directory of the local disk,
/// that a restore on the same machine reads first.
///
/// They are never needed: what cannot be copied is logged and left out, and a copy that is missing,
/// cannot be read, or has another length or checksum than the metadata says is passed over for the
/// file itself. They lie at the paths that the files have in the store of the checkpoints. Those of
/// the newest published checkpoint are kept, and those of unfinished ones; the others of the job go
/// when a newer one is published. Clones are the same.
#[derive(Clone)]
pub struct LocalCopies {
    storage: Arc<dyn Storage>,
}

impl LocalCopies {
    /// Copies in `storage`, which no other running job with the same id may use.
    pub fn new(storage: Arc<dyn Storage>) -> Self {
        Self { storage }
    }

    /// Begins the copy of the file at `path`, in place of one that may be there.
    pub(super) fn create(&self, path: &str) -> Option<LocalCopy> {
        let begun = self
            .storage
            .delete(path)
            .and_then(|()| self.storage.write(path));
        let writer = noted(path, begun)?;
        Some(LocalCopy {
            path: path.to_owned(),
            writer,
        })
    }

    /// Opens the copy of `file`, which lies at `path`, if it is one: all of it is read once. Should
    /// it be lost later, the file in `behind` takes its place.
    pub(super) fn open(
        &self,
        path: &str,
        file: &FileRef,
        behind: &SnapshotFiles,
    ) -> Option<Box<dyn ObjectReader>> {
        let copy = noted(path, self.storage.open(path)).flatten()?;
        noted(path, check(&*copy, file))?;
        Some(Box::new(CopyReader {
            path: path.to_owned(),
            copy,
            behind: behind.clone(),
            file: file.clone(),
            original: OnceLock::new(),
        }))
    }

    /// Deletes the copy of the file at `path`.
    pub(super) fn delete(&self, path: &str) {
        noted(path, self.storage.delete(path));
    }

    /// Deletes the copies of `job` but those in `keep`, paths in the store, and those of the
    /// checkpoints that `unfinished` says.
    pub(crate) fn retain(
        &self,
        job: &JobId,
        keep: &BTreeSet<String>,
        unfinished: impl Fn(u64) -> bool,
    ) {
        let folders = noted(job.as_str(), self.storage.list(job.as_str())).unwrap_or_default();
        for folder in folders {
            let folder = format!("{job}/{folder}");
            for name in noted(&folder, self.storage.list(&folder)).unwrap_or_default() {
                let path = format!("{folder}/{name}");
                // What else lies there is not ours.
                let Some(name) = FileName::parse(&name) else {
                    continue;
                };
                if !keep.contains(&path) && !unfinished(name.checkpoint) {
                    self.delete(&path);
                }
            }
        }
    }
}

/// A copy on its way.
pub(super) struct LocalCopy {
    path: String,
    writer: Box<dyn ObjectWriter>,
}

impl LocalCopy {
    /// Adds `bytes`; `None` if that failed, and the copy is given up.
    pub(super) fn append(mut self, bytes: &[u8]) -> Option<Self> {
        noted(&self.path, self.writer.append(bytes)).map(|()| self)
    }

    /// Completes it.
    pub(super) fn finish(self) {
        noted(&self.path, self.writer.finish());
    }
}

/// Reads a copy, and the file itself from when the copy cannot be read any more.
struct CopyReader {
    path: String,
    copy: Box<dyn ObjectReader>,
    behind: SnapshotFiles,
    file: FileRef,
    original: OnceLock<Box<dyn ObjectReader>>,
}

impl ObjectReader for CopyReader {
    fn length(&self) -> u64 {
        self.file.length
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        if let Some(original) = self.original.get() {
            return original.read_at(offset, into);
        }
        if noted(&self.path, self.copy.read_at(offset, into)).is_some() {
            return Ok(());
        }
        let original = self.behind.open(&self.file)?;
        self.original.get_or_init(|| original).read_at(offset, into)
    }
}

/// # Errors
/// `Corrupt` saying what differs; `Storage`.
fn check(copy: &dyn ObjectReader, file: &FileRef) -> Result<()> {
    let differs = |what: &str, expected: u64, found: u64| {
        let message = format!("expected the {what} {expected:#x}, found {found:#x}");
        Err(StateError::corrupt(message))
    };
    if copy.length() != file.length {
        return differs("length", file.length, copy.length());
    }
    let crc = checksum(copy, |_| Ok(()))?;
    if crc != file.crc {
        return differs("checksum", file.crc.into(), crc.into());
    }
    Ok(())
}

/// The CRC-32 of all bytes, which `visit` is shown in order.
///
/// # Errors
/// Those of the reader, and of `visit`.
pub(super) fn checksum(
    reader: &dyn ObjectReader,
    mut visit: impl FnMut(&[u8]) -> Result<()>,
) -> Result<u32> {
    let length = reader.length();
    let mut crc = crc32fast::Hasher::new();
    let mut chunk = vec![0; CHUNK.min(usize::try_from(length).unwrap_or(CHUNK))];
    let mut offset = 0;
    while offset < length {
        let now = (length - offset).min(chunk.len() as u64);
        let Some(part) = chunk.get_mut(..now as usize) else {
            break;
        };
        reader.read_at(offset, part)?;
        crc.update(part);
        visit(part)?;
        offset += now;
    }
    Ok(crc.finalize())
}

/// Logs what went wrong with the copy at `path`, which harms nobody.
fn noted<T>(path: &str, result: Result<T>) -> Option<T> {
    result
        .inspect_err(|error| tracing::warn!(%error, path, "a local copy of a file is not used"))
        .ok()
}
