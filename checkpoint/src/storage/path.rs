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

/// Checks that `path` names a folder inside the store, or its root.
///
/// # Errors
/// As [`check_path`].
pub(super) fn check_folder(path: &str) -> Result<()> {
    if path.is_empty() {
        return Ok(());
    }
    check_path(path)
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name != "."
        && name != ".."
        && !name.starts_with(UNFINISHED)
        && !name.contains(['\\', '\0'])
}
