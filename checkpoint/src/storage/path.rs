//! Which paths a store takes.

use alluvium_state_api::{Result, StateError};

/// How names of unfinished files begin; no object may be called so.
pub(super) const UNFINISHED: &str = ".tmp-";

/// Checks that `path` names a place inside the store and nothing else.
///
/// # Errors
/// `Misuse`, naming the path.
pub(crate) fn check_path(path: &str) -> Result<()> {
    if path.split('/').all(is_name) {
        return Ok(());
    }
    Err(StateError::misuse(format!(
        "'{path}' is not a relative path of plain names"
    )))
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name != "."
        && name != ".."
        && !name.starts_with(UNFINISHED)
        && !name.contains(['\\', '\0'])
}
