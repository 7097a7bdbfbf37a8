//! `alluvium savepoint`.

use super::{absolute, tell};
use crate::args::SavepointArgs;
use crate::control::{SavepointBody, find};
use alluvium::Result;
use alluvium::checkpoint::dispose;

/// Takes a savepoint of a job and tells where it is, or disposes of one.
pub(crate) fn savepoint(args: &SavepointArgs) -> Result<()> {
    if let Some(path) = &args.dispose {
        let folder = dispose(path)?;
        eprintln!("disposed of '{}'", folder.display());
        return Ok(());
    }
    let body = SavepointBody {
        target_directory: args.directory.as_deref().map(absolute).transpose()?,
        ..SavepointBody::default()
    };
    let job = args.job.as_deref().unwrap_or_default();
    tell(&find(job)?.trigger("savepoints", &body)?, args.json);
    Ok(())
}
