//! A store that fails when told to.

use std::sync::atomic::{AtomicU64, Ordering};

use alluvium_state_api::{Result, StateError};

use super::{Created, Storage};

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
pub struct FaultStorage<S> {
    inner: S,
    calls: AtomicU64,
    plan: Box<dyn Fn(Operation<'_>) -> Fault + Send + Sync>,
}

impl<S: Storage> FaultStorage<S> {
    /// `inner`, with `plan` asked about every call.
    pub fn new(inner: S, plan: impl Fn(Operation<'_>) -> Fault + Send + Sync + 'static) -> Self {
        Self {
            inner,
            calls: AtomicU64::new(0),
            plan: Box::new(plan),
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
        self.calls.load(Ordering::SeqCst)
    }

    fn call<R>(
        &self,
        name: &'static str,
        path: &str,
        call: impl FnOnce(&S) -> Result<R>,
    ) -> Result<R> {
        let index = self.calls.fetch_add(1, Ordering::SeqCst);
        let fault = (self.plan)(Operation { index, name, path });
        match fault {
            Fault::None => return call(&self.inner),
            Fault::Before => {}
            Fault::After => drop(call(&self.inner)),
        }
        let place = self.inner.locate(path);
        Err(StateError::storage(format!(
            "injected fault in call {index}: {name} '{place}'"
        )))
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

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        self.call("list", folder, |inner| inner.list(folder))
    }

    fn locate(&self, path: &str) -> String {
        self.inner.locate(path)
    }
}

/// A shared store is a store.
#[deny(clippy::missing_trait_methods)]
impl<S: Storage + ?Sized> Storage for std::sync::Arc<S> {
    fn create(&self, path: &str, bytes: &[u8]) -> Result<Created> {
        (**self).create(path, bytes)
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<()> {
        (**self).replace(path, bytes)
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        (**self).read(path, limit)
    }

    fn exists(&self, path: &str) -> Result<bool> {
        (**self).exists(path)
    }

    fn delete(&self, path: &str) -> Result<()> {
        (**self).delete(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        (**self).list(folder)
    }

    fn locate(&self, path: &str) -> String {
        (**self).locate(path)
    }
}
