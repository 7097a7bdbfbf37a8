//! Records: small and `Copy`, because all of them travel.

/// A code of up to `N` bytes of UTF-8, padded with zeros, which no code contains. Padded codes
/// compare as the codes do.
pub(super) type Code<const N: usize> = [u8; N];

/// IATA (or ICAO) code of an airline.
pub(super) type Carrier = Code<4>;
/// IATA (or ICAO) code of an airport.
pub(super) type Airport = Code<4>;
/// Registration of an aircraft; all zeros is none.
pub(super) type Tail = Code<8>;
/// Where a flight goes from and to.
pub(super) type Route = (Airport, Airport);

/// The code in `text`; `None` if it is too long or contains a zero.
#[inline]
pub(super) fn code<const N: usize>(text: &[u8]) -> Option<Code<N>> {
    let mut code = [0; N];
    code.get_mut(..text.len())?.copy_from_slice(text);
    // A zero inside would make two codes one.
    (!text.contains(&0)).then_some(code)
}

/// The bytes of a code without its padding.
pub(super) fn text<const N: usize>(code: &Code<N>) -> &[u8] {
    let length = code.iter().position(|byte| *byte == 0).unwrap_or(N);
    code.get(..length).unwrap_or(code)
}

/// A line of the input, not looked at yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// pass × lines + line.
    pub(super) position: u64,
    /// Where it begins in the input's text.
    pub(super) start: u64,
    /// Its length in bytes, without the line feed.
    pub(super) length: u32,
}

/// A flight, as far as the tables need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flight {
    /// The position of its line.
    pub(super) position: u64,
    pub(super) tail: Tail,
    pub(super) carrier: Carrier,
    pub(super) origin: Airport,
    pub(super) destination: Airport,
    /// Minutes; `None` if the flight was cancelled.
    pub(super) departure_delay: Option<i32>,
    /// Minutes; `None` if it was cancelled or diverted.
    pub(super) arrival_delay: Option<i32>,
}

impl Flight {
    /// 1 if the flight was cancelled, to be counted.
    #[inline]
    pub(super) fn cancelled(&self) -> u64 {
        u64::from(self.departure_delay.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_keep_bytes_and_order() {
        let codes: [Code<4>; 4] = [b"".as_slice(), b"A", b"AB", b"ABCD"].map(|t| code(t).unwrap());
        assert!(codes.is_sorted());
        assert_eq!(text(&codes[2]), b"AB");
        assert_eq!(text(&codes[3]), b"ABCD");
        assert_eq!(code::<4>(b"ABCDE"), None);
        assert_eq!(code::<4>(b"A\0B"), None);
    }
}
