//! A directory of the local file system as a store.
//!
//! An object is written to an unfinished file beside its place and synced. A hard link then gives
//! it its name if nothing has that name, a rename gives it the name whatever has it; after that
//! every folder up to the root of the store is synced. A crash at any point leaves the object
//! whole or absent, and at worst an unfinished file, which goes with its folder.

mod fs;
mod sim;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use alluvium_state_api::{Result, StateError};

pub use fs::{Fs, StdFs};
pub use sim::{SimFs, Survival};

use super::path::{UNFINISHED, check_path};
use super::{Created, Storage};

/// How many names for an unfinished file are tried before giving up; a taken one is left over from
/// a process that had the same id.
const NAMES_TRIED: u32 = 1024;

/// A [`Storage`] in a local directory, with contents and folders synced.
#[derive(Debug)]
pub struct LocalStorage<F = StdFs> {
    root: PathBuf,
    fs: F,
    unfinished: AtomicU64,
}

impl LocalStorage {
    /// The store in the directory `root`, which is created if it is missing.
    ///
    /// # Errors
    /// `Storage` if it cannot be created, listed or synced, or is no directory.
    pub fn open(root: impl AsRef<Path>) -> Result<Self> {
        let root = root.as_ref();
        match std::path::absolute(root) {
            Ok(absolute) => Self::open_on(StdFs, absolute),
            Err(error) => Err(failed("use", root, error)),
        }
    }
}

impl<F: Fs> LocalStorage<F> {
    /// The store in the directory `root` of the file system `fs`.
    ///
    /// # Errors
    /// As [`open`](LocalStorage::open).
    pub fn open_on(fs: F, root: impl Into<PathBuf>) -> Result<Self> {
        let storage = Self {
            root: root.into(),
            fs,
            unfinished: AtomicU64::new(0),
        };
        let opened = storage
            .ensure_folder(&storage.root)
            .and_then(|()| storage.fs.list(&storage.root));
        // A process that made these folders may have died before syncing them. Those that were
        // there all along may be closed to this user, and need it not.
        for above in storage.root.ancestors().skip(1) {
            drop(storage.fs.sync_folder(above));
        }
        match opened {
            Ok(_) => Ok(storage),
            Err(error) => {
                Err(failed("use", &storage.root, error).context("a checkpoint directory is needed"))
            }
        }
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn place(&self, path: &str) -> Result<PathBuf> {
        check_path(path)?;
        Ok(self.root.join(path))
    }

    fn ensure_folder(&self, folder: &Path) -> io::Result<()> {
        let made = match (self.fs.make_folder(folder), folder.parent()) {
            (Err(error), Some(parent)) if error.kind() == io::ErrorKind::NotFound => {
                self.ensure_folder(parent)?;
                self.fs.make_folder(folder)
            }
            (made, _) => made,
        };
        match made {
            Ok(()) => folder
                .parent()
                .map_or(Ok(()), |above| self.fs.sync_folder(above)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Writes and syncs an unfinished file beside `place`.
    fn write_beside(&self, place: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
        let folder = place.parent().unwrap_or(&self.root);
        self.ensure_folder(folder)?;
        for _ in 0..NAMES_TRIED {
            let number = self.unfinished.fetch_add(1, Ordering::Relaxed);
            let process = std::process::id();
            let unfinished = folder.join(format!("{UNFINISHED}{process}-{number}"));
            match self.fs.write_new(&unfinished, bytes) {
                Ok(()) => return Ok(unfinished),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    drop(self.fs.remove_file(&unfinished));
                    return Err(error);
                }
            }
        }
        let message = format!("{NAMES_TRIED} names for an unfinished file are taken");
        Err(io::Error::new(io::ErrorKind::AlreadyExists, message))
    }

    /// Makes the name of `place` durable: folders above it may be new, and whoever made them may
    /// have died before syncing them.
    fn sync_above(&self, place: &Path) -> io::Result<()> {
        let above = place.ancestors().skip(1);
        for folder in above.take_while(|folder| folder.starts_with(&self.root)) {
            self.fs.sync_folder(folder)?;
        }
        Ok(())
    }

    fn try_create(&self, place: &Path, bytes: &[u8]) -> io::Result<Created> {
        if self.fs.exists(place)? {
            self.sync_above(place)?;
            return Ok(Created::Exists);
        }
        let unfinished = self.write_beside(place, bytes)?;
        let linked = self.fs.link(&unfinished, place);
        drop(self.fs.remove_file(&unfinished));
        let created = match linked {
            Ok(()) => Created::New,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Created::Exists,
            Err(error) => {
                let message = format!("hard links are needed here: {error}");
                return Err(io::Error::new(error.kind(), message));
            }
        };
        self.sync_above(place)?;
        Ok(created)
    }

    fn try_replace(&self, place: &Path, bytes: &[u8]) -> io::Result<()> {
        let unfinished = self.write_beside(place, bytes)?;
        if let Err(error) = self.fs.rename(&unfinished, place) {
            drop(self.fs.remove_file(&unfinished));
            return Err(error);
        }
        self.sync_above(place)
    }

    /// Removes the folder of a deleted object once it holds nothing but unfinished files.
    fn tidy(&self, folder: &Path) -> io::Result<()> {
        if folder == self.root {
            return Ok(());
        }
        let names = self.fs.list(folder)?;
        if names.iter().any(|name| !name.starts_with(UNFINISHED)) {
            return Ok(());
        }
        for name in names {
            self.fs.remove_file(&folder.join(name))?;
        }
        self.fs.remove_folder(folder)
    }
}

impl<F: Fs> Storage for LocalStorage<F> {
    fn create(&self, path: &str, bytes: &[u8]) -> Result<Created> {
        let place = self.place(path)?;
        self.try_create(&place, bytes)
            .map_err(|error| failed("create", &place, error))
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let place = self.place(path)?;
        self.try_replace(&place, bytes)
            .map_err(|error| failed("replace", &place, error))
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let place = self.place(path)?;
        match self.fs.read(&place, limit) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read", &place, error)),
        }
    }

    fn exists(&self, path: &str) -> Result<bool> {
        let place = self.place(path)?;
        self.fs
            .exists(&place)
            .map_err(|error| failed("look for", &place, error))
    }

    fn delete(&self, path: &str) -> Result<()> {
        let place = self.place(path)?;
        match self.fs.remove_file(&place) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed("delete", &place, error)),
        }
        if let Some(folder) = place.parent() {
            // An empty folder left behind does no harm.
            drop(self.tidy(folder));
        }
        Ok(())
    }

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        let place = self.place(folder)?;
        let mut names = match self.fs.list(&place) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed("list", &place, error)),
        };
        names.retain(|name| !name.starts_with(UNFINISHED));
        names.sort_unstable();
        Ok(names)
    }

    fn locate(&self, path: &str) -> String {
        self.root.join(path).display().to_string()
    }
}

#[cold]
fn failed(what: &str, place: &Path, error: io::Error) -> StateError {
    StateError::storage(format!("cannot {what} '{}'", place.display())).with_source(error)
}
