//! Writing what a subtask contributes into files.

use super::ChainBase;
use crate::files::{FilePlace, SnapshotFolder, SpillOutput};
use crate::segment::SegmentSink;
use crate::subtask::{KeyedChain, KeyedSegment, SubtaskSnapshot};
use alluvium_state_api::{Result, SnapshotJob, StateError};
use std::any::Any;

/// Writes frozen keyed state into `folder`, a whole snapshot in several parts at the same time;
/// returns the chain that restores it.
///
/// # Errors
/// `Storage` or `Cancelled` from the store, `Misuse` if a value cannot be encoded: what was written
/// goes with the folder.
pub fn write_keyed(
    job: Box<dyn SnapshotJob>,
    base: ChainBase,
    folder: &SnapshotFolder,
) -> Result<KeyedChain> {
    let place = if base.options().incremental {
        folder.shareable()
    } else {
        FilePlace::Own
    };
    // A delta is small, as a rule.
    let parts = if base.is_whole() {
        base.options().parts
    } else {
        1
    };
    let mut jobs = job.split(parts);
    let last = jobs.pop();
    let written: Result<Vec<KeyedSegment>> = std::thread::scope(|scope| {
        let base = &base;
        let threads: Vec<_> = jobs
            .into_iter()
            .map(|job| scope.spawn(move || write_part(job, base, folder, place)))
            .collect();
        let last = last.map(|job| write_part(job, base, folder, place));
        let others = threads.into_iter().map(|thread| {
            let joined = thread.join();
            joined.unwrap_or_else(|panic| Err(panicked(&*panic)))
        });
        // All are waited for, also behind one that failed.
        let all: Vec<_> = others.chain(last).collect();
        all.into_iter().collect()
    });
    Ok(base.complete(written?))
}

fn write_part(
    job: Box<dyn SnapshotJob>,
    base: &ChainBase,
    folder: &SnapshotFolder,
    place: FilePlace,
) -> Result<KeyedSegment> {
    let options = base.options();
    let output = SpillOutput::new(folder, place, options.inline_threshold);
    let mut sink = SegmentSink::new(output, options.segment);
    job.run(&mut sink)?;
    sink.finish()?.output.finish()
}

/// Moves operator state and raw state of `snapshot` into a file of its own, if they are larger than
/// `threshold` bytes.
///
/// # Errors
/// `Storage`; `Misuse` if a schema in it cannot be stored.
pub fn write_rest(
    snapshot: &mut SubtaskSnapshot,
    folder: &SnapshotFolder,
    threshold: u64,
) -> Result<()> {
    let identity =
        SubtaskSnapshot::new(&*snapshot.operator, snapshot.subtask, snapshot.parallelism);
    let rest = SubtaskSnapshot {
        operator_state: std::mem::take(&mut snapshot.operator_state),
        raw_keyed: std::mem::take(&mut snapshot.raw_keyed),
        raw_operator: std::mem::take(&mut snapshot.raw_operator),
        ..identity
    };
    if rest.size()? > threshold {
        snapshot.rest = Some(folder.store(FilePlace::Own, &rest.encode()?)?);
    } else {
        snapshot.operator_state = rest.operator_state;
        snapshot.raw_keyed = rest.raw_keyed;
        snapshot.raw_operator = rest.raw_operator;
    }
    Ok(())
}

fn panicked(panic: &(dyn Any + Send)) -> StateError {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    StateError::misuse(format!("the writing of a snapshot panicked: {message}"))
}
