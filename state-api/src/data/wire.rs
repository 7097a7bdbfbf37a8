//! The small parts that encodings are made of: runs of bytes, varints, counts.
//!
//! Reading functions take what they read off the front of `input`, check it first, and fail with
//! `Corrupt`; what they leave in `input` after a failure is unspecified.

use crate::error::{Result, StateError};

/// Takes the first `N` bytes.
///
/// ```
/// use alluvium_state_api::wire;
/// let mut input: &[u8] = &[1, 2, 3];
/// assert_eq!(wire::take::<2>(&mut input)?, [1, 2]);
/// assert!(wire::take::<2>(&mut input).is_err());
/// # Ok::<(), alluvium_state_api::StateError>(())
/// ```
///
/// # Errors
/// `Corrupt` if there are fewer.
#[inline]
pub fn take<const N: usize>(input: &mut &[u8]) -> Result<[u8; N]> {
    match input.split_first_chunk() {
        Some((head, rest)) => {
            *input = rest;
            Ok(*head)
        }
        None => Err(too_short(N, input.len())),
    }
}

/// Takes the first `length` bytes.
///
/// # Errors
/// `Corrupt` if there are fewer.
#[inline]
pub fn take_slice<'a>(input: &mut &'a [u8], length: usize) -> Result<&'a [u8]> {
    match input.split_at_checked(length) {
        Some((head, rest)) => {
            *input = rest;
            Ok(head)
        }
        None => Err(too_short(length, input.len())),
    }
}

/// Takes one byte.
///
/// # Errors
/// `Corrupt` if there is none.
#[inline]
pub fn take_byte(input: &mut &[u8]) -> Result<u8> {
    take::<1>(input).map(|[byte]| byte)
}

/// Takes one byte that is 0 or 1.
///
/// # Errors
/// `Corrupt` if there is none or it is another one; the message calls it `what`.
#[inline]
pub fn take_flag(input: &mut &[u8], what: &str) -> Result<bool> {
    match take_byte(input)? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(bad_flag(what, other)),
    }
}

/// Appends `number` as LEB128: seven bits a byte, the lowest first, the high bit set on all but
/// the last byte.
#[inline]
pub fn write_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Takes a LEB128 number, which must be in its shortest form.
///
/// # Errors
/// `Corrupt` if it is cut off, longer than it needs to be, or above `u64::MAX`.
#[inline]
pub fn read_varint(input: &mut &[u8]) -> Result<u64> {
    match input.split_first() {
        Some((&byte, rest)) if byte < 0x80 => {
            *input = rest;
            Ok(u64::from(byte))
        }
        _ => read_long_varint(input),
    }
}

fn read_long_varint(input: &mut &[u8]) -> Result<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take_byte(input)?;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return Err(StateError::corrupt("a varint exceeds 64 bits"));
        }
        number |= bits << shift;
        if byte < 0x80 {
            if byte == 0 && shift > 0 {
                return Err(StateError::corrupt("a varint is not in its shortest form"));
            }
            return Ok(number);
        }
    }
    Err(StateError::corrupt("a varint is longer than 10 bytes"))
}

/// Appends the tag of an enum variant.
#[inline]
pub fn write_tag(tag: u32, out: &mut Vec<u8>) {
    write_varint(u64::from(tag), out);
}

/// Takes the tag of an enum variant.
///
/// # Errors
/// `Corrupt` if there is no varint, or it is above `u32::MAX`.
#[inline]
pub fn read_tag(input: &mut &[u8]) -> Result<u32> {
    let tag = read_varint(input)?;
    u32::try_from(tag)
        .map_err(|_| StateError::corrupt(format!("variant tag {tag} exceeds 32 bits")))
}

/// The failure of a reader of `name` that finds a variant which the type does not have.
#[cold]
pub fn unknown_variant(name: &str, tag: u32) -> StateError {
    StateError::corrupt(format!("'{name}' has no variant {tag}"))
}

/// Appends a number of elements.
#[inline]
pub fn write_count(count: usize, out: &mut Vec<u8>) {
    write_varint(count as u64, out);
}

/// Takes a number of elements of at least `min_width` bytes each (taken as 1 if 0), all of which
/// must still fit into `input`: so that nobody allocates for elements that cannot be there.
///
/// # Errors
/// `Corrupt` if there is no varint, or so many elements cannot follow.
#[inline]
pub fn read_count(input: &mut &[u8], min_width: usize) -> Result<usize> {
    let count = read_varint(input)?;
    let bound = input.len() / min_width.max(1);
    match usize::try_from(count) {
        Ok(count) if count <= bound => Ok(count),
        _ => Err(bad_count(count, bound)),
    }
}

/// How many elements of type `T` to make room for when `count` are announced and `input` is left:
/// all, unless they take far more memory than bytes.
pub(super) fn room_for<T>(count: usize, input: &[u8]) -> usize {
    const MEMORY_PER_BYTE: usize = 8;
    let affordable = input.len().saturating_mul(MEMORY_PER_BYTE) / size_of::<T>().max(1);
    count.min(affordable.max(1))
}

#[cold]
fn too_short(wanted: usize, found: usize) -> StateError {
    StateError::corrupt(format!("expected {wanted} more bytes, found {found}"))
}

#[cold]
fn bad_flag(what: &str, found: u8) -> StateError {
    StateError::corrupt(format!("{what} must be 0 or 1, found {found}"))
}

#[cold]
fn bad_count(count: u64, bound: usize) -> StateError {
    StateError::corrupt(format!(
        "{count} elements are announced, the bytes left hold at most {bound}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn varints_are_in_their_shortest_form() {
        for (bytes, number) in [
            (&[0u8][..], Some(0)),
            (&[0x7f], Some(127)),
            (&[0x80, 1], Some(128)),
            (&[0x80, 0], None),
            (&[0x80], None),
            (&[], None),
            (
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
                Some(u64::MAX),
            ),
            (
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2],
                None,
            ),
            (
                &[
                    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1,
                ],
                None,
            ),
        ] {
            let mut input = bytes;
            assert_eq!(read_varint(&mut input).ok(), number, "{bytes:?}");
        }
    }

    #[test]
    fn counts_fit_the_bytes_at_hand() {
        assert_eq!(read_count(&mut &[2, 0, 0, 0, 0][..], 2).unwrap(), 2);
        assert!(read_count(&mut &[3, 0, 0, 0, 0][..], 2).is_err());
        assert!(read_count(&mut &[1][..], 0).is_err());
    }

    #[test]
    fn room_is_bounded_by_the_bytes_at_hand() {
        assert_eq!(room_for::<u64>(10, &[0; 80]), 10);
        assert_eq!(room_for::<[u64; 1000]>(80, &[0; 80]), 1);
    }

    proptest! {
        #[test]
        fn varints_round_trip(number: u64, shift in 0u32..64) {
            let mut bytes = Vec::new();
            write_varint(number >> shift, &mut bytes);
            let mut input = &bytes[..];
            prop_assert_eq!(read_varint(&mut input).unwrap(), number >> shift);
            prop_assert!(input.is_empty());
        }
    }
}
