//! `alluvium cancel`.

use super::{absolute, tell};
use crate::args::CancelArgs;
use crate::control::{SavepointBody, find};
use crate::output::print;
use alluvium::Result;
use serde_json::json;

/// Cancels a job, with a savepoint before if one is asked for.
pub(crate) fn cancel(args: &CancelArgs) -> Result<()> {
    let job = find(args.job())?;
    if !args.wants_savepoint() {
        let state = job.cancel()?;
        if args.json {
            return print(&json!({"id": job.id(), "state": state}));
        }
        return Ok(());
    }
    let body = SavepointBody {
        cancel_job: true,
        target_directory: absolute(args.savepoint_dir()?.as_ref())?,
        ..SavepointBody::default()
    };
    tell(&job.trigger("savepoints", &body)?, args.json)
}
