//! What operator state takes for a freeze, and for the first write after it.

use alluvium_state_api::{OperatorListDescriptor, OperatorStateStore};
use alluvium_state_heap::HeapOperatorState;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const FILES: OperatorListDescriptor<u64> = OperatorListDescriptor::split("files");
const COUNT: u64 = 1_000_000;

/// The bytes that `work` asks for, also those that it gives back.
fn allocated<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let region = Region::new(ALLOCATOR);
    let result = work();
    let change = region.change();
    (result, change.bytes_allocated)
}

/// One test: what goes on beside it would be counted, too.
#[test]
fn neither_a_freeze_nor_the_first_write_after_it_copies_a_long_list() {
    let mut state = HeapOperatorState::new();
    let files = state.register_list(&FILES).unwrap();
    state.list_add_all(files, (0..COUNT).collect()).unwrap();
    state.list_add(files, COUNT).unwrap();

    let (job, bytes) = allocated(|| state.freeze().unwrap());
    assert!(bytes < 1_000, "frozen: {bytes}");
    for after in 1..=3 {
        let ((), bytes) = allocated(|| state.list_add(files, COUNT + after).unwrap());
        assert!(bytes < 10_000, "written: {bytes}");
    }
    let images = job.run().unwrap();
    assert_eq!(images[0].items.len() as u64, COUNT + 1);
    assert!(state.list_get(files).unwrap().into_iter().eq(0..=COUNT + 3));

    let mut restored = HeapOperatorState::restore(images);
    let (job, bytes) = allocated(|| restored.freeze().unwrap());
    assert!(bytes < 1_000, "frozen as it was restored: {bytes}");
    drop(restored);
    assert_eq!(job.run().unwrap()[0].items.len() as u64, COUNT + 1);
}
