//! A state with namespaces is not reached without naming one.

use alluvium::{KeyScope, KeyedBackend, Result, ValueHandle};

fn write<B: KeyedBackend>(
    scope: &mut KeyScope<'_, B>,
    windowed: ValueHandle<u64, (i64, i64)>,
) -> Result<()> {
    scope.value(windowed).set(1)
}

fn main() {}
