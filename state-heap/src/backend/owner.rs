//! The owner of an entry: a key and a namespace, held together.

use super::hashing;
use crate::table::KeyHold;
use alluvium_state_api::{Entry, KeyGroup, decode_key_exact};
use alluvium_state_api::{KeyCx, KeyGroupRange, MaxParallelism, OrderedKey, Result, StateError};

/// A key and a namespace, lent, with their hash and the place of their group.
pub(super) struct Owner<'a, K, N> {
    pub(super) key: &'a K,
    pub(super) namespace: &'a N,
    pub(super) hash: u64,
    pub(super) group: usize,
}

impl<K, N> Clone for Owner<'_, K, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, N> Copy for Owner<'_, K, N> {}

impl<'a, K: OrderedKey, N: OrderedKey> Owner<'a, K, N> {
    #[inline(always)]
    pub(super) fn new(range: KeyGroupRange, cx: KeyCx<'a, K>, namespace: &'a N) -> Self {
        Self {
            key: cx.key(),
            namespace,
            hash: hashing::with_namespace(cx.hash(), namespace),
            // Entering checked the range; the place of a foreign group holds nothing.
            group: range.place_of(cx.group()),
        }
    }

    /// The same, made anew of its parts. Handing the address of an owner to a function that is not
    /// inlined would keep it in memory also where that function is not called.
    #[inline(always)]
    pub(super) fn apart(self) -> Self {
        let Self {
            key,
            namespace,
            hash,
            group,
        } = self;
        Self {
            key,
            namespace,
            hash,
            group,
        }
    }

    /// Whether a held owner is this one.
    #[inline(always)]
    pub(super) fn is<KS: KeyHold<(K, N)>>(&self, held: &KS) -> bool {
        let (key, namespace) = held.get();
        key == self.key && namespace == self.namespace
    }

    /// Holds a copy.
    #[inline]
    pub(super) fn hold<KS: KeyHold<(K, N)>>(&self) -> KS {
        KS::new((self.key.clone(), self.namespace.clone()))
    }
}

/// The hash of a held owner.
#[inline]
pub(super) fn rehash<K: OrderedKey, N: OrderedKey, KS: KeyHold<(K, N)>>(held: &KS) -> u64 {
    let (key, namespace) = held.get();
    hashing::with_namespace(hashing::of(key), namespace)
}

/// An owner as a snapshot names it, decoded and checked.
pub(super) struct Decoded<K, N> {
    key: K,
    namespace: N,
    hash: u64,
    group: usize,
}

impl<K: OrderedKey, N: OrderedKey> Decoded<K, N> {
    /// Decodes the owner of `entry`, which stands in `group`.
    pub(super) fn new(
        entry: &Entry<'_>,
        group: KeyGroup,
        range: KeyGroupRange,
        max_parallelism: MaxParallelism,
    ) -> Result<Self> {
        let key: K = decode_key_exact(entry.key)?;
        let namespace: N = decode_key_exact(entry.namespace)?;
        let belongs = max_parallelism.group_of(key.key_hash());
        let place = range.index_of(group).filter(|_| belongs == group);
        let group = place.ok_or_else(|| {
            StateError::corrupt(format!(
                "a key of group {belongs} stands among those of group {group}, in a range {range}"
            ))
        })?;
        let hash = hashing::with_namespace(hashing::of(&key), &namespace);
        Ok(Self {
            key,
            namespace,
            hash,
            group,
        })
    }

    pub(super) const fn as_owner(&self) -> Owner<'_, K, N> {
        Owner {
            key: &self.key,
            namespace: &self.namespace,
            hash: self.hash,
            group: self.group,
        }
    }
}
