//! Writing what a subtask contributes into files.

use super::ChainBase;
use crate::files::{FilePlace, SnapshotFolder, SpillOutput};
use crate::segment::write_segment;
use crate::subtask::{KeyedChain, SubtaskSnapshot};
use alluvium_state_api::{Result, SnapshotJob};

/// Writes frozen keyed state into `folder`, as one segment written by several threads, the calling
/// one among them; returns the chain that restores it. A delta that would make the chain
/// [too long](super::SnapshotFileOptions::max_chain_ratio) is written whole instead.
///
/// Beyond what the store holds for a stream, it takes memory as
/// [`SegmentParts`](crate::SegmentParts) say, however large the state is.
/// [Cancelling](SnapshotFolder::cancel) the folder stops all threads. Whatever happens, they have
/// ended when this returns.
///
/// What goes into the own folder of a snapshot, as that of a savepoint does, must be whole, and
/// nothing will build on it: no other snapshot could name its files.
///
/// # Errors
/// `Storage` from the store; `Cancelled` if the folder is; what the job returns, as `Misuse` if a
/// value cannot be encoded: what was written goes with the folder. `Misuse` naming the folder for a delta that would go where
/// nothing is shared: freeze with [`SnapshotMode::Full`](alluvium_state_api::SnapshotMode::Full) for
/// a savepoint.
pub fn write_keyed(
    job: Box<dyn SnapshotJob>,
    mut base: ChainBase,
    folder: &SnapshotFolder,
) -> Result<KeyedChain> {
    let estimate = job.estimate();
    let job = base.fold(job, estimate);
    let options = base.options();
    let place = if options.incremental {
        folder.shareable()
    } else {
        FilePlace::Own
    };
    let whole = base.is_whole();
    if !whole && place == FilePlace::Own {
        return Err(base.not_shared(folder));
    }
    let output = SpillOutput::new(folder, place, options.inline_threshold);
    let cancel = folder.cancel_flag();
    let bytes = estimate.map(|of| if whole { of.state } else { of.snapshot });
    let threads = options.threads_for(bytes);
    let (written, _) = write_segment(job, output, options.segment, threads, cancel)?;
    let state = estimate.map(|estimate| estimate.state);
    let segment = written.output.finish()?;
    Ok(base.complete(segment, state, place))
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
