//! Finding the snapshot that a path means.

use crate::args::Reading;
use alluvium::checkpoint::storage::StorageOptions;
use alluvium::checkpoint::{
    JobId, OfflineOptions, OfflineSnapshot, PublishedCheckpoint, Storage, inspect, open_published,
};
use alluvium::config::Location;
use alluvium::{Result, StateError};
use std::sync::Arc;

const METADATA: &str = "_metadata";
const LOG: &str = "log";

/// What lies at a path.
pub(super) enum Found {
    /// One snapshot.
    Snapshot(Place),
    /// Jobs with their checkpoints.
    Jobs {
        /// Their root.
        storage: Arc<dyn Storage>,
        /// At least one.
        jobs: Vec<JobId>,
    },
}

/// Where one snapshot lies.
pub(super) struct Place {
    storage: Arc<dyn Storage>,
    /// The folder of its metadata.
    folder: String,
    /// The job in whose log it was found, and what that says about it.
    published: Option<(JobId, PublishedCheckpoint)>,
    options: OfflineOptions,
}

impl Place {
    /// The snapshot that `path` means.
    ///
    /// # Errors
    /// `Misuse` if there is none, or there are several; `Corrupt`, `Incompatible` or `Storage` if
    /// what says so cannot be read.
    pub(super) fn find(path: &str, reading: &Reading) -> Result<Self> {
        let mut all = Self::newest(path, reading)?;
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
    fn newest(path: &str, reading: &Reading) -> Result<Vec<(String, Self)>> {
        let mut newest = Vec::new();
        for (job, mut published) in Self::search(path, reading)? {
            if let Some(last) = published.pop() {
                newest.push((job, last));
            }
        }
        Ok(newest)
    }

    /// The snapshot at `path`, or all that are published of each job there, oldest first.
    fn search(path: &str, reading: &Reading) -> Result<Vec<(String, Vec<Self>)>> {
        match Found::look(path, reading)? {
            Found::Snapshot(place) => Ok(vec![(String::new(), vec![place])]),
            Found::Jobs { storage, jobs } => {
                let jobs = jobs.iter();
                jobs.map(|job| {
                    Ok((
                        job.to_string(),
                        Self::of_job(&storage, job, reading.options)?,
                    ))
                })
                .collect()
            }
        }
    }

    /// All that are published of a job, oldest first.
    ///
    /// # Errors
    /// As [`inspect`].
    pub(super) fn of_job(
        storage: &Arc<dyn Storage>,
        job: &JobId,
        options: OfflineOptions,
    ) -> Result<Vec<Self>> {
        let Some(found) = inspect(Arc::clone(storage), job)? else {
            return Ok(Vec::new());
        };
        let published = found.checkpoints.into_iter().map(|published| {
            let path = published.path.as_str();
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            Self {
                storage: Arc::clone(storage),
                folder: format!("{job}/{folder}"),
                published: Some((job.clone(), published)),
                options,
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
        let (storage, options) = (Arc::clone(&self.storage), self.options);
        match &self.published {
            None => OfflineSnapshot::load_with(storage, &self.folder, options),
            Some((job, published)) => {
                let stored = open_published(storage, job, published, options.stored)?;
                Ok(OfflineSnapshot::from(stored).with_options(options))
            }
        }
    }
}

impl Found {
    /// Looks what lies at `path`, which may be a URL; nothing is written there.
    ///
    /// # Errors
    /// `Misuse` if there is neither a snapshot nor a job; `Storage`.
    pub(super) fn look(path: &str, reading: &Reading) -> Result<Self> {
        let options = reading.storage.clone().with_probe(false);
        let place = existing(path)?;
        // From above: what a snapshot shares with others lies beside it.
        let Some((root, name)) = place.split() else {
            // Of all that it could be, the root of a store is only this.
            return Self::jobs(path, place.open(&options)?);
        };
        let storage = root.open(&options)?;
        if storage.exists(&format!("{name}/{METADATA}"))? {
            return Ok(Self::Snapshot(Place {
                storage,
                folder: name,
                published: None,
                options: reading.options,
            }));
        }
        if is_job(&*storage, &name)? {
            let jobs = vec![JobId::new(&name)?];
            return Ok(Self::Jobs { storage, jobs });
        }
        Self::jobs(path, place.open(&options)?)
    }

    fn jobs(path: &str, storage: Arc<dyn Storage>) -> Result<Self> {
        let mut jobs = Vec::new();
        for name in storage.list("")? {
            // Whatever else lies there is none of ours.
            let Ok(job) = JobId::new(&name) else { continue };
            if is_job(&*storage, &name)? {
                jobs.push(job);
            }
        }
        if jobs.is_empty() {
            return Err(nothing(path));
        }
        Ok(Self::Jobs { storage, jobs })
    }
}

fn is_job(storage: &dyn Storage, folder: &str) -> Result<bool> {
    let path = storage.local_path(folder);
    if path.is_some_and(|path| !path.is_dir()) {
        return Ok(false);
    }
    Ok(!storage.list(&format!("{folder}/{LOG}"))?.is_empty())
}

/// The place of something that exists, with all its folders, and without `_metadata`.
fn existing(path: &str) -> Result<Location> {
    let place = Location::new(path)?;
    let found = match place.local_path() {
        None => place,
        Some(local) => {
            let found = std::fs::canonicalize(local).map_err(|error| {
                StateError::misuse(format!("cannot look at '{path}'")).with_source(error)
            })?;
            if found.is_file() && found.file_name().is_none_or(|name| name != METADATA) {
                return Err(StateError::misuse(format!(
                    "'{path}' is a file, and not called {METADATA}"
                )));
            }
            found.into()
        }
    };
    Ok(match found.split() {
        Some((folder, name)) if name == METADATA => folder,
        _ => found,
    })
}

/// The store at `path`, to be written to.
pub(super) fn storage_at(path: &str, options: &StorageOptions) -> Result<Arc<dyn Storage>> {
    Location::new(path)?.open(options)
}

/// The store around `path`, to be written to, and the name of its last folder.
pub(super) fn folder_at(
    path: &str,
    options: &StorageOptions,
) -> Result<(Arc<dyn Storage>, String)> {
    let Some((root, name)) = Location::new(path)?.absolute()?.split() else {
        return Err(StateError::misuse(format!(
            "'{path}' is no folder inside of another: name one in it"
        )));
    };
    Ok((root.open(options)?, name))
}

fn nothing(path: &str) -> StateError {
    StateError::misuse(format!(
        "'{path}' is neither a checkpoint or savepoint (it holds no {METADATA}), nor a root with a \
         job (no folder in it holds a {LOG}) that has published a checkpoint"
    ))
}
