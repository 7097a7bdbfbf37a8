//! Types with an encoding of their own.

use super::StateData;
use crate::error::Result;
use crate::schema::{Schema, SchemaBuilder};

/// A type with an encoding of its own, which [`NativeCodec`](super::NativeCodec) uses.
///
/// Implemented for scalars, strings, byte vectors, tuples, arrays, options and the collections of
/// the standard library; `#[derive(StateData)]` implements it for structs and enums. The layout of
/// each is written down in `docs/format/values.md`; the [schema](crate::Schema) alone suffices to
/// take an encoding apart.
pub trait NativeData: StateData {
    /// The least number of bytes that an encoding of this type takes. Bounds the element count of
    /// a sequence by the bytes at hand before anything is allocated.
    const MIN_WIDTH: usize;

    /// Appends the encoding to `out`.
    fn encode(&self, out: &mut Vec<u8>);

    /// Takes one encoding off the front of `input`.
    ///
    /// # Errors
    /// `Corrupt` if `input` does not begin with an encoding of this type. Never panics and never
    /// allocates more than a small multiple of `input`, whatever the bytes.
    fn decode(input: &mut &[u8]) -> Result<Self>;

    /// The shape of the type.
    fn schema(schemas: &mut SchemaBuilder) -> Schema;
}
