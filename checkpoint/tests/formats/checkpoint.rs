//! Metadata of whole checkpoints.

use crate::fake::{FakeJob, Row, header, section};
use crate::subtask::{broadcast, full_snapshot, list};
use alluvium_checkpoint::{
    CheckpointMetadata, CheckpointPart, CheckpointPartKind, KeyedChain, OperatorSnapshot,
    SubtaskSnapshot,
};
use alluvium_state_api::{
    CheckpointId, Content, ErrorKind, Limit, MaxParallelism, OperatorStateKind, RawKeyedState,
    RawOperatorState, Result, SnapshotLimits,
};

pub(crate) const GROUPS: u32 = 16;

/// A segment of subtask `subtask` of `parallelism` with one row in each of its key groups, whose
/// key is the number of the group.
pub(crate) fn segment(subtask: u32, parallelism: u32) -> KeyedChain {
    segment_of(subtask, parallelism, header(None).max_parallelism)
}

fn segment_of(subtask: u32, parallelism: u32, max: MaxParallelism) -> KeyedChain {
    let mut header = header(None);
    header.max_parallelism = max;
    header.groups = header
        .max_parallelism
        .range_of(subtask, parallelism)
        .unwrap();
    let sections = header.groups.iter().map(|group| {
        let row = Row::put(&[group.0 as u8], b"value");
        (section(0, group.0, Content::Full), vec![row])
    });
    let sections = sections.collect();
    KeyedChain::inline(FakeJob { header, sections }.bytes(64))
}

/// Keyed state of the only subtask in which no state was registered.
pub(crate) fn segment_without_states() -> KeyedChain {
    let mut header = header(None);
    header.groups = header.max_parallelism.range_of(0, 1).unwrap();
    header.states.clear();
    let sections = Vec::new();
    KeyedChain::inline(FakeJob { header, sections }.bytes(64))
}

/// An operator that has every kind of state in each subtask.
pub(crate) fn operator(uid: &str, parallelism: u32) -> OperatorSnapshot {
    operator_of(uid, parallelism, MaxParallelism::new(GROUPS).unwrap())
}

/// The same with another number of key groups.
pub(crate) fn operator_of(uid: &str, parallelism: u32, max: MaxParallelism) -> OperatorSnapshot {
    let subtasks = (0..parallelism).map(|subtask| {
        let me = [subtask as u8];
        let groups = max.range_of(subtask, parallelism).unwrap();
        let raw = groups.iter().map(|group| (group, vec![group.0 as u8]));
        SubtaskSnapshot {
            keyed: vec![segment_of(subtask, parallelism, max)],
            operator_state: vec![
                list(OperatorStateKind::SplitList, "split", &[&me, b"x"]),
                list(OperatorStateKind::UnionList, "union", &[&me]),
                broadcast("rules", &[(b"key", &me)]),
            ],
            raw_keyed: RawKeyedState::from_groups(raw),
            raw_operator: RawOperatorState {
                partitions: vec![me.to_vec(); 2],
            },
            ..SubtaskSnapshot::new(uid, subtask, parallelism)
        }
    });
    OperatorSnapshot {
        uid: uid.to_owned(),
        max_parallelism: max,
        parallelism,
        subtasks: subtasks.collect(),
    }
}

pub(crate) fn metadata(operators: Vec<OperatorSnapshot>) -> CheckpointMetadata {
    let mut metadata = CheckpointMetadata::new(CheckpointId(42), 1_700_000_000_000, "id", "job");
    metadata.operators = operators;
    metadata
        .properties
        .insert("records".to_owned(), vec![1, 2, 3]);
    metadata.properties.insert(String::new(), Vec::new());
    metadata
}

fn read(parts: &[CheckpointPart]) -> Result<CheckpointMetadata> {
    CheckpointMetadata::from_parts(parts.iter().map(|part| CheckpointPart {
        kind: part.kind,
        bytes: &*part.bytes,
    }))
}

#[test]
fn everything_comes_back() {
    let mut metadata = metadata(vec![operator("source", 1), operator("count", 3)]);
    metadata.is_final = true;
    metadata.operators[0].subtasks[0].finished = true;
    let parts = metadata.to_parts().unwrap();
    let length: usize = parts.iter().map(|part| part.bytes.len()).sum();
    assert_eq!(metadata.size().unwrap(), length as u64);
    let kinds: Vec<_> = parts.iter().map(|part| part.kind).collect();
    let operator = CheckpointPartKind::Operator;
    assert_eq!(kinds, [CheckpointPartKind::Summary, operator, operator]);
    let read = read(&parts).unwrap();
    assert_eq!(read, metadata);
    assert!(read.operator("source").unwrap().is_finished());
    assert!(!read.operator("count").unwrap().is_finished());
    assert_eq!(read.operator("sink"), None);
}

#[test]
fn subtasks_are_stored_in_order() {
    let ordered = metadata(vec![operator("count", 3)]);
    let mut shuffled = ordered.clone();
    shuffled.operators[0].subtasks.swap(0, 2);
    assert_eq!(read(&shuffled.to_parts().unwrap()).unwrap(), ordered);
}

#[test]
fn a_checkpoint_of_nothing_is_valid() {
    let metadata = CheckpointMetadata::new(CheckpointId(1), 0, "", "");
    assert_eq!(read(&metadata.to_parts().unwrap()).unwrap(), metadata);
    let empty = OperatorSnapshot {
        subtasks: vec![SubtaskSnapshot::new("map", 0, 1)],
        ..operator("map", 1)
    };
    assert!(empty.is_empty());
}

#[test]
fn what_does_not_fit_together_is_not_written() {
    let misuse = |change: &dyn Fn(&mut CheckpointMetadata)| {
        let mut metadata = metadata(vec![operator("source", 1), operator("count", 3)]);
        change(&mut metadata);
        let error = metadata.to_parts().unwrap_err();
        (error.kind(), error.to_string())
    };
    let (kind, message) = misuse(&|metadata| metadata.operators[1].uid = "source".to_owned());
    assert_eq!(kind, ErrorKind::Misuse, "{message}");
    let (kind, message) = misuse(&|metadata| metadata.operators[1] = operator("source", 1));
    assert_eq!(kind, ErrorKind::Misuse);
    assert!(
        message.contains("'source' stands in checkpoint 42 twice"),
        "{message}"
    );
    let (kind, message) = misuse(&|metadata| metadata.operators[1].subtasks[2].subtask = 1);
    assert_eq!(kind, ErrorKind::Misuse);
    assert!(message.contains("subtask 1 more than once"), "{message}");
    let (kind, message) = misuse(&|metadata| metadata.operators[0].parallelism = 17);
    assert_eq!(kind, ErrorKind::Misuse, "{message}");
    let (kind, message) = misuse(&|metadata| {
        metadata.operators[1].subtasks[0].keyed.push(segment(1, 3));
    });
    assert_eq!(kind, ErrorKind::Corrupt);
    assert!(
        message.contains("expected a segment of key groups [0, 5] of 16"),
        "{message}"
    );
    let (kind, _) = misuse(&|metadata| {
        metadata.operators[1].subtasks[0].keyed = full_snapshot().keyed;
    });
    assert_eq!(kind, ErrorKind::Corrupt);
}

#[test]
fn parts_that_are_missing_or_there_twice_are_found() {
    let parts = metadata(vec![operator("count", 2)]).to_parts().unwrap();
    let corrupt = |parts: &[CheckpointPart]| {
        let error = read(parts).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    };
    corrupt(&[]);
    corrupt(&parts[1..]);
    corrupt(&[parts[0].clone(), parts[0].clone()]);
    corrupt(&[parts[0].clone(), parts[1].clone(), parts[1].clone()]);
}

#[test]
fn damaged_parts_never_panic() {
    let parts = metadata(vec![operator("count", 2)]).to_parts().unwrap();
    for place in 0..parts.len() {
        for at in 0..parts[place].bytes.len() {
            let mut damaged = parts.clone();
            damaged[place].bytes[at] ^= 0x81;
            drop(read(&damaged));
            damaged[place].bytes.truncate(at);
            drop(read(&damaged));
        }
    }
    // Inside a subtask's snapshot even its own checksum tells.
    let mut damaged = parts;
    *damaged[1].bytes.last_mut().unwrap() ^= 1;
    let error = read(&damaged).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let message = error.to_string();
    assert!(
        message.contains("part 1 of a checkpoint: subtask snapshot at offset"),
        "{message}"
    );
}

#[test]
fn the_limit_of_a_checkpoint_names_it() {
    let metadata = metadata(Vec::new());
    let limits = SnapshotLimits {
        subtask: None,
        checkpoint: Some(Limit {
            bytes: 10,
            option: "memory.max-checkpoint",
        }),
    };
    metadata.check_limit(10, &limits).unwrap();
    metadata
        .check_limit(11, &SnapshotLimits::default())
        .unwrap();
    let error = metadata.check_limit(11, &limits).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    let message = "checkpoint 42 is 11, over the limit of 10 set by 'memory.max-checkpoint'";
    assert_eq!(error.to_string(), message);
}
