//! A directory of the local file system as a store.
//!
//! An object is written to an unfinished file beside its place and synced. A hard link then gives
//! it its name if nothing has that name, a rename gives it the name whatever has it; after that
//! every folder up to the root of the store is synced. A crash at any point leaves the object
//! whole or absent, and at worst an unfinished file, which goes with its folder.

mod directory;
mod fs;
mod page_cache;
mod sim;
mod stream;
mod sync;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use alluvium_state_api::{Result, StateError};

use self::directory::Directory;
use self::stream::{LocalReader, LocalWriter};
pub use fs::{Fs, FsReader, FsWriter, StdFs};
pub use sim::{SimFs, Survival};

use super::path::{UNFINISHED, check_folder, check_path};
use super::{Created, ObjectReader, ObjectWriter, Storage};

/// A [`Storage`] in a local directory, with contents and folders synced. Threads that finish
/// objects of one folder at the same time share its sync.
#[derive(Debug)]
pub struct LocalStorage<F = StdFs> {
    directory: Arc<Directory<F>>,
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
        let directory = Directory::new(fs, root.into());
        let root = &directory.root;
        let opened = directory
            .ensure_folder(root)
            .and_then(|()| directory.fs.list(root));
        // A process that made these folders may have died before syncing them. Those that were
        // there all along may be closed to this user, and need it not.
        for above in root.ancestors().skip(1) {
            drop(directory.sync_folder(above));
        }
        match opened {
            Ok(_) => Ok(Self {
                directory: Arc::new(directory),
            }),
            Err(error) => {
                Err(failed("use", root, error).context("a checkpoint directory is needed"))
            }
        }
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.directory.root
    }

    fn fs(&self) -> &F {
        &self.directory.fs
    }

    fn place(&self, path: &str) -> Result<PathBuf> {
        check_path(path)?;
        Ok(self.root().join(path))
    }
}

impl<F: Fs> Storage for LocalStorage<F> {
    fn create(&self, path: &str, bytes: &[u8]) -> Result<Created> {
        let place = self.place(path)?;
        self.directory
            .create(&place, bytes)
            .map_err(|error| failed("create", &place, error))
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let place = self.place(path)?;
        self.directory
            .replace(&place, bytes)
            .map_err(|error| failed("replace", &place, error))
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let place = self.place(path)?;
        match self.fs().read(&place, limit) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read", &place, error)),
        }
    }

    fn exists(&self, path: &str) -> Result<bool> {
        let place = self.place(path)?;
        self.fs()
            .exists(&place)
            .map_err(|error| failed("look for", &place, error))
    }

    fn delete(&self, path: &str) -> Result<()> {
        let place = self.place(path)?;
        match self.fs().remove_file(&place) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed("delete", &place, error)),
        }
        if let Some(folder) = place.parent() {
            // An empty folder left behind does no harm.
            drop(self.directory.tidy(folder));
        }
        Ok(())
    }

    fn write(&self, path: &str) -> Result<Box<dyn ObjectWriter>> {
        let place = self.place(path)?;
        match self.directory.begin(&place) {
            Ok(unfinished) => Ok(Box::new(LocalWriter::new(unfinished, place))),
            Err(error) => Err(failed("write", &place, error)),
        }
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn ObjectReader>>> {
        let place = self.place(path)?;
        match self.fs().open(&place) {
            Ok(file) => Ok(Some(Box::new(LocalReader::new(file, place)))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("open", &place, error)),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        check_folder(folder)?;
        let place = self.root().join(folder);
        let mut names = match self.fs().list(&place) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed("list", &place, error)),
        };
        names.retain(|name| !name.starts_with(UNFINISHED));
        names.sort_unstable();
        Ok(names)
    }

    fn locate(&self, path: &str) -> String {
        self.root().join(path).display().to_string()
    }

    fn local_path(&self, path: &str) -> Option<PathBuf> {
        self.fs().path_outside(&self.place(path).ok()?)
    }
}

#[cold]
fn failed(what: &str, place: &Path, error: io::Error) -> StateError {
    StateError::storage(format!("cannot {what} '{}'", place.display())).with_source(error)
}
