//! What checkpoints are made of, and how they are taken apart again at restore.
//!
//! | module | what it holds |
//! |---|---|
//! | `segment` | keyed state in one portable format: its writer and its reader |
//! | `wire` | reading and writing the small parts of formats |

#![forbid(unsafe_code)]

mod segment;
mod wire;

pub use segment::{
    SegmentInput, SegmentOptions, SegmentOutput, SegmentSink, SegmentSource, WrittenSegment,
};
