//! Enabling checkpoints, and every option that they have.

use alluvium::Result;
use alluvium::checkpoint::{CheckpointMode, CheckpointOptions, ExternalizedRetention};
use alluvium_state_tests::executor::{Environment, FailAt, Failure, FailurePlan};
use std::time::Duration;

/// All options at once. One that is left out keeps its default.
fn options() -> CheckpointOptions {
    // A checkpoint every second; none are taken unless this is set. At least 10 ms.
    CheckpointOptions::every(Duration::from_secs(1))
        // Every record counts exactly once in restored state: the default. At least once never
        // makes a channel wait.
        .with_mode(CheckpointMode::ExactlyOnce)
        // A checkpoint that takes longer is given up. Default: 10 minutes.
        .with_timeout(Duration::from_mins(1))
        // From the end of one checkpoint to the start of the next. Default: none.
        .with_min_pause(Duration::from_millis(500))
        // Unfinished ones at a time; with a minimum pause there is never more than one.
        .with_max_concurrent(1)
        // Unfinished savepoints at a time; one more is refused. Default: 16.
        .with_max_concurrent_savepoints(4)
        // Requested checkpoints that wait for a free place; one more is refused. Default: 1,000.
        .with_max_queued_requests(100)
        // Completed ones that are kept. Default: 1.
        .with_num_retained(3)
        // What becomes of those when the job ends: they stay if it is cancelled, fails or is
        // suspended. The default.
        .with_retention(ExternalizedRetention::RetainOnCancellation)
        // Failed ones in a row that do not fail the job. Default: 0.
        .with_tolerable_failed(2)
}

/// What comes of a job whose first snapshot fails.
fn run_with(options: CheckpointOptions) -> Result<String> {
    let mut environment = Environment::new("configured");
    environment
        .set_checkpoint_options(options)
        .set_checkpoint_every(2)
        .set_failures(FailurePlan::new().fail("sum", None, FailAt::Snapshot(1), Failure::Error));
    let sums = environment
        .from_collection(1..=4)
        .key_by(|_| ())
        .map_with_state(|value, sum: Option<u64>| {
            let sum = sum.unwrap_or(0) + value;
            (sum, Some(sum))
        })
        .uid("sum")
        .collect();
    let report = environment.execute()?;
    let sums = sums.take();
    let failed = report.failed_checkpoints;
    Ok(format!("sums {sums:?}, {failed} failed checkpoint"))
}

pub(crate) fn run() -> Result<Vec<String>> {
    let defaults = CheckpointOptions::default();
    let mut lines = vec![format!(
        "default: interval {:?}, {:?}, timeout {:?}, pause {:?}, {} at a time, {} savepoints, \
         {} waiting, {} kept, {:?}, {} may fail",
        defaults.interval,
        defaults.mode,
        defaults.timeout,
        defaults.min_pause,
        defaults.max_concurrent,
        defaults.max_concurrent_savepoints,
        defaults.max_queued_requests,
        defaults.num_retained,
        defaults.retention,
        defaults.tolerable_failed,
    )];

    lines.push(format!("tolerant: {}", run_with(options())?));

    let relaxed = options().with_mode(CheckpointMode::AtLeastOnce);
    lines.push(format!("at least once: {}", run_with(relaxed)?));

    // Options out of range are refused before anything is read.
    for wrong in [
        options().with_timeout(Duration::from_millis(1)),
        options().with_num_retained(0),
    ] {
        lines.extend(run_with(wrong).err().map(|error| error.to_string()));
    }
    Ok(lines)
}

fn main() -> Result<()> {
    for line in run()? {
        println!("{line}");
    }
    Ok(())
}
