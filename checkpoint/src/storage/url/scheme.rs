//! The kinds of store that URLs name.

#[cfg(not(all(feature = "s3", feature = "hdfs")))]
use alluvium_state_api::StateError;

/// The kind of store that a URL names before `://`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Scheme {
    Memory,
    S3,
    Hdfs,
}

/// How a path of this machine is called.
pub(super) const FILE: &str = "file";

impl Scheme {
    /// The kind of this name, in any case; `s3a` is another name of `s3`.
    pub(super) fn of(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "memory" => Some(Self::Memory),
            "s3" | "s3a" => Some(Self::S3),
            "hdfs" => Some(Self::Hdfs),
            _ => None,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::S3 => "s3",
            Self::Hdfs => "hdfs",
        }
    }

    /// The error for a kind that was left out of this program.
    #[cfg(not(all(feature = "s3", feature = "hdfs")))]
    pub(super) fn not_built_in(self, location: &super::Location) -> StateError {
        let scheme = self.name();
        StateError::misuse(format!(
            "'{location}' needs the cargo feature '{scheme}', with which this program was not built"
        ))
    }
}
