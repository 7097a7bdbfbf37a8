//! What a store asks of a file system.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::page_cache::{self, Written};

/// The operations of a file system that durability depends on, so that a
/// [simulated one](super::SimFs) can forget what was not synced. Paths are absolute. Errors are
/// those of [`std::fs`]; what must be told apart is said where it is.
#[expect(
    clippy::missing_errors_doc,
    reason = "all of them are said once, for the trait"
)]
pub trait Fs: Send + Sync + 'static {
    /// Creates an empty file that must not exist. Its contents are durable only once they are
    /// synced, its name once the folder is synced.
    ///
    /// # Errors
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists), if it does, and nothing is changed.
    fn create_new(&self, file: &Path) -> io::Result<Box<dyn FsWriter>>;

    /// Opens `file` for reading.
    fn open(&self, file: &Path) -> io::Result<Box<dyn FsReader>>;

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

    /// Removes `file`, unless the [writer](FsWriter) that created it still lives, in this process or
    /// another one of this machine. Whether it was removed.
    fn remove_abandoned(&self, file: &Path) -> io::Result<bool>;

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

    /// The path by which the rest of the process finds `file`, if it does.
    fn path_outside(&self, file: &Path) -> Option<PathBuf>;
}

/// A file that is being written.
#[expect(
    clippy::missing_errors_doc,
    reason = "errors are those of the operating system"
)]
pub trait FsWriter: Send {
    /// Writes `bytes` at the end.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes the contents durable.
    fn sync(&mut self) -> io::Result<()>;
}

/// A file that is being read.
pub trait FsReader: Send + Sync {
    /// How many bytes it had when it was opened.
    fn length(&self) -> u64;

    /// Fills `into` with the bytes at `offset`.
    ///
    /// # Errors
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) if the file ends before.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()>;
}

/// The file system of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct StdFs;

impl Fs for StdFs {
    fn create_new(&self, file: &Path) -> io::Result<Box<dyn FsWriter>> {
        let taken = || {
            Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "just tidied away",
            ))
        };
        let created = File::create_new(file)?;
        // Where files cannot be locked, none counts as abandoned.
        if let Err(TryLockError::WouldBlock) = created.try_lock() {
            return taken();
        }
        // Tidied away before it was locked, and its name perhaps given to another writer since.
        match is_named(&created, file) {
            Ok(true) => {}
            Ok(false) => return taken(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return taken(),
            Err(error) => return Err(error),
        }
        Ok(Box::new(StdWriter {
            file: created,
            written: Written::default(),
        }))
    }

    fn open(&self, file: &Path) -> io::Result<Box<dyn FsReader>> {
        let file = File::open(file)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let length = metadata.len();
        Ok(Box::new(StdReader { file, length }))
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

    fn remove_abandoned(&self, file: &Path) -> io::Result<bool> {
        let open = OpenOptions::new().read(true).write(true).open(file)?;
        if open.try_lock().is_err() {
            return Ok(false);
        }
        // Its writer may have removed it between the two, and somebody given the name to another.
        if !is_named(&open, file)? {
            return Ok(false);
        }
        // Still locked: whoever creates it now sees that, or sees it gone.
        fs::remove_file(file)?;
        Ok(true)
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

    fn path_outside(&self, file: &Path) -> Option<PathBuf> {
        Some(file.to_owned())
    }
}

/// Whether `path` names the file that is open.
#[cfg(unix)]
fn is_named(open: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let place = |metadata: &fs::Metadata| (metadata.dev(), metadata.ino());
    Ok(place(&open.metadata()?) == place(&fs::symlink_metadata(path)?))
}

/// Elsewhere the name of an open file is not given away.
#[cfg(not(unix))]
fn is_named(_open: &File, path: &Path) -> io::Result<bool> {
    path.try_exists()
}

struct StdWriter {
    file: File,
    written: Written,
}

impl FsWriter for StdWriter {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.written.add(&self.file, bytes.len());
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_all()
    }
}

struct StdReader {
    file: File,
    length: u64,
}

impl FsReader for StdReader {
    fn length(&self) -> u64 {
        self.length
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, into, offset)?;
        page_cache::read(&self.file, offset, into.len());
        Ok(())
    }

    #[cfg(windows)]
    fn read_at(&self, mut offset: u64, mut into: &mut [u8]) -> io::Result<()> {
        use std::os::windows::fs::FileExt;
        while !into.is_empty() {
            match self.file.seek_read(into, offset) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    offset += read as u64;
                    into = into.split_at_mut(read).1;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Fs, StdFs, page_cache};

    #[test]
    fn what_the_page_cache_forgets_is_all_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let mut writer = StdFs.create_new(&file).unwrap();
        let part: Vec<u8> = (0..700_001_u32).map(|i| (i % 251) as u8).collect();
        let parts = page_cache::KEPT * 2 / part.len() as u64;
        (0..parts).for_each(|_| writer.append(&part).unwrap());
        writer.sync().unwrap();
        let reader = StdFs.open(&file).unwrap();
        assert_eq!(reader.length(), parts * part.len() as u64);
        let mut found = vec![0; part.len()];
        for round in 0..2 {
            for i in 0..parts {
                found.fill(0);
                let offset = i * part.len() as u64;
                reader.read_at(offset, &mut found).unwrap();
                assert!(found == part, "part {i} in round {round}");
            }
        }
    }
}
