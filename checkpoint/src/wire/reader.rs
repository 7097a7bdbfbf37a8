//! Taking checked parts off the front of stored bytes.

use alluvium_state_api::{Result, StateError};

/// Reads stored bytes from front to back; every failure is `Corrupt` and names the part that was
/// wanted and its offset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    /// The offset, in the whole, of the end of `rest`: the offset of the front follows from it.
    end: u64,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, which lie at `offset` of the whole.
    pub(crate) const fn new(bytes: &'a [u8], offset: u64) -> Self {
        Self {
            rest: bytes,
            end: offset + bytes.len() as u64,
        }
    }

    /// The offset of what is read next.
    pub(crate) const fn offset(&self) -> u64 {
        self.end - self.rest.len() as u64
    }

    /// The number of bytes left.
    pub(crate) const fn left(&self) -> usize {
        self.rest.len()
    }

    /// Whether everything is read.
    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// An error at the next byte: `expected` against `found`.
    #[cold]
    pub(crate) fn corrupt(
        &self,
        what: &str,
        expected: impl std::fmt::Display,
        found: impl std::fmt::Display,
    ) -> StateError {
        let offset = self.offset();
        StateError::corrupt(format!(
            "{what} at offset {offset}: expected {expected}, found {found}"
        ))
    }

    /// Takes `length` bytes.
    #[inline]
    pub(crate) fn take(&mut self, length: usize, what: &str) -> Result<&'a [u8]> {
        match self.rest.split_at_checked(length) {
            Some((head, rest)) => {
                self.rest = rest;
                Ok(head)
            }
            None => Err(self.too_short(length as u64, what)),
        }
    }

    /// Takes `N` bytes.
    #[inline]
    pub(crate) fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        match self.rest.split_first_chunk() {
            Some((head, rest)) => {
                self.rest = rest;
                Ok(*head)
            }
            None => Err(self.too_short(N as u64, what)),
        }
    }

    /// Takes one byte.
    #[inline]
    pub(crate) fn byte(&mut self, what: &str) -> Result<u8> {
        self.array::<1>(what).map(|[byte]| byte)
    }

    /// Takes one byte that is 0 or 1.
    pub(crate) fn flag(&mut self, what: &str) -> Result<bool> {
        let before = *self;
        match self.byte(what)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(before.corrupt(what, "0 or 1", other)),
        }
    }

    /// Takes a little-endian number of 16 bits.
    pub(crate) fn u16(&mut self, what: &str) -> Result<u16> {
        self.array(what).map(u16::from_le_bytes)
    }

    /// Takes a little-endian number of 32 bits.
    pub(crate) fn u32(&mut self, what: &str) -> Result<u32> {
        self.array(what).map(u32::from_le_bytes)
    }

    /// Takes a little-endian number of 64 bits.
    pub(crate) fn u64(&mut self, what: &str) -> Result<u64> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// Takes a LEB128 number in its shortest form.
    #[inline]
    pub(crate) fn varint(&mut self, what: &str) -> Result<u64> {
        match self.rest.split_first() {
            Some((&byte, rest)) if byte < 0x80 => {
                self.rest = rest;
                Ok(u64::from(byte))
            }
            _ => self.long_varint(what),
        }
    }

    fn long_varint(&mut self, what: &str) -> Result<u64> {
        let start = *self;
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(what)?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            number |= bits << shift;
            if byte < 0x80 {
                if byte == 0 && shift > 0 {
                    return Err(start.corrupt(what, "a varint", "one longer than it needs to be"));
                }
                return Ok(number);
            }
        }
        Err(start.corrupt(what, "a varint of 64 bits", "a longer one"))
    }

    /// Takes a varint that is at most `most`.
    pub(crate) fn varint_up_to(&mut self, most: u64, what: &str) -> Result<u64> {
        let before = *self;
        match self.varint(what)? {
            number if number <= most => Ok(number),
            number => Err(before.corrupt(what, format_args!("at most {most}"), number)),
        }
    }

    /// Takes a number of things of which each takes a byte at least.
    pub(crate) fn count(&mut self, what: &str) -> Result<usize> {
        let before = *self;
        let count = self.varint(what)?;
        match usize::try_from(count) {
            Ok(count) if count <= self.rest.len() => Ok(count),
            _ => Err(before.corrupt(what, format_args!("at most {}", self.rest.len()), count)),
        }
    }

    /// Takes a length and that many bytes.
    #[inline]
    pub(crate) fn framed(&mut self, what: &str) -> Result<&'a [u8]> {
        let length = self.varint(what)?;
        match usize::try_from(length) {
            Ok(length) => self.take(length, what),
            Err(_) => Err(self.too_short(length, what)),
        }
    }

    /// Takes a length and a part of that many bytes, to be read by itself.
    pub(crate) fn part(&mut self, what: &str) -> Result<Self> {
        let bytes = self.framed(what)?;
        Ok(Self::new(bytes, self.offset() - bytes.len() as u64))
    }

    /// Takes a length and that many bytes of UTF-8.
    pub(crate) fn string(&mut self, what: &str) -> Result<&'a str> {
        let before = *self;
        let bytes = self.framed(what)?;
        std::str::from_utf8(bytes).map_err(|error| before.corrupt(what, "UTF-8", error))
    }

    /// Checks that everything was read.
    pub(crate) fn finish(&self, what: &str) -> Result<()> {
        if self.rest.is_empty() {
            return Ok(());
        }
        let found = format_args!("{} bytes more", self.rest.len());
        Err(self.corrupt(what, "its end", found))
    }

    #[cold]
    fn too_short(&self, wanted: u64, what: &str) -> StateError {
        self.corrupt(what, format_args!("{wanted} bytes"), self.rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::writer::{varint_len, write_varint};
    use super::*;
    use proptest::prelude::*;

    fn varint(bytes: &[u8]) -> Option<u64> {
        Reader::new(bytes, 0).varint("a number").ok()
    }

    #[test]
    fn varints_are_in_their_shortest_form() {
        let ones = |last: u8| [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, last];
        assert_eq!(varint(&[0]), Some(0));
        assert_eq!(varint(&[0x80, 1]), Some(128));
        assert_eq!(varint(&ones(1)), Some(u64::MAX));
        assert_eq!(varint(&ones(2)), None);
        assert_eq!(varint(&ones(0x81)), None);
        assert_eq!(varint(&[0x80, 0]), None);
        assert_eq!(varint(&[0x80]), None);
        assert_eq!(varint(&[]), None);
    }

    #[test]
    fn errors_name_part_and_offset() {
        let mut reader = Reader::new(&[7, 200, 1], 40);
        reader.byte("kind").unwrap();
        let error = reader.framed("name").unwrap_err().to_string();
        assert_eq!(error, "name at offset 43: expected 200 bytes, found 0");
        let mut reader = Reader::new(&[2, 0xc3, 0x28, 9], 0);
        assert!(reader.string("name").is_err());
        assert!(reader.finish("header").is_err());
    }

    proptest! {
        #[test]
        fn varints_round_trip(number: u64, shift in 0u32..64) {
            let mut bytes = Vec::new();
            write_varint(number >> shift, &mut bytes);
            prop_assert_eq!(bytes.len(), varint_len(number >> shift));
            prop_assert_eq!(varint(&bytes), Some(number >> shift));
        }
    }
}
