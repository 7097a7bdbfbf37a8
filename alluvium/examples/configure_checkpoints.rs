//! Enabling checkpoints, and every option that they have.

use alluvium::checkpoint::{CheckpointMode, CheckpointOptions};
use alluvium::{Result, StateError};
use alluvium_state_tests::executor::{
    Collected, Environment, FailAt, Failure, FailurePlan, RestartStrategy,
};
use std::path::Path;
use std::time::Duration;

/// All options at once. Those that are not named keep their defaults.
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
        // Completed ones that are kept. Default: 1.
        .with_num_retained(3)
        // Failed ones in a row that do not fail the job. Default: 0.
        .with_tolerable_failed(2)
}

/// Sums up 1 to 4, with a checkpoint behind every second record.
fn sums(environment: &mut Environment) -> Collected<u64> {
    environment.set_checkpoint_every(2);
    environment
        .from_collection(1..=4)
        .key_by(|_| ())
        .map_with_state(|value, sum: Option<u64>| {
            let sum = sum.unwrap_or(0) + value;
            (sum, Some(sum))
        })
        .uid("sum")
        .collect()
}

/// What comes of a job whose first snapshot fails.
fn run_with(options: CheckpointOptions) -> Result<String> {
    let mut environment = Environment::new("configured");
    let failure = FailurePlan::new().fail("sum", None, FailAt::Snapshot(1), Failure::Error);
    environment
        .set_checkpoint_options(options)
        .set_failures(failure);
    let sums = sums(&mut environment);
    let report = environment.execute()?;
    let (sums, failed) = (sums.take(), report.failed_checkpoints);
    Ok(format!("sums {sums:?}, {failed} failed checkpoint"))
}

/// A job that keeps its checkpoints in a directory: they outlive it, however it ends.
fn run_in(directory: &Path, failures: FailurePlan) -> Result<String> {
    let mut environment = Environment::new("kept");
    environment
        .set_checkpoint_options(options())
        .set_checkpoint_dir(directory)
        .set_restart_strategy(RestartStrategy::None)
        .set_failures(failures);
    let sums = sums(&mut environment);
    let report = environment.execute()?;
    Ok(format!(
        "sums {:?}, {} records before, {} read",
        sums.take(),
        report.records_before,
        report.records_read
    ))
}

pub(crate) fn run() -> Result<Vec<String>> {
    let defaults = CheckpointOptions::default();
    let mut lines = vec![format!(
        "default: interval {:?}, {:?}, timeout {:?}, pause {:?}, {} at a time, {} kept, {} may fail",
        defaults.interval,
        defaults.mode,
        defaults.timeout,
        defaults.min_pause,
        defaults.max_concurrent,
        defaults.num_retained,
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

    // The first execution fails behind its first checkpoint; the second goes on from it.
    let directory = tempfile::tempdir()
        .map_err(|error| StateError::storage("no temporary directory").with_source(error))?;
    let failure = FailurePlan::new().fail("sum", None, FailAt::BeforeBarrier(2), Failure::Error);
    let failed = run_in(directory.path(), failure).is_err();
    lines.push(format!("kept in a directory: failed {failed}"));
    let resumed = run_in(directory.path(), FailurePlan::new())?;
    lines.push(format!("resumed: {resumed}"));
    Ok(lines)
}

fn main() -> Result<()> {
    for line in run()? {
        println!("{line}");
    }
    Ok(())
}
