//! Murmur3 x86 32-bit (Austin Appleby, public domain), fixed forever: state lands by it.

const C1: u32 = 0xcc9e_2d51;
const C2: u32 = 0x1b87_3593;

const fn mix_block(hash: u32, block: u32) -> u32 {
    let block = block.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2);
    (hash ^ block)
        .rotate_left(13)
        .wrapping_mul(5)
        .wrapping_add(0xe654_6b64)
}

const fn finish(hash: u32, length: u32) -> u32 {
    let mut hash = hash ^ length;
    hash ^= hash >> 16;
    hash = hash.wrapping_mul(0x85eb_ca6b);
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

/// Flink's spread of a key hash over the key groups: Murmur3-32 of one `i32` with seed 0, made
/// non-negative by its absolute value (0 for `i32::MIN`).
#[inline]
pub const fn murmur_int(code: i32) -> u32 {
    match spread(code).checked_abs() {
        Some(positive) => positive as u32,
        None => 0,
    }
}

/// [`murmur_int`] under a mask without the highest bit. That bit is all that its one exception has,
/// so that it need not be told apart.
#[inline]
pub(crate) const fn murmur_int_masked(code: i32, mask: u16) -> u16 {
    spread(code).unsigned_abs() as u16 & mask
}

/// Murmur3-32 of one `i32` with seed 0.
#[inline]
const fn spread(code: i32) -> i32 {
    finish(mix_block(0, code as u32), 4) as i32
}

/// Murmur3-32 of `bytes` with seed 0: the key hash of every key without a hash in Java.
#[expect(clippy::indexing_slicing, reason = "chunks_exact(4) yields four bytes")]
pub fn murmur3_32(bytes: &[u8]) -> i32 {
    let mut blocks = bytes.chunks_exact(4);
    let mut hash = 0;
    for block in &mut blocks {
        hash = mix_block(
            hash,
            u32::from_le_bytes([block[0], block[1], block[2], block[3]]),
        );
    }
    let rest = blocks.remainder();
    if !rest.is_empty() {
        let tail = rest
            .iter()
            .rev()
            .fold(0u32, |tail, byte| (tail << 8) | u32::from(*byte));
        hash ^= tail.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2);
    }
    finish(hash, bytes.len() as u32) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_vectors() {
        // From the reference implementation's published test vectors, seed 0.
        assert_eq!(murmur3_32(b""), 0);
        assert_eq!(murmur3_32(b"test") as u32, 0xba6b_d213);
        assert_eq!(murmur3_32(b"Hello, world!") as u32, 0xc036_3e43);
        assert_eq!(
            murmur3_32(b"The quick brown fox jumps over the lazy dog") as u32,
            0x2e4f_f723
        );
    }

    #[test]
    fn spread_of_an_int() {
        assert_eq!(murmur_int(0), 593_689_054);
        for (code, group) in [
            (0, 94),
            (1, 86),
            (2, 127),
            (3, 113),
            (42, 29),
            (-1, 80),
            (100, 64),
            (127, 27),
            (128, 41),
            (i32::MAX, 62),
            (i32::MIN, 108),
        ] {
            assert_eq!(murmur_int(code) % 128, group, "hash {code}");
        }
    }
}
