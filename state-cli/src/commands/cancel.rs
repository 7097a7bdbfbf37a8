//! `alluvium cancel`.

use super::{absolute, tell};
use crate::args::CancelArgs;
use crate::control::{SavepointBody, find};
use alluvium::Result;

/// Cancels a job, with a savepoint before if one is asked for.
pub(crate) fn cancel(args: &CancelArgs) -> Result<()> {
    let job = find(args.job())?;
    if !args.wants_savepoint() {
        return job.cancel();
    }
    let body = SavepointBody {
        cancel_job: true,
        target_directory: absolute(args.savepoint_dir()?.as_ref())?,
        ..SavepointBody::default()
    };
    tell(&job.trigger("savepoints", &body)?, args.json)
}
