//! Data: what may be a value, and how values become bytes.

mod codec;
mod native;

pub use codec::{Codec, CodecRef, NativeCodec, decode_exact};
pub use native::NativeData;

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
