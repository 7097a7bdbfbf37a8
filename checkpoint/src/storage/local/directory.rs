//! The steps that make an object of a file, in terms of the file system.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::sync::FolderSyncs;
use super::{Fs, FsWriter};
use crate::storage::Created;
use crate::storage::path::UNFINISHED;

/// How many names for an unfinished file are tried before giving up; a taken one is left over from
/// a process that had the same id.
const NAMES_TRIED: u32 = 1024;

/// The directory of a store.
#[derive(Debug)]
pub(super) struct Directory<F> {
    pub(super) root: PathBuf,
    pub(super) fs: F,
    unfinished: AtomicU64,
    syncs: FolderSyncs,
}

impl<F: Fs> Directory<F> {
    pub(super) fn new(fs: F, root: PathBuf) -> Self {
        Self {
            root,
            fs,
            unfinished: AtomicU64::new(0),
            syncs: FolderSyncs::default(),
        }
    }

    pub(super) fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.syncs.sync(folder, || self.fs.sync_folder(folder))
    }

    pub(super) fn ensure_folder(&self, folder: &Path) -> io::Result<()> {
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
                .map_or(Ok(()), |above| self.sync_folder(above)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes the name of `place` durable: folders above it may be new, and whoever made them may
    /// have died before syncing them.
    fn sync_above(&self, place: &Path) -> io::Result<()> {
        let above = place.ancestors().skip(1);
        for folder in above.take_while(|folder| folder.starts_with(&self.root)) {
            self.sync_folder(folder)?;
        }
        Ok(())
    }

    /// Starts an unfinished file beside `place`.
    pub(super) fn begin(self: &Arc<Self>, place: &Path) -> io::Result<Unfinished<F>> {
        let folder = place.parent().unwrap_or(&self.root);
        self.ensure_folder(folder)?;
        for _ in 0..NAMES_TRIED {
            let number = self.unfinished.fetch_add(1, Ordering::Relaxed);
            let process = std::process::id();
            let path = folder.join(format!("{UNFINISHED}{process}-{number}"));
            match self.fs.create_new(&path) {
                Ok(file) => {
                    return Ok(Unfinished {
                        directory: Arc::clone(self),
                        path,
                        file,
                        stands: false,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                // Somebody has just tidied the folder away.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    self.ensure_folder(folder)?;
                }
                Err(error) => return Err(error),
            }
        }
        let message = format!("{NAMES_TRIED} names for an unfinished file are taken");
        Err(io::Error::new(io::ErrorKind::AlreadyExists, message))
    }

    pub(super) fn create(self: &Arc<Self>, place: &Path, bytes: &[u8]) -> io::Result<Created> {
        if self.fs.exists(place)? {
            self.sync_above(place)?;
            return Ok(Created::Exists);
        }
        let mut unfinished = self.begin(place)?;
        unfinished.append(bytes)?;
        unfinished.create(place)
    }

    pub(super) fn replace(self: &Arc<Self>, place: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut unfinished = self.begin(place)?;
        unfinished.append(bytes)?;
        unfinished.replace(place)
    }

    /// Removes a folder that holds nothing but unfinished files that nobody writes any more.
    pub(super) fn tidy(&self, folder: &Path) -> io::Result<()> {
        if folder == self.root {
            return Ok(());
        }
        let names = self.fs.list(folder)?;
        if names.iter().any(|name| !name.starts_with(UNFINISHED)) {
            return Ok(());
        }
        for name in names {
            if !self.fs.remove_abandoned(&folder.join(name))? {
                return Ok(());
            }
        }
        self.fs.remove_folder(folder)
    }
}

/// A file that has no name of its own yet. Removed when dropped.
pub(super) struct Unfinished<F: Fs> {
    directory: Arc<Directory<F>>,
    path: PathBuf,
    file: Box<dyn FsWriter>,
    /// Whether an object stands in the folder.
    stands: bool,
}

impl<F: Fs> Unfinished<F> {
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.append(bytes)
    }

    /// Gives the file the name of `place` if nothing has it; what has it is durable then.
    pub(super) fn create(mut self, place: &Path) -> io::Result<Created> {
        self.file.sync()?;
        let directory = Arc::clone(&self.directory);
        let created = match directory.fs.link(&self.path, place) {
            Ok(()) => Created::New,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Created::Exists,
            Err(error) => {
                let message = format!("hard links are needed here: {error}");
                return Err(io::Error::new(error.kind(), message));
            }
        };
        self.stands = true;
        drop(self);
        directory.sync_above(place)?;
        Ok(created)
    }

    /// Gives the file the name of `place`, whatever has it.
    fn replace(mut self, place: &Path) -> io::Result<()> {
        self.file.sync()?;
        let directory = Arc::clone(&self.directory);
        directory.fs.rename(&self.path, place)?;
        self.stands = true;
        drop(self);
        directory.sync_above(place)
    }
}

impl<F: Fs> Drop for Unfinished<F> {
    fn drop(&mut self) {
        // What cannot be removed goes with its folder. After a rename it has no such name.
        drop(self.directory.fs.remove_file(&self.path));
        if let Some(folder) = self.path.parent().filter(|_| !self.stands) {
            drop(self.directory.tidy(folder));
        }
    }
}
