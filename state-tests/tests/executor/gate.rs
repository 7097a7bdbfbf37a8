//! A source that does not run away from its test.

use alluvium::Result;
use alluvium_state_tests::executor::{
    Collection, JobHandle, JobReport, ReadStep, SplitReader, SplitSource,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// The pause before each record behind the gate.
const DRIP: Duration = Duration::from_millis(20);

/// How many records may be read at once. Those behind them are read one by one, slowly, so that the
/// input neither ends nor stands still while a test does something about the job.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    limit: AtomicU64,
    read: AtomicU64,
}

impl Gate {
    /// One that lets everything through.
    pub(crate) fn opened() -> Arc<Self> {
        let gate = Self::default();
        gate.open();
        Arc::new(gate)
    }

    /// Lets so many records through, counted from the start of the job.
    pub(crate) fn open_to(&self, records: u64) {
        self.limit.fetch_max(records, Ordering::SeqCst);
    }

    /// Lets everything through from now on.
    pub(crate) fn open(&self) {
        self.open_to(u64::MAX);
    }

    /// Waits until the job behind it has ended, from which nothing is kept any more.
    pub(crate) fn wait(&self, handle: JobHandle) -> Result<JobReport> {
        self.open();
        handle.wait()
    }

    /// How many of `most` records may be read now, at least one.
    fn admit(&self, most: usize) -> usize {
        let limit = self.limit.load(Ordering::SeqCst);
        let left = limit.saturating_sub(self.read.load(Ordering::SeqCst));
        let left = usize::try_from(left).unwrap_or(usize::MAX).min(most);
        if left > 0 {
            return left;
        }
        let (_keep, never) = channel::<()>();
        assert_eq!(never.recv_timeout(DRIP), Err(RecvTimeoutError::Timeout));
        1
    }
}

/// A collection behind a gate.
pub(crate) struct Gated {
    pub(crate) records: Collection<u64>,
    pub(crate) gate: Arc<Gate>,
}

pub(crate) struct GatedReader {
    reader: <Collection<u64> as SplitSource>::Reader,
    gate: Arc<Gate>,
}

impl SplitSource for Gated {
    type Record = u64;
    type Split = u32;
    type Reader = GatedReader;

    fn splits(&self) -> Result<Vec<u32>> {
        self.records.splits()
    }

    fn open(&self, split: &u32, offset: u64) -> Result<GatedReader> {
        Ok(GatedReader {
            reader: self.records.open(split, offset)?,
            gate: Arc::clone(&self.gate),
        })
    }
}

impl SplitReader<u64> for GatedReader {
    fn read(&mut self, max: usize, records: &mut Vec<u64>) -> Result<ReadStep> {
        let before = records.len();
        let step = self.reader.read(self.gate.admit(max), records)?;
        let read = records.len() - before;
        self.gate.read.fetch_add(read as u64, Ordering::SeqCst);
        Ok(step)
    }
}
