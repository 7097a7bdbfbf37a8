//! A scope lives no longer than its key.

use alluvium::{KeyScope, KeyedBackend, KeyedBackendExt, Result};

fn enter<B: KeyedBackend<Key = String>>(backend: &mut B) -> Result<KeyScope<'_, B>> {
    let key = "key".to_owned();
    backend.key(&key)
}

fn main() {}
