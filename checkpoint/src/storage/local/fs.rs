//! What a store asks of a file system.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// The operations of a file system that durability depends on, so that a
/// [simulated one](super::SimFs) can forget what was not synced. Paths are absolute. Errors are
/// those of [`std::fs`]; what must be told apart is said where it is.
#[expect(
    clippy::missing_errors_doc,
    reason = "all of them are said once, for the trait"
)]
pub trait Fs: Send + Sync {
    /// Creates a file that must not exist, writes `bytes` and syncs them. Its name is durable only
    /// once the folder is synced.
    ///
    /// # Errors
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists), if it does, and nothing is changed.
    fn write_new(&self, file: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Gives `file` a second name.
    ///
    /// # Errors
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists), if that name is taken, and nothing is
    /// changed.
    fn link(&self, file: &Path, second: &Path) -> io::Result<()>;

    /// Gives `file` another name, in place of the file that may have it.
    fn rename(&self, file: &Path, to: &Path) -> io::Result<()>;

    /// Removes one name of a file.
    fn remove_file(&self, file: &Path) -> io::Result<()>;

    /// Creates a folder in an existing one.
    ///
    /// # Errors
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) and [`NotFound`](io::ErrorKind::NotFound)
    /// say which of the two is not so.
    fn make_folder(&self, folder: &Path) -> io::Result<()>;

    /// Removes an empty folder.
    fn remove_folder(&self, folder: &Path) -> io::Result<()>;

    /// Makes the names in `folder` durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// The first `limit` bytes of `file`.
    fn read(&self, file: &Path, limit: u64) -> io::Result<Vec<u8>>;

    /// Whether anything has this name.
    fn exists(&self, path: &Path) -> io::Result<bool>;

    /// The names in `folder`; those that are not UTF-8 are left out.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;
}

/// The file system of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct StdFs;

impl Fs for StdFs {
    fn write_new(&self, file: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::create_new(file)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn link(&self, file: &Path, second: &Path) -> io::Result<()> {
        fs::hard_link(file, second)
    }

    fn rename(&self, file: &Path, to: &Path) -> io::Result<()> {
        fs::rename(file, to)
    }

    fn remove_file(&self, file: &Path) -> io::Result<()> {
        fs::remove_file(file)
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir(folder)
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        fs::remove_dir(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        // Elsewhere a folder cannot be opened, and its names are as durable as they get.
        if cfg!(unix) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    fn read(&self, file: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let file = File::open(file)?;
        let length = file.metadata()?.len().min(limit);
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(usize::try_from(length).unwrap_or(usize::MAX))?;
        file.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        match fs::symlink_metadata(path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder)? {
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }
}
