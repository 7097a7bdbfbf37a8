//! Text: its UTF-8 as a byte string, which sorts as `str` does.

use super::{OrderedKey, bytes, hash};
use crate::data::text::utf8;
use crate::error::Result;
use crate::schema::{Schema, SchemaBuilder};
use std::sync::Arc;

impl OrderedKey for String {
    fn encode_key(&self, out: &mut Vec<u8>) {
        bytes::encode_escaped(self.as_bytes(), out);
    }

    fn decode_key(input: &mut &[u8]) -> Result<Self> {
        let bytes = bytes::decode_escaped(input)?;
        Self::from_utf8(bytes).or_else(|error| utf8(error.as_bytes()).map(Self::from))
    }

    #[inline]
    fn key_hash(&self) -> i32 {
        hash::of_text(self)
    }

    fn key_schema(_: &mut SchemaBuilder) -> Schema {
        Schema::String
    }
}

macro_rules! shared_text {
    ($($type:ty,)*) => {$(
        impl OrderedKey for $type {
            fn encode_key(&self, out: &mut Vec<u8>) {
                bytes::encode_escaped(self.as_bytes(), out);
            }

            fn decode_key(input: &mut &[u8]) -> Result<Self> {
                utf8(&bytes::decode_escaped(input)?).map(Self::from)
            }

            #[inline]
            fn key_hash(&self) -> i32 {
                hash::of_text(self)
            }

            fn key_schema(_: &mut SchemaBuilder) -> Schema {
                Schema::String
            }
        }
    )*};
}

shared_text! {
    Box<str>,
    Arc<str>,
}
