//! Where the encoding of values and the order-preserving one of keys differ.

use super::tree::{EnumNode, VariantNode};
use crate::data::{NativeData, wire};
use crate::error::{Result, StateError};
use crate::key::OrderedKey;

/// One of the two encodings.
pub(super) trait Layout {
    /// Takes a scalar, text or bytes.
    fn take<T: NativeData + OrderedKey>(input: &mut &[u8]) -> Result<T>;

    /// Appends a scalar, text or bytes.
    fn put<T: NativeData + OrderedKey>(value: &T, out: &mut Vec<u8>);

    /// Takes what stands for a variant.
    fn take_variant<'e>(of: &'e EnumNode, input: &mut &[u8]) -> Result<&'e VariantNode>;

    /// Appends what stands for the variant at `place`.
    fn put_variant(of: &EnumNode, place: usize, variant: &VariantNode, out: &mut Vec<u8>);

    /// Takes the items of a list by `item`. An item is `empty` if it takes no bytes.
    fn take_list<R>(
        empty: bool,
        input: &mut &[u8],
        item: impl FnMut(&mut &[u8]) -> Result<R>,
    ) -> Result<Vec<R>>;

    /// Appends items by `item`.
    fn put_list<T, E>(
        items: &[T],
        empty: bool,
        out: &mut Vec<u8>,
        item: impl FnMut(&T, &mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E>;
}

/// The encoding of `docs/format/values.md`.
pub(super) struct ValueLayout;

/// The encoding of `docs/format/keys.md`.
pub(super) struct KeyLayout;

impl Layout for ValueLayout {
    fn take<T: NativeData + OrderedKey>(input: &mut &[u8]) -> Result<T> {
        T::decode(input)
    }

    fn put<T: NativeData + OrderedKey>(value: &T, out: &mut Vec<u8>) {
        value.encode(out);
    }

    fn take_variant<'e>(of: &'e EnumNode, input: &mut &[u8]) -> Result<&'e VariantNode> {
        let tag = wire::read_tag(input)?;
        match of.variant(tag) {
            Some((_, variant)) => Ok(variant),
            None => Err(wire::unknown_variant(&of.name, tag)),
        }
    }

    fn put_variant(_of: &EnumNode, _place: usize, variant: &VariantNode, out: &mut Vec<u8>) {
        wire::write_tag(variant.tag, out);
    }

    fn take_list<R>(
        empty: bool,
        input: &mut &[u8],
        mut item: impl FnMut(&mut &[u8]) -> Result<R>,
    ) -> Result<Vec<R>> {
        let count = wire::read_count(input, 1)?;
        let items = (0..count).map(|_| {
            let item = item(input)?;
            take_filler(empty, input)?;
            Ok(item)
        });
        items.collect()
    }

    fn put_list<T, E>(
        items: &[T],
        empty: bool,
        out: &mut Vec<u8>,
        mut item: impl FnMut(&T, &mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        wire::write_count(items.len(), out);
        items.iter().try_for_each(|one| {
            item(one, out)?;
            if empty {
                out.push(0);
            }
            Ok(())
        })
    }
}

fn take_filler(empty: bool, input: &mut &[u8]) -> Result<()> {
    if empty && wire::take_byte(input)? != 0 {
        return Err(StateError::corrupt("a filler byte is not 0"));
    }
    Ok(())
}

impl Layout for KeyLayout {
    fn take<T: NativeData + OrderedKey>(input: &mut &[u8]) -> Result<T> {
        T::decode_key(input)
    }

    fn put<T: NativeData + OrderedKey>(value: &T, out: &mut Vec<u8>) {
        value.encode_key(out);
    }

    fn take_variant<'e>(of: &'e EnumNode, input: &mut &[u8]) -> Result<&'e VariantNode> {
        let place = if of.is_ip_address {
            u16::from(wire::take_byte(input)?)
        } else {
            u16::decode_key(input)?
        };
        let variant = of.variants.get(usize::from(place));
        variant.ok_or_else(|| wire::unknown_variant(&of.name, place.into()))
    }

    fn put_variant(of: &EnumNode, place: usize, _variant: &VariantNode, out: &mut Vec<u8>) {
        if of.is_ip_address {
            out.push(place as u8);
        } else {
            // An enum with more variants than this holds cannot be a key.
            (place as u16).encode_key(out);
        }
    }

    fn take_list<R>(
        _empty: bool,
        input: &mut &[u8],
        mut item: impl FnMut(&mut &[u8]) -> Result<R>,
    ) -> Result<Vec<R>> {
        let mut items = Vec::new();
        while wire::take_flag(input, "the mark of an element")? {
            items.push(item(input)?);
        }
        Ok(items)
    }

    fn put_list<T, E>(
        items: &[T],
        _empty: bool,
        out: &mut Vec<u8>,
        mut item: impl FnMut(&T, &mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        for one in items {
            out.push(1);
            item(one, out)?;
        }
        out.push(0);
        Ok(())
    }
}
