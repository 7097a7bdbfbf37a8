//! Arrays, filled by a function that may fail.

use super::NativeData;
use crate::error::Result;
use crate::schema::{Schema, SchemaBuilder};

/// `[make()?; N]`, stopping at the first error.
#[inline]
pub(crate) fn try_from_fn<T, const N: usize>(
    mut make: impl FnMut() -> Result<T>,
) -> Result<[T; N]> {
    let mut failure = None;
    let slots: [Option<T>; N] = std::array::from_fn(|_| {
        if failure.is_some() {
            return None;
        }
        make().map_err(|error| failure = Some(error)).ok()
    });
    match failure {
        Some(error) => Err(error),
        None => Ok(slots.map(|slot| match slot {
            Some(item) => item,
            None => unreachable!("a slot is empty only after a failure"),
        })),
    }
}

impl<T: NativeData, const N: usize> NativeData for [T; N] {
    const MIN_WIDTH: usize = T::MIN_WIDTH * N;
    const NESTS: bool = T::NESTS;

    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        if T::MIN_WIDTH > 0 {
            T::encode_slice(self, out);
        }
    }

    #[inline]
    fn decode(input: &mut &[u8]) -> Result<Self> {
        T::decode_array(input)
    }

    fn schema(schemas: &mut SchemaBuilder) -> Schema {
        Schema::Array(N as u32, Box::new(T::schema(schemas)))
    }
}
