//! The hashes of the in-memory tables; never stored.

use alluvium_state_api::OrderedKey;
use foldhash::fast::FixedState;
use std::hash::{BuildHasher, Hash};

const HASHER: FixedState = FixedState::with_seed(0x616c_6c75_7669_756d);

/// The hash of a key, or of any part of one.
#[inline]
pub(super) fn of<T: Hash>(part: &T) -> u64 {
    HASHER.hash_one(part)
}

/// Joins the hash of a key with that of the next part of it.
#[inline]
pub(super) const fn join(hash: u64, next: u64) -> u64 {
    let product = (hash ^ 0x9e37_79b9_7f4a_7c15) as u128 * (next ^ 0xd1b5_4a32_d192_ed03) as u128;
    product as u64 ^ (product >> 64) as u64
}

/// The hash of (key, namespace), given that of the key. The namespace `()` adds nothing.
#[inline]
pub(super) fn with_namespace<N: OrderedKey>(key_hash: u64, namespace: &N) -> u64 {
    if size_of::<N>() == 0 {
        key_hash
    } else {
        join(key_hash, of(namespace))
    }
}
