//! Every byte of a large file counts, whatever it holds.

use crate::checkpoint::{metadata, operator};
use crate::subtask::full_snapshot;
use alluvium_checkpoint::{CheckpointMetadata, Metadata, SubtaskSnapshot};
use alluvium_state_api::{ErrorKind, Result};
use std::fmt::Debug;

/// Changes each byte, and cuts at each length: `read` must say that it is damage.
fn check<T: Debug>(clean: &[u8], read: impl Fn(&[u8]) -> Result<T>) {
    assert!(
        (8 << 10..64 << 10).contains(&clean.len()),
        "{}",
        clean.len()
    );
    read(clean).unwrap();
    for at in 0..clean.len() {
        let mut bytes = clean.to_vec();
        *bytes.get_mut(at).unwrap() ^= (at % 255 + 1) as u8;
        let error = read(&bytes).err().unwrap_or_else(|| panic!("byte {at}"));
        assert_eq!(error.kind(), ErrorKind::Corrupt, "byte {at}: {error}");
        bytes.truncate(at);
        let error = read(&bytes).err().unwrap_or_else(|| panic!("length {at}"));
        assert_eq!(error.kind(), ErrorKind::Corrupt, "length {at}: {error}");
    }
}

#[test]
fn every_byte_of_metadata_counts() {
    let operators = (0..4).map(|number| operator(&format!("operator {number}"), 8));
    let bytes = metadata(operators.collect()).to_bytes().unwrap();
    check(&bytes, CheckpointMetadata::from_bytes);
    check(&bytes, |bytes| Metadata::parse(bytes).map(drop));
}

#[test]
fn every_byte_of_a_subtasks_snapshot_counts() {
    let mut snapshot = full_snapshot();
    for place in 0..60 {
        snapshot.raw_operator.partitions.push(vec![place; 300]);
    }
    check(&snapshot.encode().unwrap(), SubtaskSnapshot::decode);
}
