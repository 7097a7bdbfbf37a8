//! Appending varints and length-framed bytes.

/// Appends `number` as LEB128, in its shortest form.
#[inline]
pub(crate) fn write_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The number of bytes that [`write_varint`] appends.
#[inline]
pub(crate) const fn varint_len(number: u64) -> usize {
    let bits = u64::BITS - (number | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

/// Appends `bytes` behind their length.
#[inline]
pub(crate) fn write_framed(bytes: &[u8], out: &mut Vec<u8>) {
    write_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// The number of bytes that [`write_framed`] appends for `length` bytes.
#[inline]
pub(crate) const fn framed_len(length: usize) -> usize {
    varint_len(length as u64) + length
}
