//! Sequences: the number of elements, then the elements.

use super::{NativeData, nesting, wire};
use crate::error::Result;
use crate::schema::{Schema, SchemaBuilder};
use std::collections::VecDeque;

fn decode_items<T: NativeData>(input: &mut &[u8]) -> Result<Vec<T>> {
    let count = wire::read_count(input, T::MIN_WIDTH)?;
    nesting::decoding::<T, _>(|| T::decode_vec(count, input))
}

macro_rules! sequence {
    ($($type:ty: |$items:ident| $slices:expr,)*) => {$(
        impl<T: NativeData> NativeData for $type {
            const MIN_WIDTH: usize = 1;

            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                let $items = self;
                wire::write_count($items.len(), out);
                nesting::encoding::<T>(|| {
                    for slice in $slices {
                        T::encode_slice(slice, out);
                    }
                });
            }

            #[inline]
            fn decode(input: &mut &[u8]) -> Result<Self> {
                decode_items(input).map(Self::from)
            }

            fn schema(schemas: &mut SchemaBuilder) -> Schema {
                T::list_schema(schemas)
            }
        }
    )*};
}

sequence! {
    Vec<T>: |items| [items.as_slice()],
    Box<[T]>: |items| [&**items],
    VecDeque<T>: |items| <[&[T]; 2]>::from(items.as_slices()),
}
