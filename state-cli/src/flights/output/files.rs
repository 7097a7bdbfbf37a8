//! The files of an output directory: their names, and what is done with them.

use alluvium::{Result, StateError};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The tables, without `.csv`.
pub(in crate::flights) const CARRIERS: &str = "carriers";
pub(in crate::flights) const ROUTES: &str = "routes";
pub(in crate::flights) const AIRFRAMES: &str = "airframes";
/// The folder of updates.
pub(in crate::flights) const UPDATES: &str = "updates";
/// What the names of update files begin with.
pub(in crate::flights) const UPDATE: &str = "routes";

/// The name of a table's file.
pub(in crate::flights) fn table(name: &str) -> String {
    format!("{name}.csv")
}

/// The name of a table's file that waits for its checkpoint.
pub(in crate::flights) fn pending_table(name: &str, checkpoint: u64) -> String {
    format!(".{name}-{checkpoint}.pending")
}

/// Whether a file name is such a one.
pub(in crate::flights) fn is_pending_table(name: &str, file: &str) -> bool {
    let number = file
        .strip_prefix('.')
        .and_then(|file| file.strip_prefix(name))
        .and_then(|file| file.strip_prefix('-'))
        .and_then(|file| file.strip_suffix(".pending"));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Names (those that are UTF-8) and paths of what is in a directory, sorted; nothing if it is not
/// there.
pub(in crate::flights) fn list(directory: &Path) -> Result<Vec<(String, PathBuf)>> {
    let cannot = |error| failed("list", directory, error);
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(cannot)?,
    };
    let mut listed = Vec::new();
    for entry in entries {
        let entry = entry.map_err(cannot)?;
        if let Ok(name) = entry.file_name().into_string() {
            listed.push((name, entry.path()));
        }
    }
    listed.sort_unstable();
    Ok(listed)
}

pub(in crate::flights) fn exists(path: &Path) -> Result<bool> {
    path.try_exists()
        .map_err(|error| failed("look for", path, error))
}

/// Writes a file whole and durable.
pub(in crate::flights) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = File::create(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| failed("write", path, error))?;
    sync_directory(parent(path))
}

/// Gives a durable file its name, durably, in place of what has the name.
pub(in crate::flights) fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).map_err(|error| failed("rename", from, error))?;
    sync_directory(parent(to))
}

pub(in crate::flights) fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed("remove", path, error)),
        _ => Ok(()),
    }
}

pub(in crate::flights) fn sync_directory(path: &Path) -> Result<()> {
    File::open(path)
        .and_then(|directory| directory.sync_all())
        .map_err(|error| failed("sync", path, error))
}

pub(in crate::flights) fn failed(what: &str, path: &Path, error: io::Error) -> StateError {
    StateError::storage(format!("cannot {what} '{}'", path.display())).with_source(error)
}

pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_pending_tables_are_known_again() {
        assert!(is_pending_table(ROUTES, &pending_table(ROUTES, 12)));
        for other in [
            "routes-1.pending",
            ".routes-.pending",
            ".routes-1",
            ".routes-x.pending",
        ] {
            assert!(!is_pending_table(ROUTES, other), "{other}");
        }
        assert!(!is_pending_table(CARRIERS, &pending_table(ROUTES, 12)));
    }
}
