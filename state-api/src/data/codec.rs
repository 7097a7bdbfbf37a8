//! Codecs: how the values of one state become bytes and come back.

use super::{NativeData, StateData, nesting};
use crate::error::{Result, StateError};
use crate::schema::{Schema, SchemaBuilder};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Turns values of type `V` into bytes and back.
///
/// A descriptor carries one; types that implement [`NativeData`] need not name any.
pub trait Codec<V>: Send + Sync + 'static {
    /// Appends the encoding of `value` to `out`. What was appended before a failure is discarded
    /// by the caller.
    ///
    /// # Errors
    /// `Misuse` if the value cannot be encoded.
    fn encode(&self, value: &V, out: &mut Vec<u8>) -> Result<()>;

    /// Takes one encoding off the front of `input`.
    ///
    /// # Errors
    /// `Corrupt` if `input` does not begin with an encoding. Must not panic, whatever the bytes.
    fn decode(&self, input: &mut &[u8]) -> Result<V>;

    /// The shape of what is written: stored with every snapshot and compared at restore.
    fn schema(&self) -> Schema;
}

/// Decodes `bytes`, which must hold one encoding and nothing after it.
///
/// # Errors
/// `Corrupt` if they do not.
pub fn decode_exact<V>(codec: &(impl Codec<V> + ?Sized), bytes: &[u8]) -> Result<V> {
    let mut rest = bytes;
    let value = codec.decode(&mut rest)?;
    if rest.is_empty() {
        return Ok(value);
    }
    Err(StateError::corrupt(format!(
        "a value of {} bytes is followed by {} bytes that do not belong to it",
        bytes.len() - rest.len(),
        rest.len()
    )))
}

/// The codec of every type that has an encoding of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct NativeCodec;

impl<V: NativeData> Codec<V> for NativeCodec {
    #[inline]
    fn encode(&self, value: &V, out: &mut Vec<u8>) -> Result<()> {
        nesting::reporting::<V>(|| value.encode(out))
    }

    #[inline]
    fn decode(&self, input: &mut &[u8]) -> Result<V> {
        V::decode(input)
    }

    fn schema(&self) -> Schema {
        V::schema(&mut SchemaBuilder::default())
    }
}

/// A codec held by a descriptor: borrowed for ever, so that descriptors can be constants, or shared.
pub struct CodecRef<V: 'static>(Held<V>);

enum Held<V: 'static> {
    Static(&'static dyn Codec<V>),
    Shared(Arc<dyn Codec<V>>),
}

impl<V: NativeData> CodecRef<V> {
    /// The type's own encoding.
    pub const fn native() -> Self {
        Self(Held::Static(&NativeCodec))
    }
}

impl<V: StateData> CodecRef<V> {
    /// A codec that lives as long as the program.
    pub const fn from_static(codec: &'static dyn Codec<V>) -> Self {
        Self(Held::Static(codec))
    }

    /// A codec made at run time.
    pub fn shared(codec: impl Codec<V>) -> Self {
        Self(Held::Shared(Arc::new(codec)))
    }
}

impl<V> Clone for CodecRef<V> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Held::Static(codec) => Held::Static(*codec),
            Held::Shared(codec) => Held::Shared(Arc::clone(codec)),
        })
    }
}

impl<V> Deref for CodecRef<V> {
    type Target = dyn Codec<V>;

    fn deref(&self) -> &Self::Target {
        match &self.0 {
            Held::Static(codec) => *codec,
            Held::Shared(codec) => &**codec,
        }
    }
}

impl<V> fmt::Debug for CodecRef<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodecRef({})", self.schema())
    }
}
