//! One entry: a tag byte, then each part behind its length.

use crate::wire::{Put, Reader, framed_len};
use alluvium_state_api::{Change, Entry, Result};

const PUT: u8 = 0;
const APPEND: u8 = 1;
const DELETE: u8 = 2;
const CHANGE: u8 = 3;
/// Tag bit: a namespace that is not empty follows the key.
const NAMESPACE: u8 = 4;
/// Tag bit: a user key that is not empty follows.
const USER_KEY: u8 = 8;

const fn value_of<'a>(change: Change<'a>) -> (u8, Option<&'a [u8]>) {
    match change {
        Change::Put(value) => (PUT, Some(value)),
        Change::Append(value) => (APPEND, Some(value)),
        Change::Delete => (DELETE, None),
    }
}

/// The number of bytes that [`encode`] puts.
pub(super) fn encoded_len(entry: &Entry<'_>) -> usize {
    let optional = |part: &[u8]| {
        if part.is_empty() {
            0
        } else {
            framed_len(part.len())
        }
    };
    let (_, value) = value_of(entry.change);
    1 + framed_len(entry.key.len())
        + optional(entry.namespace)
        + optional(entry.user_key)
        + value.map_or(0, |value| framed_len(value.len()))
}

/// Puts `entry` into `out`.
pub(super) fn encode(entry: &Entry<'_>, out: &mut impl Put) -> Result<()> {
    let (mut tag, value) = value_of(entry.change);
    if !entry.namespace.is_empty() {
        tag |= NAMESPACE;
    }
    if !entry.user_key.is_empty() {
        tag |= USER_KEY;
    }
    out.byte(tag)?;
    out.framed(entry.key)?;
    if !entry.namespace.is_empty() {
        out.framed(entry.namespace)?;
    }
    if !entry.user_key.is_empty() {
        out.framed(entry.user_key)?;
    }
    value.map_or(Ok(()), |value| out.framed(value))
}

/// Takes an entry off the front.
///
/// # Errors
/// `Corrupt`
pub(super) fn decode<'a>(reader: &mut Reader<'a>) -> Result<Entry<'a>> {
    let before = *reader;
    let tag = reader.byte("entry")?;
    if tag & !(CHANGE | NAMESPACE | USER_KEY) != 0 || tag & CHANGE > DELETE {
        return Err(before.corrupt("entry", "a known tag", format_args!("{tag:#04x}")));
    }
    let key = reader.framed("key")?;
    let namespace = optional(reader, tag & NAMESPACE != 0, "namespace")?;
    let user_key = optional(reader, tag & USER_KEY != 0, "user key")?;
    let change = match tag & CHANGE {
        PUT => Change::Put(reader.framed("value")?),
        APPEND => Change::Append(reader.framed("elements")?),
        _ => Change::Delete,
    };
    Ok(Entry {
        key,
        namespace,
        user_key,
        change,
    })
}

/// An empty part is left out, never stored: so that an entry has one form only.
#[inline]
fn optional<'a>(reader: &mut Reader<'a>, present: bool, what: &str) -> Result<&'a [u8]> {
    if !present {
        return Ok(&[]);
    }
    let before = *reader;
    match reader.framed(what)? {
        [] => Err(before.corrupt(what, "at least one byte", "none")),
        bytes => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn entries_round_trip(
            key: Vec<u8>,
            namespace: Vec<u8>,
            user_key: Vec<u8>,
            value in prop::collection::vec(any::<u8>(), 0..300),
            kind in 0..3,
        ) {
            let change = match kind {
                0 => Change::Put(&value),
                1 => Change::Append(&value),
                _ => Change::Delete,
            };
            let entry = Entry { key: &key, namespace: &namespace, user_key: &user_key, change };
            let mut bytes = Vec::new();
            encode(&entry, &mut bytes).unwrap();
            prop_assert_eq!(bytes.len(), encoded_len(&entry));
            let mut reader = Reader::new(&bytes, 0);
            prop_assert_eq!(decode(&mut reader).unwrap(), entry);
            prop_assert!(reader.is_empty());
            for cut in 0..bytes.len() {
                prop_assert!(decode(&mut Reader::new(&bytes[..cut], 0)).is_err());
            }
        }

        #[test]
        fn arbitrary_bytes_have_one_form_or_none(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes, 0);
            if let Ok(entry) = decode(&mut reader) {
                let mut again = Vec::new();
                encode(&entry, &mut again).unwrap();
                prop_assert_eq!(&again[..], &bytes[..bytes.len() - reader.left()]);
            }
        }
    }
}
