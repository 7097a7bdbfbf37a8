//! What keeps a decoded value in proportion to its bytes, and off the end of the stack.

use crate::data::MAX_NESTING;
use crate::error::{Result, StateError};

/// How many levels a dynamic value may have.
pub(super) const MAX_DEPTH: u32 = 512;
/// How many values, parts included, come out of no bytes at all, and out of each byte.
const FREE_PARTS: usize = 1 << 16;
const PARTS_PER_BYTE: usize = 16;

/// What is left to a decoder.
#[derive(Debug)]
pub(super) struct Bounds {
    parts: usize,
    depth: Depth,
}

/// How deep a walk through a value is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Depth {
    levels: u32,
    /// How often a type was entered again inside itself.
    again: u32,
}

/// Why a walk may not go deeper.
#[derive(Clone, Copy, Debug)]
pub(super) enum TooDeep {
    Levels,
    Again,
}

impl Depth {
    /// One level further in.
    pub(super) fn inside(self) -> Result<Self, TooDeep> {
        if self.levels >= MAX_DEPTH {
            return Err(TooDeep::Levels);
        }
        let levels = self.levels + 1;
        Ok(Self { levels, ..self })
    }

    /// Into a type that encloses this place.
    pub(super) fn again(self) -> Result<Self, TooDeep> {
        if self.again >= MAX_NESTING {
            return Err(TooDeep::Again);
        }
        let again = self.again + 1;
        Ok(Self { again, ..self })
    }
}

impl TooDeep {
    pub(super) fn message(self) -> String {
        match self {
            Self::Levels => {
                format!("a dynamic value has at most {MAX_DEPTH} levels, found more")
            }
            Self::Again => format!("a value is nested deeper than {MAX_NESTING} levels"),
        }
    }

    #[cold]
    fn into_error(self) -> StateError {
        match self {
            Self::Levels => StateError::new(crate::ErrorKind::LimitExceeded, self.message()),
            Self::Again => StateError::corrupt(self.message()),
        }
    }
}

impl Bounds {
    /// The bounds of what comes out of `bytes` bytes.
    pub(super) fn of(bytes: usize) -> Self {
        Self {
            parts: FREE_PARTS.saturating_add(bytes.saturating_mul(PARTS_PER_BYTE)),
            depth: Depth::default(),
        }
    }

    /// Decodes one part, one level further in.
    pub(super) fn part<R>(&mut self, decode: impl FnOnce(&mut Self) -> Result<R>) -> Result<R> {
        self.parts = self.parts.checked_sub(1).ok_or_else(too_many)?;
        let outside = self.depth;
        self.depth = outside.inside().map_err(TooDeep::into_error)?;
        let decoded = decode(self);
        self.depth = outside;
        decoded
    }

    /// Decodes a type that encloses this place.
    pub(super) fn again<R>(&mut self, decode: impl FnOnce(&mut Self) -> Result<R>) -> Result<R> {
        let outside = self.depth;
        self.depth = outside.again().map_err(TooDeep::into_error)?;
        let decoded = decode(self);
        self.depth = outside;
        decoded
    }
}

#[cold]
fn too_many() -> StateError {
    StateError::new(
        crate::ErrorKind::LimitExceeded,
        format!(
            "a dynamic value has at most {FREE_PARTS} parts and {PARTS_PER_BYTE} more for each of \
             its bytes, found more"
        ),
    )
}
