//! The key of the record in hand.

use crate::group::KeyGroup;

/// A key with what a backend derived from it, computed once per record.
#[derive(Debug)]
pub struct KeyCx<'k, K> {
    key: &'k K,
    hash: u64,
    group: KeyGroup,
}

impl<'k, K> KeyCx<'k, K> {
    /// The key, the hash that the backend's own tables use (0 if it has none), and the key group.
    #[inline(always)]
    pub const fn new(key: &'k K, hash: u64, group: KeyGroup) -> Self {
        Self { key, hash, group }
    }

    /// The key.
    #[inline(always)]
    pub const fn key(&self) -> &'k K {
        self.key
    }

    /// The hash for the backend's own tables; never stored.
    #[inline(always)]
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    /// The key's group.
    #[inline(always)]
    pub const fn group(&self) -> KeyGroup {
        self.group
    }
}

// By hand: derived, they would demand `K: Copy`.
impl<K> Clone for KeyCx<'_, K> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for KeyCx<'_, K> {}
