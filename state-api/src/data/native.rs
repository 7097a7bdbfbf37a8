//! Types with an encoding of their own.

use super::{StateData, wire};
use crate::error::{Result, StateError};
use crate::schema::{Schema, SchemaBuilder};

/// A type with an encoding of its own, which [`NativeCodec`](super::NativeCodec) uses.
///
/// Implemented for scalars, strings, byte vectors, tuples, arrays, options and the collections of
/// the standard library; `#[derive(StateData)]` implements it for structs and enums. The layout of
/// each is written down in `docs/format/values.md`; the [schema](crate::Schema) alone suffices to
/// take an encoding apart.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no encoding of its own",
    label = "does not implement `NativeData`",
    note = "`#[derive(StateData)]` implements it for structs and enums of such types",
    note = "a type of another crate can be stored through `SerdeCodec` or a `Codec` of your own"
)]
pub trait NativeData: StateData {
    /// The least number of bytes that an encoding of this type takes; 0 only if no encoding of it
    /// takes any. Bounds the element count of a sequence by the bytes at hand before anything is
    /// allocated.
    const MIN_WIDTH: usize;

    /// Whether values may hold others behind a pointer or in a collection, so that a type might
    /// contain itself. `false` exempts collections of this type from counting
    /// [levels](crate::MAX_NESTING).
    const NESTS: bool = true;

    /// Appends the encoding to `out`.
    ///
    /// Of a value nested deeper than [`MAX_NESTING`](crate::MAX_NESTING) levels only a part is
    /// written; [`NativeCodec`](super::NativeCodec) refuses it.
    fn encode(&self, out: &mut Vec<u8>);

    /// Takes one encoding off the front of `input`.
    ///
    /// # Errors
    /// `Corrupt` if `input` does not begin with an encoding of this type. Never panics and never
    /// allocates more than a small multiple of `input`, whatever the bytes.
    fn decode(input: &mut &[u8]) -> Result<Self>;

    /// The shape of the type.
    fn schema(schemas: &mut SchemaBuilder) -> Schema;

    /// Appends the encodings of `items`, one behind the other, each followed by a filler byte 0 if
    /// it takes no bytes itself. Only bytes do this in another way: all at once.
    fn encode_slice(items: &[Self], out: &mut Vec<u8>) {
        for item in items {
            item.encode(out);
            write_filler(Self::MIN_WIDTH, out);
        }
    }

    /// Takes `count` encodings as [`encode_slice`](Self::encode_slice) writes them.
    ///
    /// # Errors
    /// `Corrupt` if `input` does not begin with them.
    fn decode_vec(count: usize, input: &mut &[u8]) -> Result<Vec<Self>> {
        let mut items = Vec::with_capacity(wire::room_for::<Self>(count, input));
        for _ in 0..count {
            items.push(Self::decode(input)?);
            take_filler(Self::MIN_WIDTH, input)?;
        }
        Ok(items)
    }

    /// Takes `N` encodings without fillers.
    ///
    /// # Errors
    /// `Corrupt` if `input` does not begin with them.
    fn decode_array<const N: usize>(input: &mut &[u8]) -> Result<[Self; N]> {
        super::array::try_from_fn(|| Self::decode(input))
    }

    /// The shape of a sequence of this type: [`Schema::List`]; for bytes [`Schema::Bytes`].
    fn list_schema(schemas: &mut SchemaBuilder) -> Schema {
        Schema::List(Box::new(Self::schema(schemas)))
    }
}

/// Follows an element that takes no bytes by one, so that counts are bounded by bytes.
#[inline]
pub(super) fn write_filler(min_width: usize, out: &mut Vec<u8>) {
    if min_width == 0 {
        out.push(0);
    }
}

/// Takes what [`write_filler`] wrote.
#[inline]
pub(super) fn take_filler(min_width: usize, input: &mut &[u8]) -> Result<()> {
    if min_width == 0 && wire::take_byte(input)? != 0 {
        return Err(StateError::corrupt("a filler byte is not 0"));
    }
    Ok(())
}
