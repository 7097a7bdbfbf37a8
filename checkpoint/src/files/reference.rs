//! How metadata names a file.

use super::name::FileName;
use crate::storage::check_path;
use crate::wire::{Put, Reader};
use alluvium_state_api::{CheckpointId, Result, StateError};
use std::fmt;

/// The greatest length of the name of a file, in bytes.
pub(crate) const MAX_NAME: usize = 255;

/// Where a file lies, seen from the metadata that names it. There are no absolute places: what
/// holds metadata and files can be moved as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FilePlace {
    /// Beside the metadata, for this snapshot alone.
    Own,
    /// In the folder `shared` beside that of the metadata, where several checkpoints may name it.
    Shared,
}

/// A file that a snapshot consists of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileRef {
    /// Where it lies.
    pub place: FilePlace,
    /// Its name there: not empty, at most 255 bytes, without `/`.
    pub name: String,
    /// Its length in bytes.
    pub length: u64,
    /// The CRC-32 (IEEE 802.3) of all its bytes.
    pub crc: u32,
}

/// What is in a file, as far as its name is to stand for it: two that differ are not the same file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Contents {
    length: u64,
    crc: u32,
}

impl Contents {
    /// How many bytes there are.
    pub(crate) const fn length(self) -> u64 {
        self.length
    }
}

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { length, crc } = self;
        write!(f, "{length} bytes with the checksum {crc:#010x}")
    }
}

impl FileRef {
    /// What is in it.
    pub(crate) const fn contents(&self) -> Contents {
        Contents {
            length: self.length,
            crc: self.crc,
        }
    }

    /// The checkpoint that it was written for, which may be older than one that names it; `None` if
    /// its name does not say.
    pub fn written_for(&self) -> Option<CheckpointId> {
        FileName::parse(&self.name).map(|name| CheckpointId(name.checkpoint))
    }

    /// Checks that its name is one.
    ///
    /// # Errors
    /// What was expected and found.
    pub(crate) fn check(&self) -> Result<(), String> {
        let name = &self.name;
        if name.len() > MAX_NAME || name.contains('/') || check_path(name).is_err() {
            return Err(format!(
                "expected a plain file name of at most {MAX_NAME} bytes, found '{}'",
                name.escape_debug()
            ));
        }
        Ok(())
    }

    /// Puts name, length and checksum; the place is the caller's.
    pub(crate) fn write(&self, out: &mut dyn Put) -> Result<()> {
        self.check().map_err(StateError::misuse)?;
        out.framed(self.name.as_bytes())?;
        out.varint(self.length)?;
        out.bytes(&self.crc.to_le_bytes())
    }

    /// Reads what [`write`](Self::write) put.
    pub(crate) fn read(place: FilePlace, body: &mut Reader<'_>) -> Result<Self> {
        let before = *body;
        let file = Self {
            place,
            name: body.string("name of a file")?.to_owned(),
            length: body.varint("length of a file")?,
            crc: body.u32("checksum of a file")?,
        };
        match file.check() {
            Ok(()) => Ok(file),
            Err(problem) => Err(before.corrupt("file", "a plain name", problem)),
        }
    }
}
