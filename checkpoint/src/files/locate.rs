//! Finding the files of a snapshot from the place of its metadata.

use super::copies::checksum;
use super::{FilePlace, FileRef, LocalCopies, StoredSegment};
use crate::storage::{ObjectReader, Storage, check_path};
use alluvium_state_api::{Result, StateError};
use std::fmt;
use std::sync::Arc;

/// The files of one snapshot, where they lie.
#[derive(Clone, Default)]
pub struct SnapshotFiles {
    place: Option<Place>,
}

#[derive(Clone)]
struct Place {
    storage: Arc<dyn Storage>,
    folder: String,
    copies: Option<LocalCopies>,
}

impl SnapshotFiles {
    /// No files: for metadata that holds everything itself.
    pub const fn none() -> Self {
        Self { place: None }
    }

    /// The files of the snapshot whose metadata lies in `folder` of `storage`.
    ///
    /// # Errors
    /// `Misuse` if `folder` is not a relative path of plain names.
    pub fn new(storage: Arc<dyn Storage>, folder: impl Into<String>) -> Result<Self> {
        let folder = folder.into();
        check_path(&folder)?;
        Ok(Self {
            place: Some(Place {
                storage,
                folder,
                copies: None,
            }),
        })
    }

    /// The same files, read from `copies` where there are some.
    pub fn with_copies(mut self, copies: LocalCopies) -> Self {
        if let Some(place) = &mut self.place {
            place.copies = Some(copies);
        }
        self
    }

    fn place(&self, file: &FileRef) -> Result<&Place> {
        self.place.as_ref().ok_or_else(|| {
            StateError::corrupt(format!(
                "a snapshot without files names file '{}'",
                file.name
            ))
        })
    }

    /// Where a file lies, from the root of the storage.
    ///
    /// # Errors
    /// `Corrupt` if there are no files.
    pub(crate) fn path(&self, file: &FileRef) -> Result<String> {
        self.place(file).map(|place| place.path(file))
    }

    /// Where a file is, or should be, for messages.
    pub fn locate(&self, file: &FileRef) -> String {
        match &self.place {
            Some(place) => place.storage.locate(&place.path(file)),
            None => file.name.clone(),
        }
    }

    /// Opens a file, whose length is checked. Local copies do not count.
    ///
    /// # Errors
    /// `Corrupt` if it is missing or has another length; `Storage`.
    pub fn open(&self, file: &FileRef) -> Result<Box<dyn ObjectReader>> {
        let place = self.place(file)?;
        let Some(reader) = place.storage.open(&place.path(file))? else {
            return Err(StateError::corrupt(format!(
                "'{}' is missing",
                self.locate(file)
            )));
        };
        let found = reader.length();
        if found != file.length {
            return Err(StateError::corrupt(format!(
                "'{}': expected {} bytes, found {found}",
                self.locate(file),
                file.length
            )));
        }
        Ok(reader)
    }

    /// Opens the local copy of a file, if there is one.
    fn copy(&self, file: &FileRef) -> Option<Box<dyn ObjectReader>> {
        let place = self.place.as_ref()?;
        place.copies.as_ref()?.open(&place.path(file), file, self)
    }

    /// Opens a file that holds a segment, or its local copy; and whether it is a local file.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) fn open_segment(&self, file: &FileRef) -> Result<(StoredSegment, bool)> {
        let place = self.place(file)?;
        if let Some(copy) = self.copy(file) {
            return Ok((StoredSegment::File(copy), true));
        }
        let local = place.storage.local_path(&place.path(file)).is_some();
        Ok((StoredSegment::File(self.open(file)?), local))
    }

    /// Reads all of a file and checks it: `visit` is shown its bytes in order. Local copies do not
    /// count.
    ///
    /// # Errors
    /// `Corrupt` if it is missing, or length or checksum differ; `Storage`; what `visit` returns.
    pub fn scan(&self, file: &FileRef, visit: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.scan_in(&*self.open(file)?, file, visit)
    }

    fn scan_in(
        &self,
        reader: &dyn ObjectReader,
        file: &FileRef,
        visit: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let found = checksum(reader, visit)?;
        if found == file.crc {
            return Ok(());
        }
        Err(StateError::corrupt(format!(
            "'{}': expected the checksum {:#010x} over all {} bytes, found {found:#010x}",
            self.locate(file),
            file.crc,
            file.length
        )))
    }

    /// All of a file, or of its local copy, checked.
    ///
    /// # Errors
    /// `LimitExceeded` if it has more than `limit` bytes; else as [`scan`](Self::scan).
    pub(crate) fn read(&self, file: &FileRef, limit: u64, option: &'static str) -> Result<Vec<u8>> {
        if file.length > limit {
            let what = format!("'{}'", self.locate(file));
            return Err(StateError::limit(what, file.length, limit, option));
        }
        let mut bytes = Vec::new();
        let reader = match self.copy(file) {
            Some(copy) => copy,
            None => self.open(file)?,
        };
        self.scan_in(&*reader, file, |part| {
            bytes.extend_from_slice(part);
            Ok(())
        })?;
        Ok(bytes)
    }
}

impl Place {
    fn path(&self, file: &FileRef) -> String {
        match file.place {
            FilePlace::Own => format!("{}/{}", self.folder, file.name),
            FilePlace::Shared => match self.folder.rsplit_once('/') {
                Some((parent, _)) => format!("{parent}/{SHARED}/{}", file.name),
                None => format!("{SHARED}/{}", file.name),
            },
        }
    }
}

/// The folder of files that several checkpoints may name, beside those of the checkpoints.
pub(crate) const SHARED: &str = "shared";

impl fmt::Debug for SnapshotFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place.as_ref();
        let place = place.map(|place| place.storage.locate(&place.folder));
        f.debug_tuple("SnapshotFiles").field(&place).finish()
    }
}
