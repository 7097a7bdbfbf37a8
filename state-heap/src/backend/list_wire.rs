//! The value of a list entry: elements, each behind its length as a LEB128 varint.

use alluvium_state_api::{Codec, Result, StateError};

/// The greatest size of the elements that one entry carries, unless a single one is larger: longer
/// lists go on in further entries.
pub(super) const MAX_RUN_BYTES: usize = 64 << 10;

/// Appends `item` behind its length to `out`, using `scratch` for its encoding.
pub(super) fn push_element<T: 'static>(
    codec: &dyn Codec<T>,
    item: &T,
    scratch: &mut Vec<u8>,
    out: &mut Vec<u8>,
) -> Result<()> {
    scratch.clear();
    codec.encode(item, scratch)?;
    let mut length = scratch.len() as u64;
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(scratch);
    Ok(())
}

/// Takes the bytes of one element off the front of `input`.
pub(super) fn take_element<'a>(input: &mut &'a [u8]) -> Result<&'a [u8]> {
    let mut length = 0u64;
    for shift in (0..64).step_by(7) {
        let Some((byte, rest)) = input.split_first() else {
            break;
        };
        *input = rest;
        length |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            let taken = usize::try_from(length)
                .ok()
                .and_then(|n| input.split_at_checked(n));
            let Some((element, rest)) = taken else { break };
            *input = rest;
            return Ok(element);
        }
    }
    Err(StateError::corrupt(format!(
        "a list element is longer than the {} bytes left of its entry",
        input.len()
    )))
}

/// Adds the elements of one entry behind those of another; both stay encoded.
pub(super) fn append_elements(list: &mut Vec<u8>, elements: &[u8]) {
    list.extend_from_slice(elements);
}
