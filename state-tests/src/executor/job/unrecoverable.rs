//! Errors that a restart cannot help.

use alluvium::{ErrorKind, StateError};
use std::error::Error;
use std::fmt;

/// Marks an error that no restart can help.
#[derive(Debug)]
struct Unrecoverable;

impl fmt::Display for Unrecoverable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a restart cannot help")
    }
}

impl Error for Unrecoverable {}

/// The same error, marked so that the job fails with it at once instead of restarting: the input
/// is bad, say, and will be bad again.
pub fn unrecoverable(error: StateError) -> StateError {
    StateError::new(error.kind(), error.to_string()).with_source(Unrecoverable)
}

pub(super) fn is_unrecoverable(error: &StateError) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<Unrecoverable>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Whether what kept a task from being opened may have passed when it is opened again.
pub(super) fn may_pass(error: &StateError) -> bool {
    let lasting = matches!(
        error.kind(),
        ErrorKind::Misuse | ErrorKind::Incompatible | ErrorKind::Corrupt
    );
    !lasting && !is_unrecoverable(error)
}
