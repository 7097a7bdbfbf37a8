//! Values through serde, in postcard's format.

use super::{Codec, StateData};
use crate::error::{Result, StateError};
use crate::schema::Schema;
use postcard::{Deserializer, de_flavors, ser_flavors};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

/// The codec of any type with serde's traits: for types of other crates, or that have no
/// [`NativeData`](super::NativeData) for another reason.
///
/// Written is [postcard](https://postcard.jamesmunns.com/wire-format), which a schema cannot look
/// into. The name and version given here are the whole identity of the data: at restore they are
/// compared and nothing else. **Give a new version whenever the type's serialized shape changes.**
/// The shape must not depend on the value (no `skip_serializing_if`, `untagged` or `flatten`).
///
/// Values whose nesting takes more stack than a few hundred levels do are refused, with `Misuse`
/// when written and `Corrupt` when bytes ask for it. A sequence of elements that take no bytes,
/// such as `Vec<()>`, is not bounded by the bytes at hand: a damaged length is then counted to.
///
/// ```
/// use alluvium_state_api::{Codec, SerdeCodec, decode_exact};
///
/// #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// struct Point {
///     x: i32,
///     y: i32,
/// }
///
/// const POINT: SerdeCodec<Point> = SerdeCodec::new("geometry.Point", 1);
/// let mut bytes = Vec::new();
/// POINT.encode(&Point { x: 1, y: -1 }, &mut bytes)?;
/// assert_eq!(bytes, [2, 1]);
/// assert_eq!(decode_exact(&POINT, &bytes)?, Point { x: 1, y: -1 });
/// assert_eq!(POINT.schema().to_string(), "'geometry.Point' version 1");
/// # Ok::<(), alluvium_state_api::StateError>(())
/// ```
pub struct SerdeCodec<V> {
    name: &'static str,
    version: u32,
    value: PhantomData<fn(V) -> V>,
}

impl<V> SerdeCodec<V> {
    /// The codec of data called `name`, in its `version`.
    pub const fn new(name: &'static str, version: u32) -> Self {
        Self {
            name,
            version,
            value: PhantomData,
        }
    }

    fn told(&self, error: StateError) -> StateError {
        error.context(format!("'{}' version {}", self.name, self.version))
    }
}

impl<V: Serialize + DeserializeOwned + StateData> Codec<V> for SerdeCodec<V> {
    fn encode(&self, value: &V, out: &mut Vec<u8>) -> Result<()> {
        let stack = Stack::with_limit(Stack::ENCODING);
        let appender = Appender { out, stack: &stack };
        postcard::serialize_with_flavor(value, appender).map_err(|error| {
            let misuse = if stack.overrun.get() {
                StateError::misuse("a value is nested too deep")
            } else {
                StateError::misuse("a value cannot be serialized").with_source(error)
            };
            self.told(misuse)
        })
    }

    fn decode(&self, input: &mut &[u8]) -> Result<V> {
        let stack = Stack::with_limit(Stack::DECODING);
        decode(input, &stack).map_err(|error| {
            let corrupt = if stack.overrun.get() {
                StateError::corrupt("the bytes nest too deep")
            } else {
                StateError::corrupt("the bytes cannot be deserialized").with_source(error)
            };
            self.told(corrupt)
        })
    }

    fn schema(&self) -> Schema {
        Schema::Opaque {
            name: self.name.to_owned(),
            version: self.version,
        }
    }
}

impl<V> Clone for SerdeCodec<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for SerdeCodec<V> {}

impl<V> fmt::Debug for SerdeCodec<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SerdeCodec('{}' version {})", self.name, self.version)
    }
}

fn decode<V: DeserializeOwned>(input: &mut &[u8], stack: &Stack) -> postcard::Result<V> {
    let mut deserializer = Deserializer::from_flavor(Taker { input, stack });
    let value = V::deserialize(&mut deserializer)?;
    // The deserializer binds its input to the life of `stack`: only a length comes out of it.
    let left = deserializer.finalize()?;
    *input = input.get(input.len() - left..).unwrap_or_default();
    Ok(value)
}

/// How much of the thread's stack is taken, measured wherever a byte passes: postcard has no bound
/// on depth, and no level of a value comes without a byte.
struct Stack {
    base: usize,
    limit: usize,
    overrun: Cell<bool>,
}

impl Stack {
    /// Far less than for decoding, so that what was written can be read, also by a build whose
    /// functions take more stack.
    const ENCODING: usize = 32 * 1024;
    const DECODING: usize = 1024 * 1024;

    fn with_limit(limit: usize) -> Self {
        Self {
            base: here(),
            limit,
            overrun: Cell::new(false),
        }
    }

    #[inline]
    fn check(&self, error: postcard::Error) -> postcard::Result<()> {
        if self.base.abs_diff(here()) <= self.limit {
            return Ok(());
        }
        self.overrun.set(true);
        Err(error)
    }
}

/// An address in the current frame, or one nearby.
#[inline(always)]
fn here() -> usize {
    let local = 0u8;
    std::ptr::from_ref(std::hint::black_box(&local)).addr()
}

/// Appends to a vector that the caller keeps.
struct Appender<'a> {
    out: &'a mut Vec<u8>,
    stack: &'a Stack,
}

impl ser_flavors::Flavor for Appender<'_> {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.try_extend(&[byte])
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.stack.check(postcard::Error::SerializeBufferFull)?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Takes bytes off the front of a slice.
struct Taker<'a> {
    input: &'a [u8],
    stack: &'a Stack,
}

impl<'de> de_flavors::Flavor<'de> for Taker<'de> {
    type Remainder = usize;
    type Source = &'de [u8];

    #[inline]
    fn pop(&mut self) -> postcard::Result<u8> {
        match self.try_take_n(1)? {
            [byte] => Ok(*byte),
            _ => Err(postcard::Error::DeserializeUnexpectedEnd),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.input.len())
    }

    #[inline]
    fn try_take_n(&mut self, count: usize) -> postcard::Result<&'de [u8]> {
        self.stack.check(postcard::Error::DeserializeBadEncoding)?;
        let taken = self.input.split_at_checked(count);
        let (head, rest) = taken.ok_or(postcard::Error::DeserializeUnexpectedEnd)?;
        self.input = rest;
        Ok(head)
    }

    fn finalize(self) -> postcard::Result<usize> {
        Ok(self.input.len())
    }
}
