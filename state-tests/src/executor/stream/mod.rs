//! Streams: what jobs are written with.

mod connected;
mod keyed;
mod plain;
mod sinks;

pub use connected::Connected;
pub use keyed::KeyedStream;
pub use plain::Stream;
