//! Segments: keyed state in one portable format, the same for every backend. The layout stands in
//! `docs/format/segment.md`.
//!
//! A [`SegmentSink`] writes what one snapshot job, or one part of a divided one, gives it; a
//! [`SegmentSource`] reads it back. The parts of a divided job become a segment each: they hold
//! disjoint key groups under the same header, so that at restore each is a chain of one layer, and
//! their order does not matter.

mod block;
mod codec;
mod encoder;
mod entry;
mod frame;
mod header;
mod index;
mod input;
mod options;
mod output;
mod pack;
mod sink;
mod source;
mod unpack;

pub use input::SegmentInput;
pub use options::{Compression, SegmentOptions};
pub use output::{SegmentOutput, WrittenSegment};
pub use sink::SegmentSink;
pub use source::SegmentSource;
