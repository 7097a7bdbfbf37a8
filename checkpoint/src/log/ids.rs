//! Names of jobs and of those who run them.

use std::fmt;

use alluvium_state_api::{Result, StateError};

/// The id of a job, which names its folder: 1 to 128 ASCII letters, digits, `-`, `_` and `.`, not
/// beginning with a dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(String);

impl JobId {
    /// The greatest length of an id in bytes.
    pub const MAX_LENGTH: usize = 128;

    /// The id written as `id`.
    ///
    /// # Errors
    /// `Misuse` if it cannot name a folder everywhere.
    pub fn new(id: impl Into<String>) -> Result<Self> {
        let id = id.into();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if (1..=Self::MAX_LENGTH).contains(&id.len())
            && id.bytes().all(plain)
            && !id.starts_with('.')
        {
            return Ok(Self(id));
        }
        Err(StateError::misuse(format!(
            "a job id is 1 to {} letters, digits, '-', '_' and '.' and does not begin with '.', \
             found {id:?}",
            Self::MAX_LENGTH
        )))
    }

    /// The id as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who writes a log: one run of one process. Two owners must never have the same, so it is drawn at
/// random, 128 bits, by whoever has a source of randomness.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnerId(pub [u8; 16]);

impl fmt::Display for OwnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for OwnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnerId({self})")
    }
}
