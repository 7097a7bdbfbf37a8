//! Segments: keyed state in one portable format, the same for every backend. The layout stands in
//! `docs/format/segment.md`.
//!
//! A [`SegmentSink`] writes what one snapshot job gives it; [`write_segment`] and [`SegmentParts`]
//! do the same on several threads, into one segment. A [`SegmentSource`] reads it back, and its
//! clones on several threads; [`hide_voided`] spares a restore what later layers have replaced.

mod block;
mod cancel;
mod chain;
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
mod parts;
mod sink;
mod source;
mod unpack;

pub use cancel::CancelFlag;
pub use chain::hide_voided;
pub use input::SegmentInput;
pub use options::{Compression, SegmentOptions};
pub use output::{SegmentOutput, WrittenSegment};
pub use parts::{SegmentPart, SegmentParts, write_segment};
pub use sink::SegmentSink;
pub use source::SegmentSource;
