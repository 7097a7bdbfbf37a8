//! The generator that the workloads fix for every peer.

/// splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator that starts from `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 random bits.
    #[inline]
    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A random number below `bound`.
    #[inline]
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound
    }
}

/// The key number `k` of the snapshot workload: 32 hexadecimal digits.
pub fn big_key(k: u64) -> String {
    let mut rng = Rng::new(k.wrapping_mul(7919).wrapping_add(17));
    format!("{:016x}{:016x}", rng.draw(), rng.draw())
}

/// A value of the snapshot workload: 128 random bytes.
pub fn big_value(rng: &mut Rng) -> Vec<u8> {
    (0..16).flat_map(|_| rng.draw().to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_every_peer() {
        assert_eq!(Rng::new(1).draw(), 0x910a_2dec_8902_5cc1);
        assert_eq!(big_key(0).len(), 32);
        assert_ne!(big_key(0), big_key(1));
    }
}
