//! Tuples: their parts, one behind the other.

use super::OrderedKey;
use crate::error::Result;
use crate::schema::{Schema, SchemaBuilder};

macro_rules! tuple {
    ($($part:ident $index:tt),+) => {
        impl<$($part: OrderedKey),+> OrderedKey for ($($part,)+) {
            #[inline]
            fn encode_key(&self, out: &mut Vec<u8>) {
                $(self.$index.encode_key(out);)+
            }

            #[inline]
            fn decode_key(input: &mut &[u8]) -> Result<Self> {
                Ok(($($part::decode_key(input)?,)+))
            }

            fn key_schema(schemas: &mut SchemaBuilder) -> Schema {
                Schema::Tuple(vec![$($part::key_schema(schemas)),+])
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
