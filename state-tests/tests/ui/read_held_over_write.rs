//! What was read cannot be held over a write.

use alluvium::{KeyScope, KeyedBackend, Result, ValueHandle};

fn append<B: KeyedBackend>(
    scope: &mut KeyScope<'_, B>,
    text: ValueHandle<String>,
    copy: ValueHandle<String>,
) -> Result<()> {
    if let Some(old) = scope.get(text)? {
        scope.value(copy).set(old.clone())?;
        println!("{}", old.len());
    }
    Ok(())
}

fn main() {}
