//! Keyed state of a subtask: chains of segments.

use crate::files::FileRef;
use std::fmt;
use std::sync::Arc;

/// A part of the keyed state of a subtask, in the format of segments.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq)]
pub enum KeyedSegment {
    /// The segment itself.
    Inline(Arc<[u8]>),
    /// A file that holds it.
    File(FileRef),
}

impl KeyedSegment {
    /// The number of bytes of the segment.
    pub fn length(&self) -> u64 {
        match self {
            Self::Inline(bytes) => bytes.len() as u64,
            Self::File(file) => file.length,
        }
    }

    /// The file, if it lies in one.
    pub const fn file(&self) -> Option<&FileRef> {
        match self {
            Self::Inline(_) => None,
            Self::File(file) => Some(file),
        }
    }
}

// Not derived: that would print the state of a whole subtask.
impl fmt::Debug for KeyedSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(bytes) => write!(f, "Inline({} bytes)", bytes.len()),
            Self::File(file) => f.debug_tuple("File").field(file).finish(),
        }
    }
}

/// Segments that are read one after the other, each upon those before: the parts of a whole
/// snapshot, whose key groups are disjoint, then the parts of each delta, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyedChain {
    /// The segments; never empty in a snapshot that was read.
    pub layers: Vec<KeyedSegment>,
}

impl KeyedChain {
    /// A chain of one segment that is kept inside the metadata.
    pub fn inline(segment: impl Into<Arc<[u8]>>) -> Self {
        Self {
            layers: vec![KeyedSegment::Inline(segment.into())],
        }
    }

    /// The number of bytes of all its segments.
    pub fn length(&self) -> u64 {
        self.layers.iter().map(KeyedSegment::length).sum()
    }
}
