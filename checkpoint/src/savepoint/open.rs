//! Opening a snapshot by its place.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use alluvium_state_api::{Result, StateError};

use super::METADATA;
use crate::files::{StoredSnapshot, StoredSnapshotOptions};
use crate::storage::{Location, StorageOptions};

/// A savepoint or checkpoint that was opened by its place.
#[derive(Clone, Debug)]
pub struct OpenedSnapshot {
    /// Its folder; a path is absolute, and all its links are resolved.
    pub folder: Location,
    /// What it holds.
    pub stored: StoredSnapshot,
}

/// Opens the savepoint or checkpoint at `location`: its folder, or the `_metadata` in it. No log is
/// asked, so that it can be a copy. All its files must be there. Nothing is written: the store is
/// not [probed](crate::storage::probe), whatever `store` says. `options` bound what is read.
///
/// ```no_run
/// use alluvium_checkpoint::storage::{Location, StorageOptions};
/// use alluvium_checkpoint::{StoredSnapshotOptions, open_snapshot};
///
/// let place = Location::new("s3://backups/savepoint-flight-0123456789ab")?;
/// let options = StoredSnapshotOptions::default().with_max_metadata(4 << 30);
/// let opened = open_snapshot(&place, &StorageOptions::default(), options)?;
/// println!("a snapshot of '{}'", opened.stored.metadata().job_name);
/// # Ok::<(), alluvium_checkpoint::StateError>(())
/// ```
///
/// # Errors
/// All name the place. `Misuse` if there is nothing at `location`, or no `_metadata` in it;
/// `Incompatible` if a newer version wrote it; `Corrupt` if it is damaged; `LimitExceeded` if its
/// metadata is longer than `options` allow; `Storage` if it cannot be read.
pub fn open_snapshot(
    location: &Location,
    store: &StorageOptions,
    options: StoredSnapshotOptions,
) -> Result<OpenedSnapshot> {
    let folder = match location.local_path() {
        Some(path) => folder_of(path)?.into(),
        None => remote_folder(location),
    };
    let Some((above, name)) = folder.split() else {
        let why = "it has no folder of its own, or a name that is not UTF-8";
        return Err(no_snapshot(location, why));
    };
    let storage = above.open(&store.clone().with_probe(false))?;
    // Of a path that is known already. Only who reads is told that there is not even a bucket.
    let metadata = format!("{name}/{METADATA}");
    if folder.local_path().is_none() && storage.read(&metadata, 1)?.is_none() {
        return Err(no_snapshot(location, "there is no '_metadata' in it"));
    }
    let stored = StoredSnapshot::load(storage, &name, options)?;
    stored.check_files()?;
    Ok(OpenedSnapshot { folder, stored })
}

fn remote_folder(location: &Location) -> Location {
    match location.split() {
        Some((folder, name)) if name == METADATA => folder,
        _ => location.clone(),
    }
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
    let no_snapshot = |why| no_snapshot(&path.into(), why);
    if !resolved.is_file() {
        return if resolved.join(METADATA).is_file() {
            Ok(resolved)
        } else {
            Err(no_snapshot("there is no '_metadata' in it"))
        };
    }
    match resolved.parent() {
        Some(folder) if resolved.file_name().is_some_and(|name| name == METADATA) => {
            Ok(folder.to_owned())
        }
        _ => Err(no_snapshot("it is a file, but not a '_metadata'")),
    }
}

fn no_snapshot(location: &Location, why: &str) -> StateError {
    StateError::misuse(format!("'{location}' is no savepoint or checkpoint: {why}"))
}
