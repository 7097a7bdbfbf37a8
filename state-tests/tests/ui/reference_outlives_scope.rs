//! What was read lives no longer than the scope that it was read in.

use alluvium::{KeyedBackend, KeyedBackendExt, Result, StateRef, ValueHandle};

fn read<B: KeyedBackend<Key = i32>>(
    backend: &mut B,
    handle: ValueHandle<String>,
) -> Result<Option<StateRef<'_, String>>> {
    let scope = backend.key(&1)?;
    scope.get(handle)
}

fn main() {}
