//! What a job starts from.

use crate::config::value::{ClaimMode, Location};
use crate::config::{Configuration, options};

/// What a job starts from, and what becomes of it.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// The savepoint or checkpoint; `None` is the newest checkpoint of the job.
    pub path: Option<Location>,
    /// Whom the savepoint belongs to.
    pub claim: ClaimMode,
    /// Whether state that no operator claims is left behind.
    pub ignore_unclaimed_state: bool,
}

pub(super) fn recovery(configuration: &Configuration) -> Recovery {
    Recovery {
        path: configuration.get(&options::RECOVERY_PATH),
        claim: configuration.get(&options::CLAIM_MODE),
        ignore_unclaimed_state: configuration.get(&options::IGNORE_UNCLAIMED_STATE),
    }
}
