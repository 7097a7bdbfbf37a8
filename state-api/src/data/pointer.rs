//! What holds at most one other value: options, and pointers, which leave no trace.

use super::{NativeData, nesting, wire};
use crate::error::Result;
use crate::schema::{Schema, SchemaBuilder};
use std::sync::Arc;

impl<T: NativeData> NativeData for Option<T> {
    const MIN_WIDTH: usize = 1;
    const NESTS: bool = T::NESTS;

    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.is_some()));
        if let Some(value) = self {
            value.encode(out);
        }
    }

    #[inline]
    fn decode(input: &mut &[u8]) -> Result<Self> {
        Ok(if wire::take_flag(input, "the mark of an option")? {
            Some(T::decode(input)?)
        } else {
            None
        })
    }

    fn schema(schemas: &mut SchemaBuilder) -> Schema {
        Schema::Option(Box::new(T::schema(schemas)))
    }
}

macro_rules! pointer {
    ($($pointer:ident,)*) => {$(
        /// Laid out as what it points to; whether two pointed to the same is not kept.
        impl<T: NativeData> NativeData for $pointer<T> {
            const MIN_WIDTH: usize = T::MIN_WIDTH;

            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                nesting::encoding::<T>(|| T::encode(self, out));
            }

            #[inline]
            fn decode(input: &mut &[u8]) -> Result<Self> {
                nesting::decoding::<T, _>(|| T::decode(input).map(Self::new))
            }

            fn schema(schemas: &mut SchemaBuilder) -> Schema {
                T::schema(schemas)
            }
        }
    )*};
}

pointer! {
    Box,
    Arc,
}
