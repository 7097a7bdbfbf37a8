//! Bytes as people read them: as text, if that is what they are, else as hexadecimal digits.

use std::borrow::Cow;
use std::fmt::Write;

/// In front of hexadecimal digits. Text that begins so is shown as digits itself.
const HEX: &str = "0x";

/// `bytes` as text, or as `0x` and their digits. Arrays are `padded`: zeros at their end are left
/// out of text. Bytes that are not alike never look alike.
pub(super) fn show(bytes: &[u8], padded: bool) -> Cow<'_, str> {
    let end = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    let content = if padded {
        bytes.get(..end)
    } else {
        Some(bytes)
    };
    let text = content.and_then(|content| std::str::from_utf8(content).ok());
    match text.filter(|text| !text.contains(char::is_control) && !text.starts_with(HEX)) {
        Some(text) => Cow::Borrowed(text),
        None => Cow::Owned(hex(bytes)),
    }
}

/// `0x` and two digits a byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(HEX.len() + 2 * bytes.len());
    digits.push_str(HEX);
    for byte in bytes {
        let _infallible = write!(digits, "{byte:02x}");
    }
    digits
}

/// The bytes that [`show`] made `text` of; `length` says how many an array has.
#[cfg(feature = "json")]
pub(super) fn parse(text: &str, length: Option<usize>) -> Result<Vec<u8>, super::misfit::Misfit> {
    use super::misfit::Misfit;
    let mut bytes = match text.strip_prefix(HEX) {
        Some(digits) => parse_hex(digits).ok_or_else(|| {
            let message = "expected two hexadecimal digits a byte behind 0x, found";
            Misfit::new(format!("{message} '{text}'"))
        })?,
        None => text.as_bytes().to_vec(),
    };
    match length {
        Some(length) if bytes.len() > length => {
            Err(Misfit::count("bytes at most", length, bytes.len()))
        }
        Some(length) => {
            bytes.resize(length, 0);
            Ok(bytes)
        }
        None => Ok(bytes),
    }
}

#[cfg(feature = "json")]
pub(super) fn parse_hex(digits: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    pairs.iter().map(byte).collect()
}
