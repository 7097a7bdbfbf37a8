//! What sections there are.

use std::fmt;

use crate::subtask::CheckpointPartKind;

/// The kind of a section. The highest bit says that a reader must know the kind to make sense of
/// the whole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionKind(pub u16);

impl SectionKind {
    const MUST_UNDERSTAND: u16 = 0x8000;

    /// What the checkpoint says about itself; once, and first.
    pub const SUMMARY: Self = Self(1 | Self::MUST_UNDERSTAND);
    /// One operator with its subtasks.
    pub const OPERATOR: Self = Self(2 | Self::MUST_UNDERSTAND);
    /// The end mark.
    pub(super) const END: Self = Self(0xffff);

    /// Whether this version knows the kind.
    pub fn is_known(self) -> bool {
        matches!(self, Self::SUMMARY | Self::OPERATOR)
    }

    /// Whether a reader that does not know the kind must give up.
    pub fn must_be_understood(self) -> bool {
        self.0 & Self::MUST_UNDERSTAND != 0
    }
}

impl From<CheckpointPartKind> for SectionKind {
    fn from(part: CheckpointPartKind) -> Self {
        match part {
            CheckpointPartKind::Summary => Self::SUMMARY,
            CheckpointPartKind::Operator => Self::OPERATOR,
        }
    }
}

impl fmt::Display for SectionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#06x}", self.0)
    }
}

impl fmt::Debug for SectionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SectionKind({self})")
    }
}
