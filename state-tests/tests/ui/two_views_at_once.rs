//! One state at a time is written: two are updated at once through `update_pair`.

use alluvium::{KeyScope, KeyedBackend, Result, ValueHandle};

fn move_over<B: KeyedBackend>(
    scope: &mut KeyScope<'_, B>,
    from: ValueHandle<u64>,
    to: ValueHandle<u64>,
) -> Result<()> {
    let mut from = scope.value(from);
    let mut to = scope.value(to);
    if let Some(value) = from.take()? {
        to.set(value)?;
    }
    Ok(())
}

fn main() {}
