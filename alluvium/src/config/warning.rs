//! What is to be said about a value that is accepted.

use std::fmt;

/// Something about a configuration that works, but should be changed. Logged when it is
/// found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    key: &'static str,
    message: String,
}

impl Warning {
    /// Logs it too.
    pub(super) fn new(key: &'static str, message: String) -> Self {
        tracing::warn!(option = key, "{message}");
        Self { key, message }
    }

    /// The option in question, by its present name.
    pub const fn key(&self) -> &'static str {
        self.key
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
