//! Scalars: big-endian at their full width, the sign bit of signed ones flipped.

use super::{OrderedKey, bytes, hash};
use crate::data::{scalar, wire};
use crate::error::Result;
use crate::schema::{Schema, SchemaBuilder};
use std::marker::PhantomData;

macro_rules! integers {
    ($($type:ty as $unsigned:ty, $schema:ident, sign $sign:expr, hash $hash:expr;)*) => {$(
        impl OrderedKey for $type {
            #[inline]
            #[expect(clippy::big_endian_bytes, reason = "big-endian numbers sort as bytes")]
            fn encode_key(&self, out: &mut Vec<u8>) {
                let flipped = (*self as $unsigned) ^ $sign;
                out.extend_from_slice(&flipped.to_be_bytes());
            }

            #[inline]
            #[expect(clippy::big_endian_bytes, reason = "big-endian numbers sort as bytes")]
            fn decode_key(input: &mut &[u8]) -> Result<Self> {
                let flipped = <$unsigned>::from_be_bytes(wire::take(input)?);
                Ok((flipped ^ $sign) as Self)
            }

            #[inline]
            fn key_hash(&self) -> i32 {
                let hash: fn(Self) -> i32 = $hash;
                hash(*self)
            }

            fn key_schema(_: &mut SchemaBuilder) -> Schema {
                Schema::$schema
            }
        }
    )*};
}

integers! {
    i8 as u8, I8, sign 1 << 7, hash i32::from;
    i16 as u16, I16, sign 1 << 15, hash i32::from;
    i32 as u32, I32, sign 1 << 31, hash |value| value;
    i64 as u64, I64, sign 1 << 63, hash hash::of_long;
    i128 as u128, I128, sign 1 << 127, hash |value| hash::of_encoding(&value);
    u16 as u16, U16, sign 0, hash |value| i32::from(value as i16);
    u32 as u32, U32, sign 0, hash |value| value as i32;
    u64 as u64, U64, sign 0, hash |value| hash::of_long(value as i64);
    u128 as u128, U128, sign 0, hash |value| hash::of_encoding(&value);
}

impl OrderedKey for u8 {
    #[inline]
    fn encode_key(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    #[inline]
    fn decode_key(input: &mut &[u8]) -> Result<Self> {
        wire::take_byte(input)
    }

    #[inline]
    fn key_hash(&self) -> i32 {
        i32::from(*self as i8)
    }

    fn key_schema(_: &mut SchemaBuilder) -> Schema {
        Schema::U8
    }

    fn encode_key_slice(items: &[Self], out: &mut Vec<u8>) {
        bytes::encode_escaped(items, out);
    }

    fn decode_key_vec(input: &mut &[u8]) -> Result<Vec<Self>> {
        bytes::decode_escaped(input)
    }

    fn key_list_schema(_: &mut SchemaBuilder) -> Schema {
        Schema::Bytes
    }
}

impl OrderedKey for bool {
    #[inline]
    fn encode_key(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    #[inline]
    fn decode_key(input: &mut &[u8]) -> Result<Self> {
        wire::take_flag(input, "a bool")
    }

    #[inline]
    fn key_hash(&self) -> i32 {
        hash::of_bool(*self)
    }

    fn key_schema(_: &mut SchemaBuilder) -> Schema {
        Schema::Bool
    }
}

impl OrderedKey for char {
    #[inline]
    fn encode_key(&self, out: &mut Vec<u8>) {
        u32::from(*self).encode_key(out);
    }

    #[inline]
    fn decode_key(input: &mut &[u8]) -> Result<Self> {
        scalar::char_of(u32::decode_key(input)?)
    }

    /// As Java's `Character`; a char that Java's cannot hold is its number.
    #[inline]
    fn key_hash(&self) -> i32 {
        u32::from(*self) as i32
    }

    fn key_schema(_: &mut SchemaBuilder) -> Schema {
        Schema::Char
    }
}

impl OrderedKey for () {
    #[inline]
    fn encode_key(&self, _: &mut Vec<u8>) {}

    #[inline]
    fn decode_key(_: &mut &[u8]) -> Result<Self> {
        Ok(())
    }

    fn key_schema(_: &mut SchemaBuilder) -> Schema {
        Schema::Unit
    }
}

impl<T: Send + Sync + 'static> OrderedKey for PhantomData<T> {
    #[inline]
    fn encode_key(&self, _: &mut Vec<u8>) {}

    #[inline]
    fn decode_key(_: &mut &[u8]) -> Result<Self> {
        Ok(Self)
    }

    fn key_schema(_: &mut SchemaBuilder) -> Schema {
        Schema::Unit
    }
}
