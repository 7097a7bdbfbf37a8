//! `alluvium stop`.

use super::{absolute, tell};
use crate::args::StopArgs;
use crate::control::{StopBody, find};
use alluvium::Result;

/// Stops a job with a savepoint, and tells where that is.
pub(crate) fn stop(args: &StopArgs) -> Result<()> {
    let target = absolute(args.savepoint_path.as_ref())?;
    let body = StopBody {
        drain: args.drain,
        target_directory: target,
        ..StopBody::default()
    };
    let path = find(&args.job)?.trigger("stop", &body)?;
    tell(&path, args.json)
}
