//! Text: the number of bytes, then UTF-8.

use super::{NativeData, wire};
use crate::error::{Result, StateError};
use crate::schema::{Schema, SchemaBuilder};
use std::sync::Arc;

macro_rules! text {
    ($($type:ty,)*) => {$(
        impl NativeData for $type {
            const MIN_WIDTH: usize = 1;
            const NESTS: bool = false;

            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                wire::write_count(self.len(), out);
                out.extend_from_slice(self.as_bytes());
            }

            #[inline]
            fn decode(input: &mut &[u8]) -> Result<Self> {
                let length = wire::read_count(input, 1)?;
                utf8(wire::take_slice(input, length)?).map(Self::from)
            }

            fn schema(_: &mut SchemaBuilder) -> Schema {
                Schema::String
            }
        }
    )*};
}

text! {
    String,
    Box<str>,
    Arc<str>,
}

/// `bytes` as text.
#[inline]
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes)
        .map_err(|error| StateError::corrupt("a string is not UTF-8").with_source(error))
}
