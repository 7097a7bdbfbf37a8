//! `alluvium savepoint`.

use super::{absolute, tell};
use crate::args::{Reading, SavepointArgs};
use crate::control::{SavepointBody, find};
use crate::output::{print, say};
use alluvium::Result;
use alluvium::checkpoint::dispose;
use serde_json::json;

/// Takes a savepoint of a job and tells where it is, or disposes of one.
pub(crate) fn savepoint(args: &SavepointArgs) -> Result<()> {
    if let Some(path) = &args.dispose {
        let Reading { storage, options } = args.config.reading()?;
        let folder = dispose(path, &storage, options.stored)?;
        if args.json {
            return print(&json!({"disposed": folder.to_string()}));
        }
        say(&format_args!("disposed of '{folder}'"));
        return Ok(());
    }
    let body = SavepointBody {
        target_directory: absolute(args.directory.as_ref())?,
        ..SavepointBody::default()
    };
    let job = args.job.as_deref().unwrap_or_default();
    tell(&find(job)?.trigger("savepoints", &body)?, args.json)
}
