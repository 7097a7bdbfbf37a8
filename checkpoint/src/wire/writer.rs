//! Putting varints, length-framed bytes and records into something.

use alluvium_state_api::Result;

/// Something that bytes are put into.
pub(crate) trait Put {
    /// Takes all of `bytes`.
    fn bytes(&mut self, bytes: &[u8]) -> Result<()>;

    /// Takes one byte.
    fn byte(&mut self, byte: u8) -> Result<()>;

    /// Takes a number as LEB128, in its shortest form.
    #[inline]
    fn varint(&mut self, mut number: u64) -> Result<()> {
        while number >= 0x80 {
            self.byte(number as u8 | 0x80)?;
            number >>= 7;
        }
        self.byte(number as u8)
    }

    /// Takes `bytes` behind their length.
    #[inline]
    fn framed(&mut self, bytes: &[u8]) -> Result<()> {
        self.varint(bytes.len() as u64)?;
        self.bytes(bytes)
    }
}

impl Put for Vec<u8> {
    #[inline]
    fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.extend_from_slice(bytes);
        Ok(())
    }

    #[inline]
    fn byte(&mut self, byte: u8) -> Result<()> {
        self.push(byte);
        Ok(())
    }
}

/// Counts what is put into it.
#[derive(Debug, Default)]
pub(crate) struct Count(pub(crate) u64);

impl Put for Count {
    fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.0 += bytes.len() as u64;
        Ok(())
    }

    fn byte(&mut self, _byte: u8) -> Result<()> {
        self.0 += 1;
        Ok(())
    }
}

/// The number of bytes that `write` puts.
pub(crate) fn count(write: impl FnOnce(&mut dyn Put) -> Result<()>) -> Result<u64> {
    let mut count = Count::default();
    write(&mut count)?;
    Ok(count.0)
}

/// The number of bytes that a varint takes.
#[inline]
pub(crate) const fn varint_len(number: u64) -> usize {
    let bits = u64::BITS - (number | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

/// The number of bytes that `length` bytes take behind their length.
#[inline]
pub(crate) const fn framed_len(length: usize) -> usize {
    varint_len(length as u64) + length
}
