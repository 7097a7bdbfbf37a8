//! How operator state is dealt out.

use crate::error::{Result, StateError};
use std::fmt;

/// How an operator state is dealt out to subtasks at restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperatorStateKind {
    /// A list whose elements go to exactly one subtask each, in contiguous runs.
    SplitList,
    /// A list of which every subtask gets all elements of all.
    UnionList,
    /// A map that is the same in all subtasks; each gets one copy.
    Broadcast,
}

impl OperatorStateKind {
    /// The number that stands for the kind in snapshots.
    pub const fn code(self) -> u8 {
        match self {
            Self::SplitList => 1,
            Self::UnionList => 2,
            Self::Broadcast => 3,
        }
    }

    /// The kind that `code` stands for.
    ///
    /// # Errors
    /// `Incompatible` if it stands for none: a later version may have written it.
    pub fn from_code(code: u8) -> Result<Self> {
        Ok(match code {
            1 => Self::SplitList,
            2 => Self::UnionList,
            3 => Self::Broadcast,
            _ => {
                return Err(StateError::incompatible(format!(
                    "operator state kinds have the codes 1 to 3, found {code}"
                )));
            }
        })
    }
}

impl fmt::Display for OperatorStateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SplitList => "split list",
            Self::UnionList => "union list",
            Self::Broadcast => "broadcast",
        })
    }
}
