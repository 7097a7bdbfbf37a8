//! Sizes in bytes, with Flink's units, which are powers of 1024; a number alone counts bytes.

use super::quantity::{self, Unit};
use super::{ConfigValue, sealed::Sealed};
use std::fmt;

/// A number of bytes, written with its unit: `20 kb`, `64 mb`, `1 gb`. A kilobyte has 1,024 bytes.
///
/// ```
/// use alluvium::config::ByteSize;
/// assert_eq!(ByteSize::mib(64).to_string(), "64 mb");
/// assert_eq!(ByteSize::bytes(1500).to_string(), "1500 bytes");
/// assert_eq!(ByteSize::kib(20).as_bytes(), 20_480);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(u64);

/// The label at index 1 is what is printed, but for a single byte.
const UNITS: [Unit; 5] = [
    unit(&["t", "tb", "tebibytes"], 1 << 40),
    unit(&["g", "gb", "gibibytes"], 1 << 30),
    unit(&["m", "mb", "mebibytes"], 1 << 20),
    unit(&["k", "kb", "kibibytes"], 1 << 10),
    unit(&["b", "bytes", "byte"], 1),
];

const fn unit(labels: &'static [&'static str], factor: u128) -> Unit {
    Unit { labels, factor }
}

impl ByteSize {
    /// So many bytes.
    pub const fn bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// So many times 1,024 bytes; at most what 64 bits can count.
    pub const fn kib(kibibytes: u64) -> Self {
        Self(kibibytes.saturating_mul(1 << 10))
    }

    /// So many times 1,024² bytes; at most what 64 bits can count.
    pub const fn mib(mebibytes: u64) -> Self {
        Self(mebibytes.saturating_mul(1 << 20))
    }

    /// So many times 1,024³ bytes; at most what 64 bits can count.
    pub const fn gib(gibibytes: u64) -> Self {
        Self(gibibytes.saturating_mul(1 << 30))
    }

    /// The number of bytes.
    pub const fn as_bytes(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = |unit: &Unit| unit.labels.get(1).copied().unwrap_or_default();
        match self.0 {
            0 => f.write_str("0 bytes"),
            1 => f.write_str("1 byte"),
            bytes => f.write_str(&quantity::print(u128::from(bytes), &UNITS, label)),
        }
    }
}

impl Sealed for ByteSize {}

impl ConfigValue for ByteSize {
    fn kind() -> String {
        "size".to_owned()
    }

    fn expected() -> String {
        "a size such as 20 kb, 64 mb or 1 gb".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let bytes = quantity::parse(text, &UNITS, 1);
        let bytes = bytes.and_then(|bytes| u64::try_from(bytes).ok());
        bytes.map(Self).ok_or_else(Self::expected)
    }

    fn print(&self) -> String {
        self.to_string()
    }

    fn is_below(&self, other: &Self) -> bool {
        self < other
    }
}
