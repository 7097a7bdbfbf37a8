//! What every keyed backend has, written once.

use super::KeyedBackend;
use crate::error::{Result, StateError};
use crate::key::OrderedKey;
use crate::scope::KeyScope;
use crate::state::{StateDescriptor, StateHandle, StateMeta};
use std::ops::ControlFlow;

/// What users call on a backend itself. Implemented for every [`KeyedBackend`].
pub trait KeyedBackendExt: KeyedBackend + Sized {
    /// Registers a state, or finds it if it was registered before.
    ///
    /// # Errors
    /// As [`StateDescriptor::register`].
    fn register<D: StateDescriptor>(&mut self, descriptor: &D) -> Result<D::Handle> {
        descriptor.register(self)
    }

    /// The state of one key.
    ///
    /// # Errors
    /// `Misuse` if the key's group lies outside the backend's range.
    #[inline]
    fn key<'s>(&'s mut self, key: &'s Self::Key) -> Result<KeyScope<'s, Self>> {
        KeyScope::new(self, key)
    }

    /// The keys that have something in the state under `namespace`, each once, in any order.
    ///
    /// # Errors
    /// `Misuse` for a handle of another backend.
    fn keys<H: StateHandle>(&self, handle: H, namespace: &H::Namespace) -> Result<Vec<Self::Key>> {
        self.keys_of_id(handle.id(), namespace)
    }

    /// The same for the state called `name`; none if there is no such state.
    ///
    /// # Errors
    /// `Misuse` if the state has namespaces of another type, or was restored and is not registered
    /// yet: what it holds is read when it is.
    fn keys_named<N: OrderedKey>(&self, name: &str, namespace: &N) -> Result<Vec<Self::Key>> {
        if let Some(id) = self.state_id(name) {
            return self.keys_of_id(id, namespace);
        }
        match self.unclaimed().iter().find(|state| state.name == name) {
            None => Ok(Vec::new()),
            Some(StateMeta { kind, .. }) => Err(StateError::misuse(format!(
                "state '{name}' was restored as {kind} state and is not registered yet: its keys \
                 can be listed once it is"
            ))),
        }
    }

    /// All (key, namespace) pairs that have something in the state, each once, in any order.
    ///
    /// # Errors
    /// `Misuse` for a handle of another backend.
    fn keys_and_namespaces<H: StateHandle>(
        &self,
        handle: H,
    ) -> Result<Vec<(Self::Key, H::Namespace)>> {
        let mut found = Vec::new();
        self.scan_keys(handle.id(), |key, namespace: &H::Namespace| {
            found.push((key.clone(), namespace.clone()));
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    /// The number of entries of the state: values, lists, or user keys.
    ///
    /// # Errors
    /// `Misuse` for a handle of another backend.
    fn entries<H: StateHandle>(&self, handle: H) -> Result<u64> {
        self.entry_count(handle.id())
    }

    /// Calls `f` once for every key that has something in the state under `namespace`. The keys
    /// are gathered first, so that `f` may change the state as it likes.
    ///
    /// # Errors
    /// `Misuse` for a handle of another backend; and what `f` returns, at once.
    fn for_each_key<H: StateHandle>(
        &mut self,
        handle: H,
        namespace: &H::Namespace,
        mut f: impl FnMut(&mut KeyScope<'_, Self>) -> Result<()>,
    ) -> Result<()> {
        for key in self.keys(handle, namespace)? {
            f(&mut KeyScope::new(self, &key)?)?;
        }
        Ok(())
    }

    #[doc(hidden)]
    fn keys_of_id<N: OrderedKey>(
        &self,
        id: crate::state::StateId,
        namespace: &N,
    ) -> Result<Vec<Self::Key>> {
        let mut keys = Vec::new();
        self.scan_keys(id, |key, found: &N| {
            if found == namespace {
                keys.push(key.clone());
            }
            ControlFlow::Continue(())
        })?;
        Ok(keys)
    }
}

impl<B: KeyedBackend> KeyedBackendExt for B {}
