//! Taking checked parts off the front of stored bytes.

use alluvium_state_api::{MaxParallelism, Result, Schema, StateError, wire};

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
        let before = *self;
        wire::read_varint(&mut self.rest).map_err(|error| before.told_at(what, error))
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

    /// Takes a part of `length` bytes, to be read by itself.
    pub(crate) fn part_of(&mut self, length: usize, what: &str) -> Result<Self> {
        let offset = self.offset();
        self.take(length, what)
            .map(|bytes| Self::new(bytes, offset))
    }

    /// Takes a number of key groups.
    pub(crate) fn max_parallelism(&mut self) -> Result<MaxParallelism> {
        let (before, what) = (*self, "max parallelism");
        let groups = self.varint_up_to(u64::from(MaxParallelism::UPPER_BOUND), what)?;
        MaxParallelism::new(groups as u32).map_err(|_| before.corrupt(what, "1 or more", groups))
    }

    /// Takes a length and that many bytes of UTF-8.
    pub(crate) fn string(&mut self, what: &str) -> Result<&'a str> {
        let before = *self;
        let bytes = self.framed(what)?;
        std::str::from_utf8(bytes).map_err(|error| before.corrupt(what, "UTF-8", error))
    }

    /// Takes a schema tree.
    pub(crate) fn schema(&mut self, what: &str) -> Result<Schema> {
        let before = *self;
        Schema::decode(&mut self.rest).map_err(|error| before.told_at(what, error))
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
    fn told_at(&self, what: &str, error: StateError) -> StateError {
        error.context(format_args!("{what} at offset {}", self.offset()))
    }

    #[cold]
    fn too_short(&self, wanted: u64, what: &str) -> StateError {
        self.corrupt(what, format_args!("{wanted} bytes"), self.rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::writer::{Put, varint_len};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn errors_name_part_and_offset() {
        let mut reader = Reader::new(&[7, 200, 1], 40);
        reader.byte("kind").unwrap();
        let error = reader.framed("name").unwrap_err().to_string();
        assert_eq!(error, "name at offset 43: expected 200 bytes, found 0");
        let error = Reader::new(&[0x80, 0], 9).varint("count").unwrap_err();
        assert!(
            error.to_string().starts_with("count at offset 9: "),
            "{error}"
        );
        let mut reader = Reader::new(&[2, 0xc3, 0x28, 9], 0);
        assert!(reader.string("name").is_err());
        assert!(reader.finish("header").is_err());
    }

    #[test]
    fn counts_are_bounded_by_what_is_left() {
        let count = |bytes: &[u8]| Reader::new(bytes, 0).count("states").ok();
        assert_eq!(count(&[2, 0, 0]), Some(2));
        assert_eq!(count(&[3, 0, 0]), None);
        assert_eq!(count(&[0xff, 0xff, 0xff, 0xff, 0x0f]), None);
    }

    proptest! {
        #[test]
        fn varints_round_trip(number: u64, shift in 0u32..64) {
            let mut bytes = Vec::new();
            bytes.varint(number >> shift).unwrap();
            prop_assert_eq!(bytes.len(), varint_len(number >> shift));
            prop_assert_eq!(Reader::new(&bytes, 0).varint("number").unwrap(), number >> shift);
        }
    }
}
