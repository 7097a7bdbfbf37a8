//! Data: what may be a value, and how values become bytes.
//!
//! | module | what it holds |
//! |---|---|
//! | `native` | the trait of types with an encoding of their own |
//! | `scalar`, `text`, `array`, `sequence`, `collection`, `pointer`, `tuple`, `standard` | it, for the types of the standard library |
//! | `codec` | codecs, the default one and those that a descriptor carries |
//! | `serde` | the codec of types with serde's traits |
//! | `nesting` | the bound on depth |
//! | `wire` | the parts that encodings are made of |

pub(crate) mod array;
mod codec;
mod collection;
mod native;
pub(crate) mod nesting;
mod pointer;
pub(crate) mod scalar;
mod sequence;
#[cfg(feature = "serde")]
mod serde;
pub(crate) mod standard;
pub(crate) mod text;
mod tuple;
pub mod wire;

pub use codec::{Codec, CodecRef, NativeCodec, decode_exact};
pub use native::NativeData;
pub use nesting::MAX_NESTING;
#[cfg(feature = "serde")]
pub use serde::SerdeCodec;

/// Anything that a backend may keep as a value: an object on the heap, or bytes elsewhere.
///
/// Implemented for every type that fulfils the bounds. `Send + Sync` because a snapshot shares
/// values with the thread that writes it; `Clone` because a value that a snapshot still reads is
/// copied before it is changed.
///
/// A value must not have interior mutability (`Cell`, `Mutex`, atomics): changing it behind a
/// shared reference would change snapshots that were taken before.
pub trait StateData: Clone + Send + Sync + 'static {}

impl<T: Clone + Send + Sync + 'static> StateData for T {}
