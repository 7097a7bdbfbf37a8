//! One key at a time: a scope borrows its backend.

use alluvium::{KeyedBackend, KeyedBackendExt, Result, ValueHandle};

fn swap<B: KeyedBackend<Key = i32>>(backend: &mut B, handle: ValueHandle<u64>) -> Result<()> {
    let mut one = backend.key(&1)?;
    let mut two = backend.key(&2)?;
    one.value(handle).set(2)?;
    two.value(handle).set(1)
}

fn main() {}
