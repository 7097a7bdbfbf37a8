//! A map cannot be changed while it is scanned.

use alluvium::{KeyScope, KeyedBackend, MapHandle, Result};
use std::ops::ControlFlow;

fn double<B: KeyedBackend>(
    scope: &mut KeyScope<'_, B>,
    handle: MapHandle<u64, u64>,
) -> Result<()> {
    let mut map = scope.map(handle);
    map.scan(|user_key, value| {
        map.put(*user_key, value * 2).unwrap();
        ControlFlow::Continue(())
    })
}

fn main() {}
