#![no_main]

use alluvium_checkpoint::SegmentSource;
use alluvium_fuzz::seal_segment;
use alluvium_state_api::{SnapshotEvent, SnapshotSource};
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;

/// Reads all of a segment; says how many bytes of entries it told.
fn read(bytes: &[u8]) -> usize {
    let Ok(mut source) = SegmentSource::open(Arc::<[u8]>::from(bytes), "fuzz") else {
        return 0;
    };
    let mut told = 0;
    let (states, groups) = (source.header().states.len(), source.header().groups);
    for state in 0..states {
        let read = source.read(state, groups, &mut |event| {
            if let SnapshotEvent::Entry(entry) = event {
                told += entry.len();
            }
            Ok(())
        });
        if read.is_err() {
            break;
        }
    }
    told
}

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    // Sections do not overlap, and nothing unfolds to more than 256 times its size.
    assert!(read(&seal_segment(bytes)) <= bytes.len() * 256);
});
