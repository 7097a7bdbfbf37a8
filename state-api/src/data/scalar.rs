//! Scalars: little-endian at their full width.

use super::{NativeData, wire};
use crate::error::{Result, StateError};
use crate::schema::{Schema, SchemaBuilder};
use std::marker::PhantomData;

macro_rules! fixed_width {
    ($($type:ty => $schema:ident,)*) => {$(
        impl NativeData for $type {
            const MIN_WIDTH: usize = size_of::<$type>();
            const NESTS: bool = false;

            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            #[inline]
            fn decode(input: &mut &[u8]) -> Result<Self> {
                wire::take(input).map(Self::from_le_bytes)
            }

            fn schema(_: &mut SchemaBuilder) -> Schema {
                Schema::$schema
            }
        }
    )*};
}

fixed_width! {
    i8 => I8,
    i16 => I16,
    i32 => I32,
    i64 => I64,
    i128 => I128,
    u16 => U16,
    u32 => U32,
    u64 => U64,
    u128 => U128,
    f32 => F32,
    f64 => F64,
}

impl NativeData for u8 {
    const MIN_WIDTH: usize = 1;
    const NESTS: bool = false;

    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    #[inline]
    fn decode(input: &mut &[u8]) -> Result<Self> {
        wire::take_byte(input)
    }

    fn schema(_: &mut SchemaBuilder) -> Schema {
        Schema::U8
    }

    #[inline]
    fn encode_slice(items: &[Self], out: &mut Vec<u8>) {
        out.extend_from_slice(items);
    }

    #[inline]
    fn decode_vec(count: usize, input: &mut &[u8]) -> Result<Vec<Self>> {
        wire::take_slice(input, count).map(<[u8]>::to_vec)
    }

    #[inline]
    fn decode_array<const N: usize>(input: &mut &[u8]) -> Result<[Self; N]> {
        wire::take(input)
    }

    fn list_schema(_: &mut SchemaBuilder) -> Schema {
        Schema::Bytes
    }
}

/// Machine words have the layout of their 64-bit type.
macro_rules! machine_word {
    ($($type:ty as $wide:ty,)*) => {$(
        impl NativeData for $type {
            const MIN_WIDTH: usize = <$wide>::MIN_WIDTH;
            const NESTS: bool = false;

            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                (*self as $wide).encode(out);
            }

            #[inline]
            fn decode(input: &mut &[u8]) -> Result<Self> {
                let wide = <$wide>::decode(input)?;
                Self::try_from(wide).map_err(|_| {
                    StateError::corrupt(format!("{wide} exceeds this machine's word"))
                })
            }

            fn schema(schemas: &mut SchemaBuilder) -> Schema {
                <$wide>::schema(schemas)
            }
        }
    )*};
}

machine_word! {
    usize as u64,
    isize as i64,
}

impl NativeData for bool {
    const MIN_WIDTH: usize = 1;
    const NESTS: bool = false;

    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    #[inline]
    fn decode(input: &mut &[u8]) -> Result<Self> {
        wire::take_flag(input, "a bool")
    }

    fn schema(_: &mut SchemaBuilder) -> Schema {
        Schema::Bool
    }
}

impl NativeData for char {
    const MIN_WIDTH: usize = 4;
    const NESTS: bool = false;

    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        u32::from(*self).encode(out);
    }

    #[inline]
    fn decode(input: &mut &[u8]) -> Result<Self> {
        char_of(u32::decode(input)?)
    }

    fn schema(_: &mut SchemaBuilder) -> Schema {
        Schema::Char
    }
}

/// The char with this number.
pub(crate) fn char_of(number: u32) -> Result<char> {
    char::from_u32(number)
        .ok_or_else(|| StateError::corrupt(format!("{number:#x} is not a Unicode scalar value")))
}

impl NativeData for () {
    const MIN_WIDTH: usize = 0;
    const NESTS: bool = false;

    #[inline]
    fn encode(&self, _: &mut Vec<u8>) {}

    #[inline]
    fn decode(_: &mut &[u8]) -> Result<Self> {
        Ok(())
    }

    fn schema(_: &mut SchemaBuilder) -> Schema {
        Schema::Unit
    }
}

impl<T: Send + Sync + 'static> NativeData for PhantomData<T> {
    const MIN_WIDTH: usize = 0;
    const NESTS: bool = false;

    #[inline]
    fn encode(&self, _: &mut Vec<u8>) {}

    #[inline]
    fn decode(_: &mut &[u8]) -> Result<Self> {
        Ok(Self)
    }

    fn schema(_: &mut SchemaBuilder) -> Schema {
        Schema::Unit
    }
}
