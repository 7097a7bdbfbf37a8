//! Writes under a limit on live state: measured before they are made.

mod lists;
mod maps;
mod values;

use super::keyed::HeapKeyedBackend;
use alluvium_state_api::{CodecRef, KeyCx, OrderedKey, Result, StateError, StateId};

impl<K: OrderedKey> HeapKeyedBackend<K> {
    /// The bytes of key and namespace.
    fn owner_size<N: OrderedKey>(&mut self, cx: KeyCx<'_, K>, namespace: &N) -> u64 {
        self.live.size_of_key(cx.key()) + self.live.size_of_key(namespace)
    }

    /// The bytes of an entry with this value; 0 without one.
    fn entry_size<V: 'static>(
        &mut self,
        codec: &CodecRef<V>,
        path: u64,
        value: Option<&V>,
    ) -> Result<u64> {
        match value {
            Some(value) => Ok(path + self.live.size_of(&**codec, value)?),
            None => Ok(0),
        }
    }

    /// Names the state whose value could not be encoded.
    fn place(&self, state: StateId, error: StateError) -> StateError {
        match self.registry.any(state) {
            Ok(table) => error.context(format!("state '{}'", table.meta().name)),
            Err(_) => error,
        }
    }
}
