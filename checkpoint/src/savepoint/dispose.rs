//! Deleting a savepoint.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use alluvium_state_api::{Result, StateError};

use super::{METADATA, is_savepoint, open_snapshot};
use crate::files::FilePlace;

/// Deletes the savepoint at `path`, its folder or the `_metadata` in it: exactly its files,
/// `_metadata` first, so that what a crash leaves is no savepoint any more; then the folder, unless
/// something else is in it. Returns the folder.
///
/// # Errors
/// `Misuse` if it is no savepoint but a checkpoint, which its job deletes. All others as
/// [`open_snapshot`] says: what cannot be read is not deleted. `Storage` if it cannot be deleted.
pub fn dispose(path: &Path) -> Result<PathBuf> {
    let opened = open_snapshot(path)?;
    let (metadata, folder) = (opened.stored.metadata(), opened.folder);
    if !is_savepoint(metadata) {
        return Err(StateError::misuse(format!(
            "'{}' is not deleted: it is no savepoint, but checkpoint {} of job '{}', which deletes \
             it itself",
            path.display(),
            metadata.checkpoint,
            metadata.job_id
        )));
    }
    remove(&folder.join(METADATA))?;
    sync(&folder)?;
    for file in opened.stored.file_refs() {
        if file.place == FilePlace::Own {
            remove(&folder.join(&file.name))?;
        }
    }
    // Something of somebody else's may be in it.
    if fs::remove_dir(&folder).is_ok()
        && let Some(above) = folder.parent()
    {
        // That it is empty is known already.
        drop(sync(above));
    }
    Ok(folder)
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(cannot_delete(path, error)),
        _ => Ok(()),
    }
}

fn sync(folder: &Path) -> Result<()> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| cannot_delete(folder, error))
}

fn cannot_delete(path: &Path, error: std::io::Error) -> StateError {
    StateError::storage(format!("cannot delete '{}'", path.display())).with_source(error)
}
