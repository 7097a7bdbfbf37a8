//! Tagged records: how formats grow. A reader skips a record whose tag it does not know, unless the
//! tag says that it must be understood.

use super::{Put, Reader, count};
use alluvium_state_api::{Result, StateError};

/// The bit of a tag that forbids to skip the record.
pub(crate) const MUST_UNDERSTAND: u8 = 0x80;

/// Puts a record whose body is what `body` puts; called twice, the first time to count.
pub(crate) fn write_record(
    tag: u8,
    out: &mut dyn Put,
    body: impl Fn(&mut dyn Put) -> Result<()>,
) -> Result<()> {
    out.byte(tag)?;
    out.varint(count(&body)?)?;
    body(out)
}

/// Reads records up to the end of `reader` and shows each to `visit`, which says whether it knows
/// the tag.
///
/// # Errors
/// `Corrupt`; `Incompatible` if an unknown record must be understood; and what `visit` returns.
pub(crate) fn read_records<'a>(
    mut reader: Reader<'a>,
    what: &str,
    mut visit: impl FnMut(u8, Reader<'a>) -> Result<bool>,
) -> Result<()> {
    while !reader.is_empty() {
        let offset = reader.offset();
        let tag = reader.byte(what)?;
        let body = reader.part(what)?;
        if !visit(tag, body)? && tag & MUST_UNDERSTAND != 0 {
            return Err(unknown(what, tag, offset));
        }
    }
    Ok(())
}

#[cold]
fn unknown(what: &str, tag: u8, offset: u64) -> StateError {
    StateError::incompatible(format!(
        "{what} at offset {offset}: a part of kind {tag:#04x} must be understood and is not known \
         to this version"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alluvium_state_api::ErrorKind;

    fn record(tag: u8, body: &[u8], out: &mut Vec<u8>) {
        write_record(tag, out, |out| out.bytes(body)).unwrap();
    }

    #[test]
    fn unknown_records_are_skipped_unless_they_must_be_understood() {
        let mut bytes = Vec::new();
        record(1, b"known", &mut bytes);
        record(2, b"later", &mut bytes);
        let mut seen = Vec::new();
        read_records(Reader::new(&bytes, 0), "header", |tag, body| {
            seen.push((tag, body.left()));
            Ok(tag == 1)
        })
        .unwrap();
        assert_eq!(seen, [(1, 5), (2, 5)]);
        record(2 | MUST_UNDERSTAND, b"", &mut bytes);
        let read = read_records(Reader::new(&bytes, 0), "header", |_, _| Ok(false));
        let error = read.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Incompatible);
        assert!(error.to_string().contains("offset 14"), "{error}");
    }
}
