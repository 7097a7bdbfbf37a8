//! A handle has the types of its state.

use alluvium::{KeyScope, KeyedBackend, ListHandle, MapHandle, Result, ValueHandle};

fn write<B: KeyedBackend>(
    scope: &mut KeyScope<'_, B>,
    value: ValueHandle<u64>,
    list: ListHandle<u64>,
    map: MapHandle<u64, String>,
) -> Result<()> {
    scope.value(value).set("text")?;
    scope.list(list).add(-1i8)?;
    scope.map(map).put("key", String::new())?;
    scope.value(list).clear()
}

fn main() {}
