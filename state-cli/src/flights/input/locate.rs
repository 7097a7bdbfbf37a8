//! Finding the data set that comes with the project.

use alluvium::{Result, StateError};
use std::path::{Path, PathBuf};

const DATA_SET: &str = "examples/data/flights.csv.zst";

/// The data set: upwards from the executable, from the working directory, or where this crate was
/// built.
pub(crate) fn default_path() -> Result<PathBuf> {
    let executable = std::env::current_exe().ok();
    let here = std::env::current_dir().ok();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).to_owned();
    let starts = [executable, here, Some(source)];
    let found = starts.iter().flatten().find_map(|start| upwards(start));
    found.ok_or_else(|| {
        StateError::storage(format!(
            "cannot find the data set '{DATA_SET}' above the executable or the working directory: \
             name an input with --input"
        ))
    })
}

fn upwards(start: &Path) -> Option<PathBuf> {
    let mut candidates = start.ancestors().map(|folder| folder.join(DATA_SET));
    candidates.find(|path| path.is_file())
}
