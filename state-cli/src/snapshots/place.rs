//! Finding the snapshot that a path means.

use alluvium::checkpoint::{
    CheckpointMetadata, JobId, LocalStorage, OfflineSnapshot, PublishedCheckpoint, SnapshotFiles,
    Storage, StoredSnapshot, inspect,
};
use alluvium::{Result, StateError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const METADATA: &str = "_metadata";
const LOG: &str = "log";
/// Most bytes of metadata that are read.
const MAX_METADATA: u64 = 1 << 32;

/// Where one snapshot lies.
pub(super) struct Place {
    storage: Arc<dyn Storage>,
    /// The folder of its metadata.
    folder: String,
    /// What the log says about it, if it was found there.
    published: Option<PublishedCheckpoint>,
}

impl Place {
    /// The snapshot that `path` means.
    ///
    /// # Errors
    /// `Misuse` if there is none, or there are several; `Corrupt`, `Incompatible` or `Storage` if
    /// what says so cannot be read.
    pub(super) fn find(path: &str) -> Result<Self> {
        let mut all = Self::newest(path)?;
        match (all.pop(), all.is_empty()) {
            (Some((_, one)), true) => Ok(one),
            (Some((last, _)), false) => {
                let others = all.into_iter().map(|(job, _)| job);
                let jobs: Vec<_> = others.chain([last]).map(|job| format!("'{job}'")).collect();
                Err(StateError::misuse(format!(
                    "'{path}' holds the jobs {}: name one, as {path}/JOB",
                    jobs.join(", ")
                )))
            }
            (None, _) => Err(nothing(path)),
        }
    }

    /// The snapshot at `path`, or the newest of each job there, with the job's name.
    fn newest(path: &str) -> Result<Vec<(String, Self)>> {
        let mut newest = Vec::new();
        for (job, mut published) in Self::search(path)? {
            if let Some(last) = published.pop() {
                newest.push((job, last));
            }
        }
        Ok(newest)
    }

    /// The snapshot at `path`, or all that are published of each job there, oldest first.
    pub(super) fn search(path: &str) -> Result<Vec<(String, Vec<Self>)>> {
        let given = Path::new(path);
        let found = std::fs::canonicalize(given);
        let mut found = found.map_err(|error| {
            StateError::misuse(format!("cannot look at '{path}'")).with_source(error)
        })?;
        if found.is_file() {
            if found.file_name().is_none_or(|name| name != METADATA) {
                return Err(StateError::misuse(format!(
                    "'{path}' is a file, and not called {METADATA}"
                )));
            }
            found.pop();
        }
        if found.join(METADATA).is_file() {
            return Ok(vec![(String::new(), vec![Self::of_folder(&found)?])]);
        }
        if found.join(LOG).is_dir() {
            let (root, job) = split(&found)?;
            return Ok(vec![(job.clone(), Self::of_job(&root, &job)?)]);
        }
        let storage = LocalStorage::open(&found)?;
        let names = storage.list("")?;
        let jobs = names
            .into_iter()
            .filter(|name| found.join(name).join(LOG).is_dir());
        let jobs = jobs.map(|job| Ok((job.clone(), Self::of_job(&found, &job)?)));
        let jobs: Vec<_> = jobs.collect::<Result<_>>()?;
        if jobs.is_empty() {
            return Err(nothing(path));
        }
        Ok(jobs)
    }

    /// The snapshot in a folder, from above: what it shares with others lies beside it.
    fn of_folder(folder: &Path) -> Result<Self> {
        let (root, folder) = split(folder)?;
        Ok(Self {
            storage: Arc::new(LocalStorage::open(root)?),
            folder,
            published: None,
        })
    }

    fn of_job(root: &Path, job: &str) -> Result<Vec<Self>> {
        let storage: Arc<dyn Storage> = Arc::new(LocalStorage::open(root)?);
        let job = JobId::new(job)?;
        let Some(found) = inspect(Arc::clone(&storage), &job)? else {
            return Ok(Vec::new());
        };
        let published = found.checkpoints.into_iter().map(|published| {
            let path = published.path.as_str();
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            Self {
                storage: Arc::clone(&storage),
                folder: format!("{job}/{folder}"),
                published: Some(published),
            }
        });
        Ok(published.collect())
    }

    /// How people find it.
    pub(super) fn locate(&self) -> String {
        self.storage.locate(&self.folder)
    }

    /// Opens the snapshot.
    ///
    /// # Errors
    /// `Corrupt` naming place and offset; `Incompatible`; `LimitExceeded`; `Storage`.
    pub(super) fn open(&self) -> Result<OfflineSnapshot> {
        let path = format!("{}/{METADATA}", self.folder);
        let place = self.storage.locate(&path);
        let named = |error: StateError| error.context(format_args!("'{place}'"));
        let Some(bytes) = self.storage.read(&path, MAX_METADATA + 1)? else {
            return Err(named(StateError::corrupt("it is missing")));
        };
        if bytes.len() as u64 > MAX_METADATA {
            let length = bytes.len() as u64;
            return Err(named(StateError::limit(
                "the metadata",
                length,
                MAX_METADATA,
                "none",
            )));
        }
        self.check_published(&bytes).map_err(named)?;
        let metadata = CheckpointMetadata::from_bytes(&bytes).map_err(named)?;
        let files = SnapshotFiles::new(Arc::clone(&self.storage), &*self.folder)?;
        Ok(StoredSnapshot::new(metadata, files).into())
    }

    /// Checks the metadata against what was published.
    fn check_published(&self, bytes: &[u8]) -> Result<()> {
        let Some(published) = &self.published else {
            return Ok(());
        };
        let (length, crc) = (bytes.len() as u64, crc32fast::hash(bytes));
        if (length, crc) == (published.length, published.crc) {
            return Ok(());
        }
        Err(StateError::corrupt(format!(
            "expected {} bytes with the checksum {:#010x}, as published, found {length} with \
             {crc:#010x}",
            published.length, published.crc
        )))
    }
}

fn split(folder: &Path) -> Result<(PathBuf, String)> {
    let shown = || folder.display();
    let (Some(root), Some(name)) = (folder.parent(), folder.file_name()) else {
        return Err(StateError::misuse(format!(
            "'{}' is no folder of a snapshot",
            shown()
        )));
    };
    let name = name
        .to_str()
        .ok_or_else(|| StateError::misuse(format!("the name of '{}' is not UTF-8", shown())))?;
    Ok((root.to_owned(), name.to_owned()))
}

fn nothing(path: &str) -> StateError {
    StateError::misuse(format!(
        "'{path}' is neither a checkpoint or savepoint (it holds no {METADATA}), nor a root with a \
         job (no folder in it holds a {LOG}) that has published a checkpoint"
    ))
}
