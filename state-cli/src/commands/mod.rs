//! The commands about running jobs and their savepoints, one file each.

mod cancel;
mod list;
mod savepoint;
mod stop;

pub(crate) use cancel::cancel;
pub(crate) use list::list;
pub(crate) use savepoint::savepoint;
pub(crate) use stop::stop;

use alluvium::{Result, StateError};
use serde_json::json;
use std::path::{Path, PathBuf};

/// A directory as the process of the job sees it, which has a working directory of its own.
fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| {
        StateError::misuse(format!("'{}' is no path", path.display())).with_source(error)
    })
}

/// Tells where a savepoint is.
fn tell(path: &Path, as_json: bool) {
    if as_json {
        println!("{}", json!({"path": path}));
    } else {
        println!("{}", path.display());
    }
}
