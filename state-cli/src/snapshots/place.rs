//! Finding the snapshot that a path means.

use crate::args::Reading;
use alluvium::checkpoint::storage::StorageOptions;
use alluvium::checkpoint::{
    Inspection, JobId, OfflineOptions, OfflineSnapshot, PublishedCheckpoint, Storage, inspect,
    is_published, open_published, read_published,
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
    /// What `read` makes of the snapshot that `path` means: of a job, of the newest it has published. If
    /// that is retired before it was read, `read` is called anew with the newest there is then.
    ///
    /// # Errors
    /// `Misuse` if there is none, or there are several jobs; `Corrupt`, `Incompatible` or `Storage` if
    /// what says so cannot be read; all of [`read_published`], of [`open`](Self::open) and of `read`.
    pub(super) fn read<T>(
        path: &str,
        reading: &Reading,
        mut read: impl FnMut(&Self, &OfflineSnapshot) -> Result<T>,
    ) -> Result<T> {
        let (storage, jobs) = match Found::look(path, reading)? {
            Found::Snapshot(place) => return read(&place, &place.open()?),
            Found::Jobs { storage, jobs } => (storage, jobs),
        };
        let job = the_one(path, &storage, jobs)?;
        read_published(&storage, &job, |found| {
            let mut published = Self::of_job(&storage, &job, found, reading.options);
            let newest = published.pop().ok_or_else(|| nothing(path))?;
            read(&newest, &newest.open()?)
        })
    }

    /// All that are published of a job, oldest first.
    pub(super) fn of_job(
        storage: &Arc<dyn Storage>,
        job: &JobId,
        found: &Inspection,
        options: OfflineOptions,
    ) -> Vec<Self> {
        let published = found.checkpoints.iter().map(|published| {
            let path = published.path.as_str();
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            Self {
                storage: Arc::clone(storage),
                folder: format!("{job}/{folder}"),
                published: Some((job.clone(), published.clone())),
                options,
            }
        });
        published.collect()
    }

    /// Whether the job that had published it is known to have retired it since.
    pub(super) fn is_retired(&self) -> bool {
        self.published.as_ref().is_some_and(|(job, published)| {
            is_published(&self.storage, job, published).is_ok_and(|is| !is)
        })
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

/// The only one of the jobs that has published something.
fn the_one(path: &str, storage: &Arc<dyn Storage>, jobs: Vec<JobId>) -> Result<JobId> {
    let mut published = Vec::new();
    for job in jobs {
        let found = inspect(Arc::clone(storage), &job)?;
        if found.is_some_and(|found| !found.checkpoints.is_empty()) {
            published.push(job);
        }
    }
    if published.len() > 1 {
        let jobs = published.iter().map(|job| format!("'{job}'"));
        let jobs: Vec<_> = jobs.collect();
        return Err(StateError::misuse(format!(
            "'{path}' holds the jobs {}: name one, as {path}/JOB",
            jobs.join(", ")
        )));
    }
    published.pop().ok_or_else(|| nothing(path))
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
