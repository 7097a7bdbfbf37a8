//! The one error type of the contract.

use std::error::Error;
use std::fmt;

/// What a caller can do about a failure. Coarse on purpose: the detail stands in the message.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A wrong call (wrong handle, key outside the range, name registered twice): fix the program.
    Misuse,
    /// Stored state does not fit the program (schema, kind, max parallelism): migrate the state or
    /// change the program.
    Incompatible,
    /// Stored bytes are damaged: restore another checkpoint.
    Corrupt,
    /// Storage refused: retry, or restore from the last checkpoint.
    Storage,
    /// A configured limit was passed: raise the limit that the message names.
    LimitExceeded,
    /// The work was given up because somebody asked for it or dropped it.
    Cancelled,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Misuse => "misuse",
            Self::Incompatible => "incompatible",
            Self::Corrupt => "corrupt",
            Self::Storage => "storage",
            Self::LimitExceeded => "limit exceeded",
            Self::Cancelled => "cancelled",
        })
    }
}

/// An error of any part of Alluvium: a [kind](ErrorKind) for the program, a sentence for people,
/// and the cause below it, if there is one.
///
/// Boxed inside, so that a `Result` on a hot path is one word larger than its value at most.
///
/// ```
/// use alluvium_state_api::{ErrorKind, StateError};
/// let error = StateError::misuse("state 'count' is registered twice");
/// assert_eq!(error.kind(), ErrorKind::Misuse);
/// assert_eq!(error.to_string(), "state 'count' is registered twice");
/// ```
pub struct StateError(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The result of a state operation.
pub type Result<T, E = StateError> = std::result::Result<T, E>;

impl StateError {
    /// An error of `kind` that says `message`: a sentence that names the state, path or option,
    /// what was expected and what was found.
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            source: None,
        }))
    }

    /// The same error with `source` as the cause below it.
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error, told from one level higher: `context` is put before the message.
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.0.message = format!("{context}: {}", self.0.message);
        self
    }

    /// An error of kind [`ErrorKind::Misuse`].
    #[cold]
    pub fn misuse(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Misuse, message)
    }

    /// An error of kind [`ErrorKind::Incompatible`].
    #[cold]
    pub fn incompatible(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Incompatible, message)
    }

    /// An error of kind [`ErrorKind::Corrupt`].
    #[cold]
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Corrupt, message)
    }

    /// An error of kind [`ErrorKind::Storage`].
    #[cold]
    pub fn storage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Storage, message)
    }

    /// An error of kind [`ErrorKind::LimitExceeded`] that names what passed the limit, by how
    /// much, and the option that raises it.
    #[cold]
    pub fn limit(what: impl fmt::Display, size: u64, limit: u64, option: &str) -> Self {
        Self::new(
            ErrorKind::LimitExceeded,
            format!("{what} is {size}, over the limit of {limit} set by '{option}'"),
        )
    }

    /// An error of kind [`ErrorKind::LimitExceeded`] about a limit that no option sets: what has this
    /// size, the size, and the limit.
    #[cold]
    pub fn fixed_limit(what: impl fmt::Display, size: u64, limit: u64) -> Self {
        Self::new(
            ErrorKind::LimitExceeded,
            format!("{what} is {size}, over the fixed limit of {limit}"),
        )
    }

    /// An error of kind [`ErrorKind::Cancelled`].
    #[cold]
    pub fn cancelled(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Cancelled, message)
    }

    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The sentence without its causes.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            // A `StateError` below prints its own causes.
            cause = if error.is::<Self>() {
                None
            } else {
                error.source()
            };
        }
        Ok(())
    }
}

impl fmt::Debug for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateError")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("source", &self.0.source)
            .finish()
    }
}

impl Error for StateError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_tells_the_whole_chain_once() {
        let io = std::io::Error::other("disk on fire");
        let low = StateError::storage("cannot write 'a'").with_source(io);
        let high = StateError::storage("checkpoint 3 failed")
            .with_source(low)
            .context("job x");
        assert_eq!(
            high.to_string(),
            "job x: checkpoint 3 failed: cannot write 'a': disk on fire"
        );
    }

    #[test]
    fn limit_names_the_option() {
        let error = StateError::limit("the snapshot of subtask 2", 11, 10, "state.max");
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
        assert!(error.to_string().contains("'state.max'"), "{error}");
    }
}
