//! Key hashes: Java's `hashCode` where the type has one, so that state lands where Flink puts it.

use super::{OrderedKey, murmur3_32};
use std::cell::Cell;

/// `Long.hashCode`.
#[inline]
pub(super) const fn of_long(value: i64) -> i32 {
    (value ^ ((value as u64) >> 32) as i64) as i32
}

/// `Boolean.hashCode`.
#[inline]
pub(super) const fn of_bool(value: bool) -> i32 {
    if value { 1231 } else { 1237 }
}

/// `Float.hashCode`: all NaNs are one.
#[inline]
pub(super) const fn of_float(value: f32) -> i32 {
    if value.is_nan() {
        0x7fc0_0000
    } else {
        value.to_bits() as i32
    }
}

/// `Double.hashCode`: all NaNs are one.
#[inline]
pub(super) const fn of_double(value: f64) -> i32 {
    if value.is_nan() {
        0x7ff8_0000
    } else {
        of_long(value.to_bits() as i64)
    }
}

/// `String.hashCode`, over UTF-16 code units.
#[inline]
pub(super) fn of_text(text: &str) -> i32 {
    if text.is_ascii() {
        of_ascii(text.as_bytes())
    } else {
        of_units(text.encode_utf16())
    }
}

fn of_units(units: impl Iterator<Item = u16>) -> i32 {
    units.fold(0u32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(u32::from(unit))
    }) as i32
}

/// The same over bytes that are code units; four at a time, because each step waits for the one
/// before.
fn of_ascii(bytes: &[u8]) -> i32 {
    const P2: u32 = 31 * 31;
    const P3: u32 = P2 * 31;
    const P4: u32 = P3 * 31;
    let (blocks, rest) = bytes.as_chunks::<4>();
    let hash = blocks.iter().fold(0u32, |hash, block| {
        let [a, b, c, d] = block.map(u32::from);
        hash.wrapping_mul(P4)
            .wrapping_add(a * P3 + b * P2 + c * 31 + d)
    });
    rest.iter().fold(hash, |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(u32::from(*byte))
    }) as i32
}

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Murmur3-32 of the key's encoding, which is built in a buffer that the thread keeps.
pub(super) fn of_encoding<K: OrderedKey>(key: &K) -> i32 {
    const KEPT: usize = 64 * 1024;
    // A key whose encoding hashes other keys finds the buffer taken and gets an empty one, and so
    // does one that is hashed while its thread ends.
    let mut encoding = SCRATCH.try_with(Cell::take).unwrap_or_default();
    encoding.clear();
    key.encode_key(&mut encoding);
    let hash = murmur3_32(&encoding);
    if encoding.capacity() <= KEPT {
        let _ending = SCRATCH.try_with(|scratch| scratch.set(encoding));
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_fast_path_agrees_with_the_slow_one(text in "[\\x00-\\x7f]{0,40}") {
            prop_assert_eq!(of_ascii(text.as_bytes()), of_units(text.encode_utf16()));
        }
    }
}
