//! What becomes of the checkpoints of a job when it ends.

use std::fmt;
use std::str::FromStr;

use alluvium_state_api::StateError;

/// How a job has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobEnd {
    /// It has come to the end of its input, or was stopped with a savepoint.
    Finished,
    /// Somebody has cancelled it.
    Cancelled,
    /// It has failed, and is not restarted any more.
    Failed,
    /// Its process goes away, and another one is to go on with it.
    Suspended,
}

/// Whether checkpoints outlive their job ("externalized" retention).
///
/// | | finished | cancelled | failed | suspended |
/// |---|---|---|---|---|
/// | retain on cancellation | discard | retain | retain | retain |
/// | delete on cancellation | discard | discard | retain | discard |
/// | never retain | discard | discard | discard | discard |
///
/// That is Flink's matrix. The executor departs from it in one thing: of a job that has finished it
/// keeps the newest checkpoint, which is the record that it has. A checkpoint that is subsumed by newer ones is discarded whatever the
/// policy; a savepoint that nobody has claimed is discarded by none.
///
/// ```
/// use alluvium_checkpoint::{ExternalizedRetention, JobEnd};
///
/// let policy: ExternalizedRetention = "DELETE_ON_CANCELLATION".parse()?;
/// assert!(policy.retains(JobEnd::Failed));
/// assert!(!policy.retains(JobEnd::Cancelled));
/// # Ok::<_, alluvium_checkpoint::StateError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ExternalizedRetention {
    /// Only those of a job that has finished are discarded. The default, other than Flink's: whoever
    /// keeps checkpoints in a place that outlives the process wants to go on from them.
    #[default]
    RetainOnCancellation,
    /// A job that has failed leaves them behind, one that was cancelled does not.
    DeleteOnCancellation,
    /// They go with the job, however it ends.
    NeverRetain,
}

impl ExternalizedRetention {
    /// Whether the checkpoints of a job are kept when it ends so.
    pub fn retains(self, end: JobEnd) -> bool {
        match (self, end) {
            (_, JobEnd::Finished) | (Self::NeverRetain, _) => false,
            (Self::RetainOnCancellation, _) => true,
            (Self::DeleteOnCancellation, end) => end == JobEnd::Failed,
        }
    }

    /// The name of the option in configuration files.
    pub const OPTION: &str = "execution.checkpointing.externalized-checkpoint-retention";

    const NAMES: [(&str, Self); 4] = [
        ("RETAIN_ON_CANCELLATION", Self::RetainOnCancellation),
        ("DELETE_ON_CANCELLATION", Self::DeleteOnCancellation),
        ("NEVER_RETAIN", Self::NeverRetain),
        ("NO_EXTERNALIZED_CHECKPOINTS", Self::NeverRetain),
    ];
}

impl fmt::Display for ExternalizedRetention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Self::NAMES.iter();
        let name = names.find(|(_, policy)| policy == self);
        f.write_str(name.map_or("", |(name, _)| name))
    }
}

impl FromStr for ExternalizedRetention {
    type Err = StateError;

    /// Reads one of the names that Flink has, in capitals or not, with `_`, `-` or blanks between
    /// the words; `NEVER_RETAIN` as well.
    fn from_str(text: &str) -> Result<Self, StateError> {
        let name = text.trim().to_ascii_uppercase().replace(['-', ' '], "_");
        let mut names = Self::NAMES.iter();
        match names.find(|(known, _)| *known == name) {
            Some((_, policy)) => Ok(*policy),
            None => {
                let known: Vec<_> = Self::NAMES.iter().map(|(known, _)| *known).collect();
                Err(StateError::misuse(format!(
                    "'{}' must be one of {}, found '{text}'",
                    Self::OPTION,
                    known.join(", ")
                )))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k16_the_matrix_is_flinks() {
        use ExternalizedRetention::{DeleteOnCancellation, NeverRetain, RetainOnCancellation};
        use JobEnd::{Cancelled, Failed, Finished, Suspended};
        for (policy, retained) in [
            (RetainOnCancellation, [false, true, true, true]),
            (DeleteOnCancellation, [false, false, true, false]),
            (NeverRetain, [false; 4]),
        ] {
            let found = [Finished, Cancelled, Failed, Suspended].map(|end| policy.retains(end));
            assert_eq!(found, retained, "{policy}");
        }
    }

    #[test]
    fn names_are_read_as_people_write_them() {
        for (policy, name) in [
            (
                ExternalizedRetention::RetainOnCancellation,
                "retain on cancellation",
            ),
            (
                ExternalizedRetention::DeleteOnCancellation,
                "delete-on-cancellation",
            ),
            (
                ExternalizedRetention::NeverRetain,
                "no_externalized_checkpoints",
            ),
        ] {
            assert_eq!(name.parse::<ExternalizedRetention>().unwrap(), policy);
            assert_eq!(
                policy.to_string().parse::<ExternalizedRetention>().unwrap(),
                policy
            );
        }
        let error = "sometimes".parse::<ExternalizedRetention>().unwrap_err();
        for part in [ExternalizedRetention::OPTION, "NEVER_RETAIN", "'sometimes'"] {
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
