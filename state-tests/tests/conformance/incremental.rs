//! Heap state that tracks changes, as backends with increments use it, under the suite; through
//! the wrapper that faults are put into, so that the wrapper itself is known to be sound.

use alluvium::{OpenRequest, OrderedKey, Result, SnapshotLimits, StateBackend};
use alluvium_state_heap::{HeapKeyedBackend, HeapOptions};
use alluvium_state_tests::conformance::Harness;
use alluvium_state_tests::conformance::faulty::Faulty;
use alluvium_state_tests::conformance_suite;

/// Opens heap state that tracks changes.
#[derive(Debug, Default)]
pub(crate) struct Incremental;

impl StateBackend for Incremental {
    type Keyed<K: OrderedKey> = HeapKeyedBackend<K>;

    fn open<K: OrderedKey>(&self, request: OpenRequest) -> Result<HeapKeyedBackend<K>> {
        let options = HeapOptions {
            track_changes: true,
            ..HeapOptions::default()
        };
        HeapKeyedBackend::open(request, options)
    }

    fn snapshot_limits(&self) -> SnapshotLimits {
        SnapshotLimits::default()
    }
}

impl Harness for Incremental {
    type Backend = Self;

    fn backend(&self) -> &Self {
        self
    }
}

conformance_suite!(Faulty::new(Incremental, None));
