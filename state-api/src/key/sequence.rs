//! Options, arrays, and sequences of any length.

use super::OrderedKey;
use crate::data::{array, nesting, wire};
use crate::error::Result;
use crate::schema::{Schema, SchemaBuilder};

/// Appends each item behind a mark 1, and a mark 0 at the end: so that a prefix sorts first.
pub(super) fn encode_marked<K: OrderedKey>(items: &[K], out: &mut Vec<u8>) {
    for item in items {
        out.push(1);
        item.encode_key(out);
    }
    out.push(0);
}

/// Takes what [`encode_marked`] wrote.
pub(super) fn decode_marked<K: OrderedKey>(input: &mut &[u8]) -> Result<Vec<K>> {
    let mut items = Vec::new();
    while wire::take_flag(input, "the mark of an element")? {
        items.push(K::decode_key(input)?);
    }
    Ok(items)
}

macro_rules! sequence {
    ($($type:ty,)*) => {$(
        impl<K: OrderedKey> OrderedKey for $type {
            fn encode_key(&self, out: &mut Vec<u8>) {
                nesting::encoding_key(|| K::encode_key_slice(self, out));
            }

            fn decode_key(input: &mut &[u8]) -> Result<Self> {
                nesting::decoding_key(|| K::decode_key_vec(input)).map(Self::from)
            }

            fn key_schema(schemas: &mut SchemaBuilder) -> Schema {
                K::key_list_schema(schemas)
            }
        }
    )*};
}

sequence! {
    Vec<K>,
    Box<[K]>,
}

impl<K: OrderedKey> OrderedKey for Option<K> {
    fn encode_key(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.is_some()));
        if let Some(key) = self {
            key.encode_key(out);
        }
    }

    fn decode_key(input: &mut &[u8]) -> Result<Self> {
        Ok(if wire::take_flag(input, "the mark of an option")? {
            Some(K::decode_key(input)?)
        } else {
            None
        })
    }

    fn key_schema(schemas: &mut SchemaBuilder) -> Schema {
        Schema::Option(Box::new(K::key_schema(schemas)))
    }
}

impl<K: OrderedKey, const N: usize> OrderedKey for [K; N] {
    #[inline]
    fn encode_key(&self, out: &mut Vec<u8>) {
        for item in self {
            item.encode_key(out);
        }
    }

    #[inline]
    fn decode_key(input: &mut &[u8]) -> Result<Self> {
        array::try_from_fn(|| K::decode_key(input))
    }

    fn key_schema(schemas: &mut SchemaBuilder) -> Schema {
        Schema::Array(N as u32, Box::new(K::key_schema(schemas)))
    }
}
