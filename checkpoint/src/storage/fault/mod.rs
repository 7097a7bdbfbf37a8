//! A store that fails when told to.

mod stream;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use alluvium_state_api::{Result, StateError};

use self::stream::{FaultReader, FaultWriter};
use super::{Created, ObjectReader, ObjectWriter, Storage};

/// One call on a [`FaultStorage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation<'a> {
    /// How many calls came before it.
    pub index: u64,
    /// The name of the method.
    pub name: &'static str,
    /// Its path or folder.
    pub path: &'a str,
}

/// What happens to an [`Operation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Nothing: it is done.
    None,
    /// It is not done and returns an error.
    Before,
    /// It is done and returns an error all the same, like a request whose answer is lost.
    After,
}

/// A [`Storage`] that asks before every call whether to do it. Counts calls from 0, so that a test
/// can fail the first, then the second, and so on through all.
///
/// Calls on streamed objects count as well: `append`, `finish`, `read_at`, and `abandon` for a
/// writer that is dropped unfinished. A writer that may not even be abandoned is forgotten as by a
/// process that dies, with all that it holds.
pub struct FaultStorage<S> {
    inner: S,
    faults: Arc<Faults>,
}

/// What is asked before every call.
struct Faults {
    calls: AtomicU64,
    plan: Box<dyn Fn(Operation<'_>) -> Fault + Send + Sync>,
}

impl Faults {
    /// Makes `call`, or not.
    fn call<R>(
        &self,
        name: &'static str,
        path: &str,
        place: impl FnOnce() -> String,
        call: impl FnOnce() -> Result<R>,
    ) -> Result<R> {
        let index = self.calls.fetch_add(1, Ordering::SeqCst);
        match (self.plan)(Operation { index, name, path }) {
            Fault::None => return call(),
            Fault::Before => {}
            Fault::After => drop(call()),
        }
        let place = place();
        Err(StateError::storage(format!(
            "injected fault in call {index}: {name} '{place}'"
        )))
    }
}

impl<S: Storage> FaultStorage<S> {
    /// `inner`, with `plan` asked about every call.
    pub fn new(inner: S, plan: impl Fn(Operation<'_>) -> Fault + Send + Sync + 'static) -> Self {
        let faults = Faults {
            calls: AtomicU64::new(0),
            plan: Box::new(plan),
        };
        Self {
            inner,
            faults: Arc::new(faults),
        }
    }

    /// `inner`, of which nothing works any more once `calls` calls have been made. The call after
    /// those is done, without anybody hearing of it, if `last_is_done`.
    pub fn dying_after(inner: S, calls: u64, last_is_done: bool) -> Self {
        Self::new(inner, move |operation| {
            if operation.index < calls {
                Fault::None
            } else if operation.index == calls && last_is_done {
                Fault::After
            } else {
                Fault::Before
            }
        })
    }

    /// The store below, without faults.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// How many calls have been made.
    pub fn calls(&self) -> u64 {
        self.faults.calls.load(Ordering::SeqCst)
    }

    fn call<R>(
        &self,
        name: &'static str,
        path: &str,
        call: impl FnOnce(&S) -> Result<R>,
    ) -> Result<R> {
        let place = || self.inner.locate(path);
        self.faults.call(name, path, place, || call(&self.inner))
    }
}

#[deny(clippy::missing_trait_methods)]
impl<S: Storage> Storage for FaultStorage<S> {
    fn create(&self, path: &str, bytes: &[u8]) -> Result<Created> {
        self.call("create", path, |inner| inner.create(path, bytes))
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.call("replace", path, |inner| inner.replace(path, bytes))
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        self.call("read", path, |inner| inner.read(path, limit))
    }

    fn exists(&self, path: &str) -> Result<bool> {
        self.call("exists", path, |inner| inner.exists(path))
    }

    fn delete(&self, path: &str) -> Result<()> {
        self.call("delete", path, |inner| inner.delete(path))
    }

    fn write(&self, path: &str) -> Result<Box<dyn ObjectWriter>> {
        let inner = self.call("write", path, |inner| inner.write(path))?;
        let place = self.inner.locate(path);
        let faults = Arc::clone(&self.faults);
        Ok(Box::new(FaultWriter::new(inner, faults, path, place)))
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn ObjectReader>>> {
        let inner = self.call("open", path, |inner| inner.open(path))?;
        Ok(inner.map(|inner| {
            let place = self.inner.locate(path);
            let faults = Arc::clone(&self.faults);
            Box::new(FaultReader::new(inner, faults, path, place)) as Box<dyn ObjectReader>
        }))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        self.call("list", folder, |inner| inner.list(folder))
    }

    fn locate(&self, path: &str) -> String {
        self.inner.locate(path)
    }

    fn local_path(&self, path: &str) -> Option<PathBuf> {
        self.inner.local_path(path)
    }
}
