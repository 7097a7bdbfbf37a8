//! Byte strings: escaped, so that they end where they end and still sort.

use crate::data::wire;
use crate::error::{Result, StateError};

/// Stands before `ESCAPED` and `END` only.
const MARK: u8 = 0x00;
/// Behind the mark: a byte 0 of the content. Above `END`, so that a prefix sorts first.
const ESCAPED: u8 = 0xff;
/// Behind the mark: the end.
const END: u8 = 0x01;

/// Appends `bytes` with each 0 escaped, and the end mark.
pub(super) fn encode_escaped(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len() + 2);
    if !bytes.contains(&MARK) {
        out.extend_from_slice(bytes);
        out.extend_from_slice(&[MARK, END]);
        return;
    }
    let mut runs = bytes.split(|byte| *byte == MARK);
    if let Some(first) = runs.next() {
        out.extend_from_slice(first);
    }
    for run in runs {
        out.extend_from_slice(&[MARK, ESCAPED]);
        out.extend_from_slice(run);
    }
    out.extend_from_slice(&[MARK, END]);
}

/// Takes what [`encode_escaped`] wrote.
pub(super) fn decode_escaped(input: &mut &[u8]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let Some(length) = input.iter().position(|byte| *byte == MARK) else {
            return Err(StateError::corrupt("a byte string in a key has no end"));
        };
        bytes.extend_from_slice(wire::take_slice(input, length)?);
        match wire::take::<2>(input)? {
            [_, END] => return Ok(bytes),
            [_, ESCAPED] => bytes.push(MARK),
            [_, other] => {
                return Err(StateError::corrupt(format!(
                    "a byte string in a key has the unknown escape {other:#04x}"
                )));
            }
        }
    }
}
