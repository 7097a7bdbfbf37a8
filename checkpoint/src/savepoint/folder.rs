//! The folder of a savepoint in the making.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use alluvium_state_api::{Result, SnapshotLimits, StateError};

use super::METADATA;
use crate::files::{SnapshotFolder, StoredSnapshotOptions, check_metadata_size};
use crate::storage::{Created, Location, Storage, StorageOptions};
use crate::subtask::CheckpointMetadata;

/// The property of a snapshot's metadata that tells what kind of snapshot it is, if not a
/// checkpoint.
const KIND: &str = "alluvium.kind";
const SAVEPOINT: &[u8] = b"savepoint";

/// How much of a job's id is in the name of its savepoints, in characters.
const JOB_CHARACTERS: usize = 6;
/// The random bits that are.
const RANDOM: u64 = (1 << 48) - 1;

/// Marks `metadata` as that of a savepoint.
pub fn mark_savepoint(metadata: &mut CheckpointMetadata) {
    metadata
        .properties
        .insert(KIND.to_owned(), SAVEPOINT.to_vec());
}

/// Whether `metadata` is that of a savepoint.
pub fn is_savepoint(metadata: &CheckpointMetadata) -> bool {
    metadata
        .properties
        .get(KIND)
        .is_some_and(|kind| kind == SAVEPOINT)
}

/// Where a savepoint is about to be written: `savepoint-<job>-<random>` in the target directory.
///
/// Until [`write`](Self::write) has succeeded nothing of it stays: what was written goes when this
/// and all others who hold its [files](Self::files) have gone.
pub struct SavepointFolder {
    storage: Arc<dyn Storage>,
    /// Its folder.
    location: Location,
    name: String,
    /// How the store is opened once more.
    options: StorageOptions,
    /// Most bytes of its metadata.
    max_metadata: u64,
    files: Arc<SnapshotFolder>,
    /// Behind the files, as they have to go before.
    _made_target: Option<MadeTarget>,
}

/// A target directory that was made for the savepoint: it goes with it, if nothing is there.
struct MadeTarget(PathBuf);

impl Drop for MadeTarget {
    fn drop(&mut self) {
        drop(std::fs::remove_dir(&self.0));
    }
}

impl SavepointFolder {
    /// A folder in `target`, which is made if it is missing, for a savepoint of `job`. The 48
    /// lowest bits of `random` set it apart from all others. Tries out whether it can be written
    /// to; nothing of that stays.
    ///
    /// # Errors
    /// `Storage` naming the directory, if it cannot be written to; `Misuse` if this build has no
    /// such kind of store, or `options` are not in order.
    pub fn prepare(
        target: &Location,
        options: &StorageOptions,
        job: &str,
        random: u64,
    ) -> Result<Self> {
        let target = target.absolute()?;
        let missing = target.local_path().filter(|path| !path.exists());
        let made_target = missing.map(|path| MadeTarget(path.to_owned()));
        let cannot = |error: StateError| {
            error.context(format_args!("savepoints cannot be written to '{target}'"))
        };
        let storage = target.open(options).map_err(cannot)?;
        let name = name(job, random);
        let files = SnapshotFolder::savepoint(Arc::clone(&storage), &*name)?;
        let folder = Self {
            storage,
            location: target.join(&name),
            name,
            options: options.clone(),
            max_metadata: StoredSnapshotOptions::default().max_metadata,
            files: Arc::new(files),
            _made_target: made_target,
        };
        let probe = format!("{}/probe", folder.name);
        let tried = folder
            .storage
            .create(&probe, b"")
            .and_then(|_| folder.storage.delete(&probe));
        if let Err(error) = tried {
            drop(folder.storage.delete(&probe));
            return Err(cannot(error));
        }
        Ok(folder)
    }

    /// The same, with metadata of at most so many bytes. Default 1 GiB: nobody reads more unless
    /// told to.
    pub const fn with_max_metadata(mut self, bytes: u64) -> Self {
        self.max_metadata = bytes;
        self
    }

    /// The folder.
    pub const fn location(&self) -> &Location {
        &self.location
    }

    /// Takes the files of the savepoint while it is written.
    pub const fn files(&self) -> &Arc<SnapshotFolder> {
        &self.files
    }

    /// Completes the savepoint durably, with `metadata` marked as that of one; its size in bytes,
    /// that of its files included.
    ///
    /// # Errors
    /// As [`CheckpointMetadata::to_bytes`] says; `LimitExceeded` if it is over one of `limits`, or the
    /// metadata longer than [`with_max_metadata`](Self::with_max_metadata) allows; `Storage` if it cannot be written. Then nothing of it is left behind, if the directory lets
    /// it be removed.
    pub fn write(&self, metadata: &CheckpointMetadata, limits: &SnapshotLimits) -> Result<u64> {
        let mut metadata = metadata.clone();
        mark_savepoint(&mut metadata);
        let bytes = metadata.to_bytes()?;
        let length = bytes.len() as u64;
        metadata.check_limit(length, limits)?;
        let path = self.metadata();
        let place = self.storage.locate(&path);
        check_metadata_size(&place, length, self.max_metadata)?;
        match self.storage.create(&path, &bytes) {
            Ok(Created::New) => {}
            Ok(Created::Exists) => {
                return Err(StateError::storage(format!(
                    "'{place}' exists already and is left as it is"
                )));
            }
            // It may stand there all the same.
            Err(error) => {
                self.discard();
                return Err(error);
            }
        }
        self.files.keep();
        let files: BTreeSet<_> = metadata.files().collect();
        let files: u64 = files.into_iter().map(|file| file.length).sum();
        Ok(files + bytes.len() as u64)
    }

    /// Removes a savepoint that stands already; what cannot be removed is logged.
    pub fn discard(&self) {
        let metadata = self.metadata();
        let written = self.storage.exists(&metadata);
        if matches!(written, Ok(false)) {
            return;
        }
        // It was held in memory when it was written.
        let whole = StoredSnapshotOptions::default().with_max_metadata(u64::MAX);
        let removed = match super::dispose(&self.location, &self.options, whole) {
            Ok(_) => Ok(()),
            // It is not what was written: at least nobody will take it for a savepoint.
            Err(_) => self.storage.delete(&metadata),
        };
        if let Err(error) = removed {
            tracing::warn!(%error, "a savepoint that failed could not be removed");
        }
    }

    fn metadata(&self) -> String {
        format!("{}/{METADATA}", self.name)
    }
}

impl std::fmt::Debug for SavepointFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SavepointFolder")
            .field(&self.location)
            .finish()
    }
}

fn name(job: &str, random: u64) -> String {
    let job: String = job.chars().take(JOB_CHARACTERS).collect();
    format!("savepoint-{job}-{:012x}", random & RANDOM)
}
