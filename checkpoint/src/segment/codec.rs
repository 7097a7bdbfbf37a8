//! Compressing the payloads of blocks, and unfolding them again.

use super::{Compression, SegmentOptions};
use std::borrow::Cow;
use std::io;
use zstd::bulk::{Compressor, Decompressor};

/// How a payload is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Plain = 0,
    Zstd = 1,
}

/// A compressed payload unfolds to at most this many times its size: what a damaged or hostile
/// segment makes a reader allocate is bounded by the length of the segment.
pub(super) const MAX_RATIO: usize = 256;

/// Payloads below this length are not worth it.
const LEAST: usize = 64;
/// A compressed payload must be smaller by one part in so many.
const LEAST_GAIN: usize = 8;
/// After blocks that did not shrink, at most this many are stored without an attempt.
const MAX_SKIP: u32 = 15;
/// The head of a frame that zstd passes over.
const SKIPPABLE: [u8; 4] = 0x184d_2a50_u32.to_le_bytes();

/// A payload as it is stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed<'a> {
    pub codec: Codec,
    /// The length before compression.
    pub raw: usize,
    pub stored: &'a [u8],
}

impl<'a> Packed<'a> {
    /// A payload that is stored as it is.
    pub(super) const fn plain(stored: &'a [u8]) -> Self {
        Self {
            codec: Codec::Plain,
            raw: stored.len(),
            stored,
        }
    }
}

/// Compresses one payload after the other, in one context and one buffer.
///
/// Where payloads do not shrink it soon gives up: after the second failure one is stored without an
/// attempt, then three, seven, fifteen at most, before the next attempt.
pub(super) struct Packer {
    zstd: Option<Compressor<'static>>,
    buffer: Vec<u8>,
    /// How many payloads are stored without an attempt.
    skip: u32,
    /// How many attempts in a row have failed.
    failures: u32,
}

impl Packer {
    /// Compresses as `options` say.
    pub(super) fn new(options: SegmentOptions) -> Self {
        let zstd = match options.compression() {
            Compression::None => None,
            // No level that options let through is refused.
            Compression::Zstd(level) => Compressor::new(level).ok(),
        };
        Self {
            zstd,
            buffer: Vec::new(),
            skip: 0,
            failures: 0,
        }
    }

    /// Whether payloads may come out smaller than they went in.
    pub(super) const fn compresses(&self) -> bool {
        self.zstd.is_some()
    }

    /// The form in which `payload`, one of many, is stored.
    pub(super) fn pack<'a>(&'a mut self, payload: &'a [u8]) -> Packed<'a> {
        if payload.len() < LEAST {
            return Packed::plain(payload);
        }
        if self.skip > 0 {
            self.skip -= 1;
            return Packed::plain(payload);
        }
        if self.shrink(payload) {
            self.failures = 0;
            return self.shrunk(payload);
        }
        self.skip = ((1 << self.failures) - 1).min(MAX_SKIP);
        self.failures = (self.failures + 1).min(MAX_SKIP.ilog2() + 1);
        Packed::plain(payload)
    }

    /// The form in which `payload` is stored, which says nothing about others.
    pub(super) fn pack_alone<'a>(&'a mut self, payload: &'a [u8]) -> Packed<'a> {
        if self.shrink(payload) {
            self.shrunk(payload)
        } else {
            Packed::plain(payload)
        }
    }

    const fn shrunk(&self, payload: &[u8]) -> Packed<'_> {
        Packed {
            codec: Codec::Zstd,
            raw: payload.len(),
            stored: self.buffer.as_slice(),
        }
    }

    /// Compresses `payload` into the buffer; says whether it is worth it.
    fn shrink(&mut self, payload: &[u8]) -> bool {
        let Some(zstd) = &mut self.zstd else {
            return false;
        };
        if payload.len() < LEAST {
            return false;
        }
        // Less room than the payload takes: what does not shrink enough is given up.
        let most = payload.len() - payload.len() / LEAST_GAIN;
        self.buffer.clear();
        self.buffer.reserve_exact(most);
        let packed = zstd.compress_to_buffer(payload, &mut self.buffer);
        if !packed.is_ok_and(|length| length <= most) {
            return false;
        }
        pad(&mut self.buffer, payload.len().div_ceil(MAX_RATIO));
        true
    }
}

/// Makes a frame at least `least` bytes long, by another that zstd passes over.
fn pad(frame: &mut Vec<u8>, least: usize) {
    let Some(missing) = least
        .checked_sub(frame.len())
        .filter(|missing| *missing > 0)
    else {
        return;
    };
    let body = missing.saturating_sub(8);
    frame.extend_from_slice(&SKIPPABLE);
    frame.extend_from_slice(&(body as u32).to_le_bytes());
    frame.resize(frame.len() + body, 0);
}

/// Unfolds one payload after the other, in one context and one buffer.
#[derive(Default)]
pub(super) struct Unpacker {
    zstd: Option<Decompressor<'static>>,
    buffer: Vec<u8>,
}

impl Unpacker {
    /// The payload that is stored as `packed`, whose lengths are checked.
    ///
    /// # Errors
    /// The sentence that says what is wrong with it.
    pub(super) fn unpack<'a>(
        &'a mut self,
        packed: Packed<'a>,
    ) -> Result<&'a [u8], Cow<'static, str>> {
        if packed.codec == Codec::Plain {
            return Ok(packed.stored);
        }
        let refused = |error: io::Error| Cow::Owned(format!("what zstd refuses: {error}"));
        let zstd = match &mut self.zstd {
            Some(zstd) => zstd,
            none => none.insert(Decompressor::new().map_err(refused)?),
        };
        self.buffer.clear();
        self.buffer.reserve_exact(packed.raw);
        let unfolded = zstd.decompress_to_buffer(packed.stored, &mut self.buffer);
        let length = unfolded.map_err(refused)?;
        if length == packed.raw {
            return Ok(&self.buffer);
        }
        Err(Cow::Owned(format!("{length}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packer(level: i32) -> Packer {
        let options = SegmentOptions::default().with_compression(Compression::Zstd(level));
        Packer::new(options.unwrap())
    }

    fn noise(length: usize, mut seed: u64) -> Vec<u8> {
        let mut next = || {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            (seed >> 40) as u8
        };
        (0..length).map(|_| next()).collect()
    }

    proptest! {
        #[test]
        fn payloads_come_back(
            payload in prop::collection::vec(0..4u8, 0..5_000),
            repeat in 1..40usize,
            level in 1..=Compression::MAX_ZSTD_LEVEL,
        ) {
            let payload = payload.repeat(repeat);
            let mut packer = packer(level);
            let packed = packer.pack(&payload);
            prop_assert!(packed.stored.len() <= payload.len());
            prop_assert!(packed.stored.len() * MAX_RATIO >= payload.len());
            prop_assert!(payload.len() < LEAST * 8 || packed.codec == Codec::Zstd);
            prop_assert_eq!(packed.raw, payload.len());
            let mut unpacker = Unpacker::default();
            prop_assert_eq!(unpacker.unpack(packed).unwrap(), &payload);
        }
    }

    #[test]
    fn nothing_unfolds_to_more_than_the_greatest_ratio() {
        for length in [64, 255, 256, 257, 5_000, 65_536, 1 << 20, 16 << 20] {
            let payload = vec![7; length];
            let mut packer = packer(1);
            let packed = packer.pack(&payload);
            assert_eq!(packed.codec, Codec::Zstd, "{length}");
            assert!(packed.stored.len() * MAX_RATIO >= length, "{length}");
            let mut unpacker = Unpacker::default();
            assert!(unpacker.unpack(packed).unwrap() == payload, "{length}");
        }
    }

    #[test]
    fn a_length_that_is_not_the_told_one_is_refused() {
        let payload = vec![7; 5_000];
        let mut packer = packer(1);
        let packed = packer.pack(&payload);
        for raw in [0, 1, 4_999, 5_001, 10_000] {
            let told = Packed { raw, ..packed };
            assert!(Unpacker::default().unpack(told).is_err(), "{raw}");
        }
        // One buffer serves many payloads: a roomy one must not let more through.
        let mut unpacker = Unpacker::default();
        assert!(unpacker.unpack(packed).is_ok());
        let told = Packed { raw: 100, ..packed };
        assert!(unpacker.unpack(told).is_err());
    }

    #[test]
    fn attempts_become_rare_where_they_fail_and_come_back() {
        let (noise, zeros) = (noise(4_096, 1), vec![0; 4_096]);
        let mut packer = packer(1);
        let attempts = (0..200).filter(|_| {
            let before = packer.skip;
            assert_eq!(packer.pack(&noise).codec, Codec::Plain);
            before == 0
        });
        assert_eq!(attempts.count(), 4 + (200 - 4 - 1 - 3 - 7) / 16 + 1);
        let until = (0..20).position(|_| packer.pack(&zeros).codec == Codec::Zstd);
        assert!(until.unwrap() <= 15, "{until:?}");
        assert_eq!(packer.pack(&zeros).codec, Codec::Zstd);
        assert_eq!(packer.pack(&noise).codec, Codec::Plain);
        assert_eq!(packer.pack_alone(&noise).codec, Codec::Plain);
        assert_eq!(packer.pack(b"short").codec, Codec::Plain);
        assert_eq!(packer.pack(&zeros).codec, Codec::Zstd);
    }
}
