//! Taking an output directory.

use super::decision::{Decision, Found};
use super::files;
use super::marker::Marker;
use super::survey::Survey;
use crate::args::FlightsArgs;
use alluvium::checkpoint::{Inspection, JobId, LocalStorage, inspect};
use alluvium::{Result, StateError};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An output directory that this process, and no other, writes to.
#[derive(Debug)]
pub(in crate::flights) struct Claim {
    directory: PathBuf,
    marker: Marker,
    fresh: bool,
    /// Holds the lock, which ends with the process.
    _lock: File,
}

impl Claim {
    /// Takes the directory that `args` name, and makes room in it if the job starts over. If it
    /// cannot be taken, nothing in it has changed.
    pub(in crate::flights) fn take(args: &FlightsArgs) -> Result<Self> {
        let directory = &args.output;
        std::fs::create_dir_all(directory)
            .map_err(|error| files::failed("create the output directory", directory, error))?;
        let lock = lock(directory)?;
        let marker = Marker::read(directory)?;
        let survey = Survey::new(directory)?;
        let checkpoint_dir = args.checkpoint_dir();
        let log = checkpoints(&checkpoint_dir, &args.job_id)?;
        let generation = log.as_ref().map_or(0, |log| log.generation);
        let decision = Found {
            directory,
            checkpoint_dir: &checkpoint_dir,
            job_id: args.job_id.as_str(),
            fresh: args.fresh,
            marker: marker.as_ref(),
            survey: &survey,
            generation,
            published: log.is_some_and(|log| !log.checkpoints.is_empty()),
        }
        .decide()?;
        let fresh = decision == Decision::Replace;
        let replacing = fresh.then_some(generation);
        let wanted = match marker {
            Some(marker) if !fresh => marker,
            _ => {
                let marker = Marker::new(args.job_id.as_str(), replacing);
                marker.write(directory)?;
                marker
            }
        };
        if fresh {
            // Tables stay until new ones take their place at once; updates would add to the new.
            survey
                .updates
                .iter()
                .try_for_each(|path| files::remove(path))?;
        }
        Ok(Self {
            directory: directory.clone(),
            marker: wanted,
            fresh,
            _lock: lock,
        })
    }

    /// Whether the job starts over.
    pub(in crate::flights) const fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Notes that the job has finished.
    pub(in crate::flights) fn finish(mut self) -> Result<()> {
        if self.marker.replacing.take().is_none() {
            return Ok(());
        }
        self.marker.write(&self.directory)
    }
}

/// What the log of the job's checkpoints says; `None` if there is none. Creates nothing.
fn checkpoints(directory: &Path, job: &JobId) -> Result<Option<Inspection>> {
    if !files::exists(directory)? {
        return Ok(None);
    }
    let storage = LocalStorage::open(directory)?;
    inspect(Arc::new(storage), job)
}

/// Locks a directory; the lock goes with the process, however it dies.
fn lock(directory: &Path) -> Result<File> {
    let handle = File::open(directory).map_err(|error| files::failed("open", directory, error))?;
    match handle.try_lock() {
        Ok(()) => Ok(handle),
        Err(TryLockError::WouldBlock) => Err(StateError::storage(format!(
            "the output directory '{}' is in use by another process",
            directory.display()
        ))),
        Err(TryLockError::Error(error)) => {
            // Some network file systems have no locks; the log of checkpoints still has an owner.
            tracing::warn!(%error, directory = %directory.display(), "cannot be locked");
            Ok(handle)
        }
    }
}
