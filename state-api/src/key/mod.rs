//! Keys: their order-preserving encoding and their hash that is fixed forever.
//!
//! | module | what it holds |
//! |---|---|
//! | `scalar`, `text`, `bytes`, `sequence`, `tuple`, `standard` | [`OrderedKey`] for types of the standard library |
//! | `total` | floats with a total order |
//! | `hash`, `murmur` | the hashes |

mod bytes;
mod hash;
mod murmur;
mod scalar;
mod sequence;
mod standard;
mod text;
mod total;
mod tuple;

pub(crate) use murmur::murmur_int_masked;
pub use murmur::{murmur_int, murmur3_32};
pub use total::{TotalF32, TotalF64};

use crate::data::StateData;
use crate::error::{Result, StateError};
use crate::schema::{Schema, SchemaBuilder};
use std::hash::Hash;

/// A key, namespace or user key: ordered, hashable, with an encoding that keeps the order.
///
/// For any two values `a` and `b`: the encodings compare (byte by byte, unsigned) as `a` and `b`
/// do; and no encoding is a prefix of another one, so that encodings can stand one behind the
/// other and still sort as tuples. Implemented for integers, booleans, chars, strings, byte
/// vectors, tuples, options, arrays, vectors and the total-order float wrappers;
/// `#[derive(OrderedKey)]` implements it for structs and enums. The layout of each is written down
/// in `docs/format/keys.md`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key, namespace or user key",
    label = "does not implement `OrderedKey`",
    note = "`#[derive(OrderedKey)]` implements it for structs and enums of such types",
    note = "floats can be keys inside `TotalF32` and `TotalF64`"
)]
pub trait OrderedKey: StateData + Ord + Hash {
    /// Appends the order-preserving, prefix-free encoding to `out`.
    ///
    /// # Panics
    /// If the key is nested deeper than [`MAX_NESTING`](crate::MAX_NESTING) levels, which takes a
    /// type that contains itself.
    fn encode_key(&self, out: &mut Vec<u8>);

    /// Takes one encoding off the front of `input`.
    ///
    /// # Errors
    /// `Corrupt` if `input` does not begin with an encoding of this type. Never panics and never
    /// allocates more than a small multiple of `input`, whatever the bytes.
    fn decode_key(input: &mut &[u8]) -> Result<Self>;

    /// The hash that places the key in its key group: fixed forever.
    ///
    /// Integers (unsigned as the signed type of the same width), booleans, chars, strings and
    /// total-ordered floats hash as in Java, so that state lands in the groups where Flink puts
    /// it; everything else is [`murmur3_32`] of the encoding.
    fn key_hash(&self) -> i32 {
        hash::of_encoding(self)
    }

    /// The shape of the type.
    fn key_schema(schemas: &mut SchemaBuilder) -> Schema;

    /// Appends the encoding of a sequence of keys, which compares as slices do. Only bytes do this
    /// in another way: escaped, not each marked.
    fn encode_key_slice(items: &[Self], out: &mut Vec<u8>) {
        sequence::encode_marked(items, out);
    }

    /// Takes a sequence of keys as [`encode_key_slice`](Self::encode_key_slice) writes it.
    ///
    /// # Errors
    /// `Corrupt` if `input` does not begin with one.
    fn decode_key_vec(input: &mut &[u8]) -> Result<Vec<Self>> {
        sequence::decode_marked(input)
    }

    /// The shape of a sequence of this type: [`Schema::List`]; for bytes [`Schema::Bytes`].
    fn key_list_schema(schemas: &mut SchemaBuilder) -> Schema {
        Schema::List(Box::new(Self::key_schema(schemas)))
    }
}

/// Decodes `bytes`, which must hold one key and nothing after it.
///
/// # Errors
/// `Corrupt` if they do not.
pub fn decode_key_exact<K: OrderedKey>(bytes: &[u8]) -> Result<K> {
    let mut rest = bytes;
    let key = K::decode_key(&mut rest)?;
    if rest.is_empty() {
        return Ok(key);
    }
    Err(left_over(bytes.len(), rest.len()))
}

/// The failure of a reader that finds `rest` of `all` bytes behind a key.
#[cold]
pub(crate) fn left_over(all: usize, rest: usize) -> StateError {
    StateError::corrupt(format!(
        "a key of {} bytes is followed by {rest} bytes that do not belong to it",
        all - rest
    ))
}
