//! Streamed objects that fail when told to.

use std::sync::Arc;

use alluvium_state_api::Result;

use super::Faults;
use crate::storage::stream::failed_before;
use crate::storage::{ObjectReader, ObjectWriter};

pub(super) struct FaultWriter {
    /// Gone once it is finished.
    inner: Option<Box<dyn ObjectWriter>>,
    faults: Arc<Faults>,
    path: String,
    place: String,
    failed: bool,
}

impl FaultWriter {
    pub(super) fn new(
        inner: Box<dyn ObjectWriter>,
        faults: Arc<Faults>,
        path: &str,
        place: String,
    ) -> Self {
        Self {
            inner: Some(inner),
            faults,
            path: path.to_owned(),
            place,
            failed: false,
        }
    }
}

impl ObjectWriter for FaultWriter {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let Self {
            inner,
            faults,
            path,
            place,
            failed,
        } = self;
        let Some(inner) = inner.as_mut().filter(|_| !*failed) else {
            return Err(failed_before(place));
        };
        let appended = faults.call("append", path, || place.clone(), || inner.append(bytes));
        *failed = appended.is_err();
        appended
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        if self.failed {
            return Err(failed_before(&self.place));
        }
        let mut inner = self.inner.take();
        let place = || self.place.clone();
        let finished = self.faults.call("finish", &self.path, place, || {
            inner.take().map_or(Ok(()), ObjectWriter::finish)
        });
        // Not called: what was written is still there, to be abandoned.
        self.inner = inner;
        finished
    }
}

impl Drop for FaultWriter {
    fn drop(&mut self) {
        let Some(inner) = self.inner.take() else {
            return;
        };
        let mut inner = Some(inner);
        let abandon = || {
            drop(inner.take());
            Ok(())
        };
        // Nobody hears of errors here.
        let place = || self.place.clone();
        drop(self.faults.call("abandon", &self.path, place, abandon));
        std::mem::forget(inner);
    }
}

pub(super) struct FaultReader {
    inner: Box<dyn ObjectReader>,
    faults: Arc<Faults>,
    path: String,
    place: String,
}

impl FaultReader {
    pub(super) fn new(
        inner: Box<dyn ObjectReader>,
        faults: Arc<Faults>,
        path: &str,
        place: String,
    ) -> Self {
        Self {
            inner,
            faults,
            path: path.to_owned(),
            place,
        }
    }
}

impl ObjectReader for FaultReader {
    fn length(&self) -> u64 {
        self.inner.length()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        let read = || self.inner.read_at(offset, into);
        let place = || self.place.clone();
        self.faults.call("read_at", &self.path, place, read)
    }
}
