//! Deleting a savepoint.

use std::fs::{self, File};

use alluvium_state_api::{Result, StateError};

use super::{METADATA, OpenedSnapshot, is_savepoint, open_snapshot};
use crate::files::{FilePlace, StoredSnapshotOptions};
use crate::storage::{Location, StorageOptions};

/// Deletes the savepoint at `location`, its folder or the `_metadata` in it: exactly its files,
/// `_metadata` first, so that what a crash leaves is no savepoint any more; then the folder, unless
/// something else is in it. Returns the folder.
///
/// # Errors
/// `Misuse` if it is no savepoint but a checkpoint, which its job deletes. All others as
/// [`open_snapshot`] says: what cannot be read is not deleted. `Storage` if it cannot be deleted.
pub fn dispose(
    location: &Location,
    store: &StorageOptions,
    options: StoredSnapshotOptions,
) -> Result<Location> {
    let OpenedSnapshot { folder, stored } = open_snapshot(location, store, options)?;
    let metadata = stored.metadata();
    if !is_savepoint(metadata) {
        return Err(StateError::misuse(format!(
            "'{location}' is not deleted: it is no savepoint, but checkpoint {} of job '{}', which \
             deletes it itself",
            metadata.checkpoint, metadata.job_id
        )));
    }
    let Some((above, name)) = folder.split() else {
        return Ok(folder);
    };
    let storage = above.open(&store.clone().with_probe(false))?;
    storage.delete(&format!("{name}/{METADATA}"))?;
    // Only of a directory is a deletion not durable yet.
    sync(&folder)?;
    for file in stored.file_refs() {
        if file.place == FilePlace::Own {
            storage.delete(&format!("{name}/{}", file.name))?;
        }
    }
    // Something of somebody else's may be in it; and that it is empty is known already.
    if let Some(path) = folder.local_path()
        && (!path.exists() || fs::remove_dir(path).is_ok())
    {
        drop(sync(&above));
    }
    Ok(folder)
}

fn sync(folder: &Location) -> Result<()> {
    // The folder goes with the last file in it.
    let Some(path) = folder.local_path().filter(|path| path.exists()) else {
        return Ok(());
    };
    let synced = File::open(path).and_then(|folder| folder.sync_all());
    synced.map_err(|error| {
        StateError::storage(format!("cannot delete '{folder}'")).with_source(error)
    })
}
