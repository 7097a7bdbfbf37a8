//! Opening a snapshot by its path.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use alluvium_state_api::{Result, StateError};

use super::METADATA;
use crate::files::{StoredSnapshot, StoredSnapshotOptions};
use crate::storage::LocalStorage;

/// A savepoint or checkpoint that was opened by its path.
#[derive(Clone, Debug)]
pub struct OpenedSnapshot {
    /// Its folder, as an absolute path.
    pub folder: PathBuf,
    /// What it holds.
    pub stored: StoredSnapshot,
}

/// Opens the savepoint or checkpoint at `path`: its folder, or the `_metadata` in it. No log is
/// asked, so that it can be a copy. All its files must be there.
///
/// # Errors
/// All name the path. `Misuse` if there is nothing at `path`, or no `_metadata` in it;
/// `Incompatible` if a newer version wrote it; `Corrupt` if it is damaged; `LimitExceeded`;
/// `Storage` if it cannot be read.
pub fn open_snapshot(path: &Path) -> Result<OpenedSnapshot> {
    let folder = folder_of(path)?;
    let (Some(above), Some(name)) = (folder.parent(), folder.file_name()) else {
        return Err(no_snapshot(path, "it has no folder of its own"));
    };
    let Some(name) = name.to_str() else {
        return Err(no_snapshot(path, "its name is not UTF-8"));
    };
    let storage = Arc::new(LocalStorage::open(above)?);
    let stored = StoredSnapshot::load(storage, name, StoredSnapshotOptions::default())?;
    stored.check_files()?;
    Ok(OpenedSnapshot { folder, stored })
}

/// The folder of the snapshot that `path` means, as an absolute path.
fn folder_of(path: &Path) -> Result<PathBuf> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => StateError::misuse(format!(
            "there is no savepoint or checkpoint at '{}': no such file or directory",
            path.display()
        )),
        _ => StateError::storage(format!("cannot read '{}'", path.display())).with_source(error),
    };
    // Resolved, so that `.` and links have a folder above them.
    let resolved = path.canonicalize().map_err(failed)?;
    if !resolved.is_file() {
        return if resolved.join(METADATA).is_file() {
            Ok(resolved)
        } else {
            Err(no_snapshot(path, "there is no '_metadata' in it"))
        };
    }
    match resolved.parent() {
        Some(folder) if resolved.file_name().is_some_and(|name| name == METADATA) => {
            Ok(folder.to_owned())
        }
        _ => Err(no_snapshot(path, "it is a file, but not a '_metadata'")),
    }
}

fn no_snapshot(path: &Path, why: &str) -> StateError {
    StateError::misuse(format!(
        "'{}' is no savepoint or checkpoint: {why}",
        path.display()
    ))
}
