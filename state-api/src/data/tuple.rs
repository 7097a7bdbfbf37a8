//! Tuples: their parts, one behind the other.

use super::NativeData;
use crate::error::Result;
use crate::schema::{Schema, SchemaBuilder};

macro_rules! tuple {
    ($($part:ident $index:tt),+) => {
        impl<$($part: NativeData),+> NativeData for ($($part,)+) {
            const MIN_WIDTH: usize = 0 $(+ $part::MIN_WIDTH)+;
            const NESTS: bool = false $(|| $part::NESTS)+;

            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                $(self.$index.encode(out);)+
            }

            #[inline]
            fn decode(input: &mut &[u8]) -> Result<Self> {
                Ok(($($part::decode(input)?,)+))
            }

            fn schema(schemas: &mut SchemaBuilder) -> Schema {
                Schema::Tuple(vec![$($part::schema(schemas)),+])
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
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
