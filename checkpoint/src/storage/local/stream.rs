//! Streamed objects of a directory.

use std::io;
use std::path::PathBuf;

use alluvium_state_api::Result;

use super::directory::Unfinished;
use super::{Fs, FsReader, failed};
use crate::storage::stream::{check_within, exists_already, failed_before};
use crate::storage::{Created, ObjectReader, ObjectWriter};

pub(super) struct LocalWriter<F: Fs> {
    unfinished: Unfinished<F>,
    place: PathBuf,
    failed: bool,
}

impl<F: Fs> LocalWriter<F> {
    pub(super) fn new(unfinished: Unfinished<F>, place: PathBuf) -> Self {
        Self {
            unfinished,
            place,
            failed: false,
        }
    }

    fn check(&self) -> Result<()> {
        if self.failed {
            return Err(failed_before(&self.place.to_string_lossy()));
        }
        Ok(())
    }
}

impl<F: Fs> ObjectWriter for LocalWriter<F> {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.check()?;
        self.unfinished.append(bytes).map_err(|error| {
            self.failed = true;
            failed("write", &self.place, error)
        })
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.check()?;
        let Self {
            unfinished, place, ..
        } = *self;
        match unfinished.create(&place) {
            Ok(Created::New) => Ok(()),
            Ok(Created::Exists) => Err(exists_already(&place.to_string_lossy())),
            Err(error) => Err(failed("finish", &place, error)),
        }
    }
}

pub(super) struct LocalReader {
    file: Box<dyn FsReader>,
    place: PathBuf,
}

impl LocalReader {
    pub(super) fn new(file: Box<dyn FsReader>, place: PathBuf) -> Self {
        Self { file, place }
    }
}

impl ObjectReader for LocalReader {
    fn length(&self) -> u64 {
        self.file.length()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        let (length, place) = (self.length(), self.place.to_string_lossy());
        check_within(length, offset, into.len(), &place)?;
        match self.file.read_at(offset, into) {
            Ok(()) => Ok(()),
            // It has been cut off since it was opened.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                let error = failed("read", &self.place, error);
                Err(alluvium_state_api::StateError::corrupt(format!(
                    "'{place}' had {length} bytes and has fewer now"
                ))
                .with_source(error))
            }
            Err(error) => Err(failed("read", &self.place, error)),
        }
    }
}
