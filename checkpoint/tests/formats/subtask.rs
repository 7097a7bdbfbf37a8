//! Snapshots of subtasks.

use crate::fake::small_job;
use alluvium_checkpoint::{FilePlace, FileRef, KeyedChain, KeyedSegment, SubtaskSnapshot};
use alluvium_state_api::{
    ErrorKind, KeyGroup, Limit, OperatorItem, OperatorStateImage, OperatorStateKind,
    OperatorStateMeta, RawKeyedState, RawOperatorState, Schema, SnapshotLimits,
};
use proptest::prelude::*;

pub(crate) fn list(kind: OperatorStateKind, name: &str, values: &[&[u8]]) -> OperatorStateImage {
    let items = values.iter().map(|value| OperatorItem {
        key: Vec::new(),
        value: value.to_vec(),
    });
    OperatorStateImage {
        meta: OperatorStateMeta {
            name: name.to_owned(),
            kind,
            key: None,
            value: Schema::U64,
        },
        items: items.collect(),
    }
}

pub(crate) fn broadcast(name: &str, entries: &[(&[u8], &[u8])]) -> OperatorStateImage {
    let items = entries.iter().map(|(key, value)| OperatorItem {
        key: key.to_vec(),
        value: value.to_vec(),
    });
    OperatorStateImage {
        meta: OperatorStateMeta {
            name: name.to_owned(),
            kind: OperatorStateKind::Broadcast,
            key: Some(Schema::String),
            value: Schema::List(Box::new(Schema::Bool)),
        },
        items: items.collect(),
    }
}

/// A snapshot with something of everything.
pub(crate) fn full_snapshot() -> SubtaskSnapshot {
    SubtaskSnapshot {
        keyed: vec![KeyedChain::inline(small_job().bytes(64))],
        operator_state: vec![
            list(OperatorStateKind::SplitList, "offsets", &[b"12", b"", b"3"]),
            list(OperatorStateKind::UnionList, "seen", &[]),
            broadcast("rules", &[(b"", b"x"), (b"key", b"")]),
        ],
        raw_keyed: RawKeyedState::from_groups([
            (KeyGroup(2), b"two".to_vec()),
            (KeyGroup(9), Vec::new()),
        ]),
        raw_operator: RawOperatorState {
            partitions: vec![b"first".to_vec(), Vec::new()],
        },
        finished: true,
        ..SubtaskSnapshot::new("count", 1, 3)
    }
}

pub(crate) fn file(place: FilePlace, name: &str) -> FileRef {
    FileRef {
        place,
        name: name.to_owned(),
        length: 1 << 33,
        crc: 0xfffe_fdfc,
    }
}

/// A snapshot whose state lies in files, but for one layer.
pub(crate) fn snapshot_in_files() -> SubtaskSnapshot {
    SubtaskSnapshot {
        keyed: vec![
            KeyedChain {
                layers: vec![
                    KeyedSegment::File(file(FilePlace::Shared, "g1-c1-0")),
                    KeyedSegment::File(file(FilePlace::Own, "g1-c2-0")),
                    KeyedSegment::Inline(b"layer".as_slice().into()),
                ],
            },
            KeyedChain {
                layers: vec![KeyedSegment::File(file(FilePlace::Own, "g1-c2-1"))],
            },
        ],
        rest: Some(file(FilePlace::Own, "g1-c2-2")),
        ..SubtaskSnapshot::new("count", 1, 3)
    }
}

fn round_trip(snapshot: &SubtaskSnapshot) {
    let bytes = snapshot.encode().unwrap();
    assert_eq!(bytes.len() as u64, snapshot.size().unwrap());
    assert_eq!(SubtaskSnapshot::decode(&bytes).unwrap(), *snapshot);
}

#[test]
fn everything_comes_back() {
    round_trip(&full_snapshot());
    round_trip(&snapshot_in_files());
    let empty = SubtaskSnapshot::new("", 0, 1);
    assert!(empty.is_empty());
    round_trip(&empty);
}

fn images() -> impl Strategy<Value = OperatorStateImage> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..200);
    let items = prop::collection::vec((bytes(), bytes()), 0..5);
    (".{0,9}", 0..3, items).prop_map(|(name, kind, items)| {
        let pairs: Vec<_> = items
            .iter()
            .map(|(key, value)| (&**key, &**value))
            .collect();
        let values: Vec<_> = items.iter().map(|(_, value)| &**value).collect();
        match kind {
            0 => list(OperatorStateKind::SplitList, &name, &values),
            1 => list(OperatorStateKind::UnionList, &name, &values),
            _ => broadcast(&name, &pairs),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_is_written_is_read(
        operator in ".{0,20}",
        (subtask, more) in (0..9u32, 1..9u32),
        operator_state in prop::collection::vec(images(), 0..4),
        raw_keyed in prop::collection::btree_map(0..0x8000u16, any::<Vec<u8>>(), 0..4),
        partitions: Vec<Vec<u8>>,
        segments: Vec<Vec<u8>>,
        finished: bool,
    ) {
        let groups = raw_keyed.into_iter().map(|(group, bytes)| (KeyGroup(group), bytes));
        round_trip(&SubtaskSnapshot {
            keyed: segments.into_iter().map(KeyedChain::inline).collect(),
            operator_state,
            raw_keyed: RawKeyedState::from_groups(groups),
            raw_operator: RawOperatorState { partitions },
            finished,
            ..SubtaskSnapshot::new(operator, subtask, subtask + more)
        });
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        prop_assert!(SubtaskSnapshot::decode(&bytes).is_err());
    }
}

#[test]
fn every_flipped_bit_and_every_cut_is_found() {
    let clean = full_snapshot().encode().unwrap();
    for at in 0..clean.len() {
        for bit in 0..8 {
            let mut bytes = clean.clone();
            bytes[at] ^= 1 << bit;
            let error = SubtaskSnapshot::decode(&bytes).expect_err(&format!("byte {at}"));
            assert_eq!(error.kind(), ErrorKind::Corrupt, "byte {at}, bit {bit}");
        }
        let error = SubtaskSnapshot::decode(&clean[..at]).expect_err(&format!("length {at}"));
        assert_eq!(error.kind(), ErrorKind::Corrupt, "length {at}");
    }
    let longer = [&clean[..], &[0]].concat();
    assert!(SubtaskSnapshot::decode(&longer).is_err());
}

/// Replaces the body of an encoded snapshot and puts its length and checksum right.
pub(crate) fn reseal(bytes: &[u8], body: &[u8]) -> Vec<u8> {
    let mut out = bytes.first_chunk::<8>().unwrap().to_vec();
    out.extend((body.len() as u64).to_le_bytes());
    out.extend(body);
    let crc = crc32fast::hash(&out);
    out.extend(crc.to_le_bytes());
    out
}

#[test]
fn damage_under_a_right_checksum_is_no_panic() {
    let clean = full_snapshot().encode().unwrap();
    let body = &clean[16..clean.len() - 4];
    assert_eq!(reseal(&clean, body), clean);
    for at in 0..body.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff, body[at] ^ 1] {
            let mut body = body.to_vec();
            body[at] = value;
            if let Ok(snapshot) = SubtaskSnapshot::decode(&reseal(&clean, &body)) {
                round_trip(&snapshot);
            }
        }
        // A cut between records leaves a valid snapshot; any other is an error, and none panics.
        drop(SubtaskSnapshot::decode(&reseal(&clean, &body[..at])));
    }
}

#[test]
fn unknown_records_are_skipped_only_if_they_may_be() {
    let clean = full_snapshot().encode().unwrap();
    let with = |tag: u8| {
        let body = [&clean[16..clean.len() - 4], &[tag, 2, 0, 0]].concat();
        SubtaskSnapshot::decode(&reseal(&clean, &body))
    };
    assert_eq!(with(0x40).unwrap(), full_snapshot());
    assert_eq!(with(0xc0).unwrap_err().kind(), ErrorKind::Incompatible);
    assert!(with(0x81).is_err());
}

#[test]
fn the_limit_is_the_encoded_size_to_the_byte() {
    let snapshot = full_snapshot();
    let size = snapshot.encode().unwrap().len() as u64;
    let limits = |bytes| SnapshotLimits {
        subtask: Some(Limit {
            bytes,
            option: "memory.max-size",
        }),
        checkpoint: None,
    };
    snapshot.check_limit(&limits(size)).unwrap();
    snapshot.check_limit(&SnapshotLimits::default()).unwrap();
    let error = snapshot.check_limit(&limits(size - 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert_eq!(
        error.to_string(),
        format!(
            "the snapshot of subtask 1 of operator 'count' is {size}, over the limit of {} set by \
             'memory.max-size'",
            size - 1
        )
    );
}

#[test]
fn operator_state_has_keys_only_if_it_is_broadcast() {
    let mut snapshot = full_snapshot();
    snapshot.operator_state[2].meta.key = None;
    let error = snapshot.encode().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("'rules'"), "{error}");
}

#[test]
fn file_names_that_lead_elsewhere_are_refused() {
    for name in [
        "",
        ".",
        "..",
        "a/b",
        "/a",
        "a\\b",
        ".tmp-1",
        &"x".repeat(256),
    ] {
        let mut snapshot = SubtaskSnapshot::new("count", 0, 1);
        snapshot.rest = Some(file(FilePlace::Own, name));
        let error = snapshot.encode().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse, "{name}");
    }
    let mut snapshot = SubtaskSnapshot::new("count", 0, 1);
    snapshot.rest = Some(file(FilePlace::Own, "ab"));
    let mut bytes = snapshot.encode().unwrap();
    let at = bytes.windows(2).position(|two| two == b"ab").unwrap();
    bytes[at..at + 2].copy_from_slice(b"..");
    let end = bytes.len() - 4;
    let crc = crc32fast::hash(&bytes[..end]).to_le_bytes();
    bytes[end..].copy_from_slice(&crc);
    let error = SubtaskSnapshot::decode(&bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("plain file name"), "{error}");
}
