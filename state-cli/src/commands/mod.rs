//! The commands about running jobs and their savepoints, one file each.

mod cancel;
mod list;
mod savepoint;
mod stop;

pub(crate) use cancel::cancel;
pub(crate) use list::list;
pub(crate) use savepoint::savepoint;
pub(crate) use stop::stop;

use crate::output::print;
use alluvium::Result;
use alluvium::config::Location;
use serde_json::json;

/// A directory as the process of the job sees it, which has a working directory of its own.
fn absolute(directory: Option<&Location>) -> Result<Option<String>> {
    let absolute = directory.map(Location::absolute).transpose()?;
    Ok(absolute.map(|directory| directory.to_string()))
}

/// Tells where a savepoint is.
fn tell(path: &str, as_json: bool) -> Result<()> {
    if as_json {
        print(&json!({"path": path}))
    } else {
        print(path)
    }
}
