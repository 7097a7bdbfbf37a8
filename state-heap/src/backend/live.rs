//! The limit on live state.

use super::registry::StateTable;
use alluvium_state_api::{Codec, Limit, OrderedKey, Result};

/// Counts the encoded bytes of the live state, if a limit is set.
#[derive(Debug)]
pub(super) struct LiveBytes {
    limit: Option<Limit>,
    used: u64,
    scratch: Vec<u8>,
}

impl LiveBytes {
    pub(super) const fn new(limit: Option<Limit>) -> Self {
        Self {
            limit,
            used: 0,
            scratch: Vec::new(),
        }
    }

    /// Whether anything is counted at all.
    #[inline]
    pub(super) const fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    /// The bytes of `value` as `codec` writes it.
    pub(super) fn size_of<V: 'static>(&mut self, codec: &dyn Codec<V>, value: &V) -> Result<u64> {
        self.scratch.clear();
        codec.encode(value, &mut self.scratch)?;
        Ok(self.scratch.len() as u64)
    }

    /// The bytes of `key`.
    pub(super) fn size_of_key(&mut self, key: &impl OrderedKey) -> u64 {
        self.scratch.clear();
        key.encode_key(&mut self.scratch);
        self.scratch.len() as u64
    }

    /// Counts all that a table holds, as writing it would have counted it.
    pub(super) fn count<K>(&mut self, table: &impl StateTable<K>) -> Result<()> {
        if !self.is_limited() {
            return Ok(());
        }
        let bytes = table.live_bytes(self)?;
        self.replace(0, bytes)
    }

    /// The bytes of key and namespace.
    pub(super) fn size_of_owner<K: OrderedKey, N: OrderedKey>(
        &mut self,
        (key, namespace): &(K, N),
    ) -> u64 {
        self.size_of_key(key) + self.size_of_key(namespace)
    }

    /// Replaces `freed` bytes by `taken` ones in the count, or changes nothing.
    pub(super) fn replace(&mut self, freed: u64, taken: u64) -> Result<()> {
        let used = (self.used + taken).saturating_sub(freed);
        if let (Some(limit), true) = (self.limit, taken > freed) {
            limit.check("the live keyed state of a subtask", used)?;
        }
        self.used = used;
        Ok(())
    }
}
