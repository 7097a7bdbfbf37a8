//! What writing takes in memory beyond the state, however large that is.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod gauge;
mod job;
mod store;

use alluvium_checkpoint::storage::{ObjectStorage, Storage, StorageOptions};
use alluvium_checkpoint::{
    CancelFlag, ChainHistory, Compression, SegmentOptions, SegmentOutput, SnapshotFileOptions,
    SnapshotFolder, write_keyed, write_segment,
};
use alluvium_state_api::{Result, SnapshotJob};
use gauge::{Given, Peak};
use job::Endless;
use std::sync::Arc;
use store::Sluggish;

const MIB: usize = 1 << 20;

/// Takes nothing before so much was given that all others wait.
struct Held {
    given: Arc<Given>,
    enough: usize,
}

impl SegmentOutput for Held {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        // What stands before the entries comes before there are any.
        if bytes.len() > MIB / 32 {
            self.given.wait_for(self.enough);
        }
        Ok(())
    }
}

fn threads_gather_so_much_and_no_more() {
    for (compression, most) in [(Compression::None, 16), (Compression::Zstd(1), 18)] {
        let (given, peak) = (Arc::new(Given::default()), Arc::new(Peak::begin()));
        let job = Endless::new(256 * MIB, &given, &peak);
        let options = SegmentOptions::default();
        let options = options.with_compression(compression).unwrap();
        let output = Held {
            given: Arc::clone(&given),
            // Of the 12 MiB that parts gather, but for what stands in their unfinished blocks.
            enough: 23 * MIB / 2,
        };
        let (segment, report) =
            write_segment(Box::new(job), output, options, 16, &CancelFlag::new()).unwrap();
        assert!(segment.length > 256 * MIB as u64);
        assert!(report.bytes >= 256 * MIB as u64);
        let peak = peak.end();
        assert!(
            (11 * MIB..most * MIB).contains(&peak),
            "{compression:?}: {peak}"
        );
    }
}

fn a_snapshot_goes_to_a_remote_store_within_64_mib() {
    let (given, peak) = (Arc::new(Given::default()), Arc::new(Peak::begin()));
    // Four parts of 8 MiB on their way, one more that is full, and 12 MiB gathered behind it, but
    // for what stands in unfinished blocks and buffers.
    let objects = Sluggish::new(&given, &peak, 50 * MIB);
    let options = StorageOptions::new();
    let storage = ObjectStorage::with_parts(Arc::new(objects), "test://b", "", &options).unwrap();
    let storage: Arc<dyn Storage> = Arc::new(storage);
    let mut options = SnapshotFileOptions::default();
    options.threads = 8;
    let job: Box<dyn SnapshotJob> = Box::new(Endless::new(300 * MIB, &given, &peak));
    let base = ChainHistory::new(options).begin(job.header()).unwrap();
    let folder = SnapshotFolder::savepoint(storage, "savepoint").unwrap();
    let chain = write_keyed(job, base, &folder).unwrap();
    folder.keep();
    assert_eq!(chain.layers.len(), 1, "one file a layer");
    assert!(chain.length() > 300 * MIB as u64);
    let peak = peak.end();
    assert!((50 * MIB..56 * MIB).contains(&peak), "{peak}");
}

/// The contexts of zstd are not counted, as they are not Rust's: less than 1 MiB a thread at level 1
/// in blocks of the default size, which the bounds leave room for.
// One test: what others take would count.
#[test]
fn memory_is_bounded_and_the_bounds_are_reached() {
    threads_gather_so_much_and_no_more();
    a_snapshot_goes_to_a_remote_store_within_64_mib();
}
