//! At-least-once: nothing is lost, no channel is ever blocked, and records near the cut come again.
use alluvium::Result;
use alluvium::checkpoint::CheckpointMode;
use alluvium_state_tests::executor::{
    ChannelSettings, Environment, FailAt, Failure, FailurePlan, ReadStep, RestartStrategy,
    SplitReader, SplitSource,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

const RECORDS: u64 = 400;
/// A checkpoint is asked for after so many records.
const EVERY: u64 = 100;
/// The slow split says nothing before so many records of the fast one were counted.
const HELD: u64 = 150;

/// Two splits. The second waits in its first read until the counter behind has seen more of the
/// first than its barrier lets through, if anything were blocked.
#[derive(Clone, Default)]
struct Skewed {
    counted: Arc<AtomicU64>,
    waited: Arc<AtomicBool>,
}

struct SkewedReader {
    source: Skewed,
    split: u64,
    next: u64,
}

impl SplitSource for Skewed {
    type Record = u64;
    type Split = u64;
    type Reader = SkewedReader;

    fn splits(&self) -> Result<Vec<u64>> {
        Ok(vec![0, 1])
    }

    fn open(&self, split: &u64, offset: u64) -> Result<SkewedReader> {
        let source = self.clone();
        Ok(SkewedReader {
            source,
            split: *split,
            next: offset,
        })
    }
}

impl SplitReader<u64> for SkewedReader {
    fn read(&mut self, max: usize, records: &mut Vec<u64>) -> Result<ReadStep> {
        let source = &self.source;
        if self.split == 1 && !source.waited.load(Ordering::SeqCst) {
            while source.counted.load(Ordering::SeqCst) < HELD {
                std::thread::yield_now();
            }
            source.waited.store(true, Ordering::SeqCst);
        }
        let until = RECORDS.min(self.next + max as u64);
        records.extend((self.next..until).map(|n| self.split * RECORDS + n));
        self.next = until;
        Ok(ReadStep {
            offset: until,
            ended: until == RECORDS,
        })
    }
}

#[test]
fn at_least_once_duplicates_under_skew_loses_nothing_and_never_blocks() {
    let source = Skewed::default();
    let counted = Arc::clone(&source.counted);
    let mut environment = Environment::new("test");
    environment
        .set_parallelism(2)
        .set_channels(ChannelSettings {
            batch: 10,
            capacity: 2,
        })
        .enable_checkpointing(Duration::from_hours(1))
        .set_checkpoint_every(EVERY)
        .set_restart_strategy(RestartStrategy::FixedDelay {
            attempts: 1,
            delay: Duration::ZERO,
        });
    environment.checkpoint_options().mode = CheckpointMode::AtLeastOnce;
    let counts = environment
        .source(source)
        .rebalance()
        .map(move |n| {
            counted.fetch_add(1, Ordering::SeqCst);
            n
        })
        .parallelism(1)
        .key_by(|n| *n)
        .map_with_state(|n, count: Option<u64>| {
            let count = count.unwrap_or(0) + 1;
            ((n, count), Some(count))
        })
        .uid("count")
        .collect();
    let plan = FailurePlan::new().fail("count", None, FailAt::Complete(1), Failure::Panic);
    environment.set_failures(plan);
    let report = environment.execute().unwrap();
    assert_eq!((report.restarts, report.records_read), (1, 2 * RECORDS));
    let counts: BTreeMap<_, _> = counts.take().into_iter().collect();
    assert_eq!(counts.len() as u64, 2 * RECORDS, "a record was lost");
    let twice = counts.values().filter(|count| **count == 2).count() as u64;
    // What the fast split had sent behind its barrier is in the state, and was read again.
    assert!(twice >= HELD - EVERY, "{twice} records were counted twice");
    assert!(counts.values().all(|count| *count <= 2));
}
