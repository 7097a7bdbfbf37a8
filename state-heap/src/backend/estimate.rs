//! How large a frozen state is, without writing it.

use super::frozen::{EntryWriter, Out, Scratch};
use super::groups::FrozenGroup;
use alluvium_state_api::{
    Entry, Result, Section, SharedFile, SnapshotEstimate, SnapshotHeader, SnapshotReport,
    SnapshotSink, WholeFile,
};

/// How many entries of a state are measured, over all its groups.
const SAMPLED: usize = 1_024;
/// How many of a group at least.
const LEAST_SAMPLED: usize = 4;

/// Estimates what `group`, one of `groups`, writes: all of it, and what changed after the epoch
/// `since`.
pub(super) fn group<KS, VS>(
    group: &FrozenGroup<KS, VS>,
    writer: &impl EntryWriter<KS, VS>,
    since: Option<u32>,
    share: f64,
    groups: usize,
) -> SnapshotEstimate {
    let most = (SAMPLED / groups.max(1)).max(LEAST_SAMPLED);
    let mut sample = Sample::default();
    // Where an entry lies is decided by its hash: the first ones are as good as any.
    let whole = group.table.iter().map(|(key, value, _)| (key, value));
    let (bytes, count) = sum(whole, most, |(key, value)| {
        writer.measure(key, value, None, &mut sample)
    });
    let state = scale(bytes, count, group.table.len());
    let Some(since) = group.delta_since(since, share) else {
        return SnapshotEstimate {
            state,
            snapshot: state,
        };
    };
    let changed = || group.table.since(Some(since));
    let (bytes, count) = sum(changed(), most, |(key, value, _)| {
        writer.measure(key, value, Some(since), &mut sample)
    });
    let puts = scale(bytes, count, changed().count());
    let (bytes, count) = sum(group.tombstones_since(since), most, |key| {
        sample.measure(|out| writer.delete(key, out))
    });
    let deletes = scale(bytes, count, group.tombstones_since(since).count());
    SnapshotEstimate {
        state,
        snapshot: puts.saturating_add(deletes),
    }
}

/// The bytes of the first few, and how many those are.
fn sum<T>(
    entries: impl Iterator<Item = T>,
    most: usize,
    measure: impl FnMut(T) -> u64,
) -> (u64, usize) {
    let measured = entries.take(most).map(measure);
    measured.fold((0, 0), |(bytes, count), next| (bytes + next, count + 1))
}

/// The bytes of `of` entries, if `count` have `bytes`.
pub(super) fn scale(bytes: u64, count: usize, of: usize) -> u64 {
    let scaled = u128::from(bytes) * of as u128 / count.max(1) as u128;
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// Measures entries, in buffers that are used again.
#[derive(Default)]
pub(super) struct Sample {
    scratch: Scratch,
}

impl Sample {
    /// The bytes of what `write` writes; none if it fails.
    pub(super) fn measure(&mut self, write: impl FnOnce(&mut Out<'_>) -> Result<()>) -> u64 {
        let mut out = Out {
            sink: &mut Nowhere,
            scratch: std::mem::take(&mut self.scratch),
            report: SnapshotReport::default(),
        };
        let written = write(&mut out);
        let bytes = out.report.bytes;
        self.scratch = out.scratch;
        written.map_or(0, |()| bytes)
    }
}

struct Nowhere;

impl SnapshotSink for Nowhere {
    fn begin(&mut self, _header: &SnapshotHeader) -> Result<()> {
        Ok(())
    }

    fn section(&mut self, _section: Section) -> Result<()> {
        Ok(())
    }

    fn entry(&mut self, _entry: Entry<'_>) -> Result<()> {
        Ok(())
    }

    fn file(&mut self, _file: WholeFile<'_>) -> Result<()> {
        Ok(())
    }

    fn shared(&mut self, _file: SharedFile<'_>) -> Result<()> {
        Ok(())
    }
}
