//! Files that were written when their format was fixed. They are never written again: every later
//! version must read them, and this version writes the very same bytes.

use crate::checkpoint::{metadata, operator};
use crate::fake::{options, read_all, roomy_job, small_job};
use crate::subtask::{full_snapshot, snapshot_in_files};
use alluvium_checkpoint::{
    CheckpointMetadata, CheckpointPart, CheckpointPartKind, Compression, SubtaskSnapshot,
};

const SEGMENT: &[u8] = include_bytes!("../golden/segment-v1.bin");
const SEGMENT_ZSTD: &[u8] = include_bytes!("../golden/segment-zstd-v1.bin");
const SUBTASK: &[u8] = include_bytes!("../golden/subtask-v1.bin");
const SUBTASK_IN_FILES: &[u8] = include_bytes!("../golden/subtask-files-v1.bin");
const SUMMARY: &[u8] = include_bytes!("../golden/checkpoint-summary-v1.bin");
const OPERATOR: &[u8] = include_bytes!("../golden/checkpoint-operator-v1.bin");

fn checkpoint() -> CheckpointMetadata {
    let mut metadata = metadata(vec![operator("count", 2)]);
    metadata.is_final = true;
    metadata
}

#[test]
fn segments_are_read() {
    let mut expected = small_job();
    expected.sections = expected.told();
    assert_eq!(read_all(&SEGMENT.into()).unwrap(), expected);
}

#[test]
fn segments_are_written() {
    assert_eq!(&*small_job().bytes(64), SEGMENT);
}

#[test]
fn compressed_segments_are_read() {
    let mut expected = roomy_job();
    expected.sections = expected.told();
    assert_eq!(read_all(&SEGMENT_ZSTD.into()).unwrap(), expected);
}

/// What zstd makes of a payload may differ from version to version; what is around it, not.
#[test]
fn compressed_segments_are_written() {
    let bytes = roomy_job().bytes_with(options(400, Compression::Zstd(1)));
    assert_eq!(bytes[..24], SEGMENT_ZSTD[..24]);
    assert!(bytes.len().abs_diff(SEGMENT_ZSTD.len()) < 200);
}

#[test]
fn subtask_snapshots_are_read() {
    assert_eq!(SubtaskSnapshot::decode(SUBTASK).unwrap(), full_snapshot());
}

#[test]
fn subtask_snapshots_are_written() {
    assert_eq!(full_snapshot().encode().unwrap(), SUBTASK);
}

#[test]
fn subtask_snapshots_in_files_are_read() {
    let read = SubtaskSnapshot::decode(SUBTASK_IN_FILES).unwrap();
    assert_eq!(read, snapshot_in_files());
}

#[test]
fn subtask_snapshots_in_files_are_written() {
    assert_eq!(snapshot_in_files().encode().unwrap(), SUBTASK_IN_FILES);
}

#[test]
fn checkpoints_are_read() {
    let parts = [
        (CheckpointPartKind::Summary, SUMMARY),
        (CheckpointPartKind::Operator, OPERATOR),
    ];
    let parts = parts.map(|(kind, bytes)| CheckpointPart { kind, bytes });
    assert_eq!(CheckpointMetadata::from_parts(parts).unwrap(), checkpoint());
}

#[test]
fn checkpoints_are_written() {
    let parts = checkpoint().to_parts().unwrap();
    let bytes: Vec<_> = parts.iter().map(|part| &*part.bytes).collect();
    assert_eq!(bytes, [SUMMARY, OPERATOR]);
}
