//! Raw state: streams of bytes per key group and per subtask. Part of the contract itself, the same
//! for all backends.

use crate::conformance::support::{refused, ten};
use alluvium_state_api::{
    ErrorKind, KeyGroup, RawKeyedState, RawKeyedWriter, RawOperatorState, RawOperatorWriter,
};

const ROOM: u64 = 1000;

/// C23: each group is written once, in any order, some not at all; groups outside the range are
/// refused; a new subtask is offered the groups of its range only, byte for byte.
pub fn c23_raw_keyed_streams() {
    let written: Vec<_> = (0..2)
        .map(|subtask| {
            let range = ten().range_of(subtask, 2).unwrap();
            let mut writer = RawKeyedWriter::new(range, ROOM);
            refused(writer.write(b"early"), ErrorKind::Misuse, &[]);
            let mut groups: Vec<_> = range.iter().filter(|group| group.0 % 3 != 1).collect();
            groups.reverse();
            for group in groups {
                writer.start_group(group).unwrap();
                writer.write(&[group.0 as u8]).unwrap();
                writer.write(&vec![7; group.0.into()]).unwrap();
                refused(writer.start_group(group), ErrorKind::Misuse, &["before"]);
            }
            for outside in [5 * (1 - subtask as u16), 10] {
                let outside = writer.start_group(KeyGroup(outside));
                refused(outside, ErrorKind::Misuse, &["outside"]);
            }
            writer.finish()
        })
        .collect();
    for parallelism in [1, 2, 3, 10] {
        let mut seen = Vec::new();
        for subtask in 0..parallelism {
            let range = ten().range_of(subtask, parallelism).unwrap();
            let offered = RawKeyedState::assign(&written, range);
            for (group, bytes) in offered.iter() {
                assert!(range.contains(group));
                assert_eq!(bytes.len(), 1 + usize::from(group.0));
                assert_eq!(bytes[0], group.0 as u8);
                seen.push(group.0);
            }
        }
        assert_eq!(seen, [0, 2, 3, 5, 6, 8, 9]);
    }
}

/// C23, C24: raw state has a limit, named with the option that raises it; what was written before
/// stays.
pub fn raw_state_is_limited() {
    let mut writer = RawKeyedWriter::new(ten().all_groups(), 4);
    writer.start_group(KeyGroup(1)).unwrap();
    writer.write(b"1234").unwrap();
    refused(
        writer.write(b"5"),
        ErrorKind::LimitExceeded,
        &["4", "raw-state.max-size"],
    );
    assert_eq!(writer.finish().get(KeyGroup(1)), Some(&b"1234"[..]));
    let mut writer = RawOperatorWriter::new(4);
    writer.start_partition();
    writer.write(b"1234").unwrap();
    refused(
        writer.write(b"5"),
        ErrorKind::LimitExceeded,
        &["4", "raw-state.max-size"],
    );
    assert_eq!(writer.finish().partitions, [b"1234"]);
}

/// C18, C24: at the same parallelism the partitions of raw operator state stay where they were, also
/// where dealing them out anew would even out their number.
pub fn c24_raw_operator_streams_stay() {
    let old = [4u8, 0, 1].map(|partitions| {
        let mut writer = RawOperatorWriter::new(ROOM);
        for partition in 0..partitions {
            writer.start_partition();
            writer.write(&[partitions, partition]).unwrap();
        }
        writer.finish()
    });
    for (index, own) in old.iter().enumerate() {
        assert_eq!(RawOperatorState::assign(&old, index, 3), *own);
    }
}

/// C24: partitions of raw operator state are kept whole and dealt out as split lists are.
pub fn c24_raw_operator_streams() {
    let old: Vec<_> = (0..2u8)
        .map(|subtask| {
            let mut writer = RawOperatorWriter::new(ROOM);
            refused(writer.write(b"early"), ErrorKind::Misuse, &[]);
            for partition in 0..5 {
                writer.start_partition();
                writer.write(&[subtask]).unwrap();
                writer.write(&[partition]).unwrap();
            }
            writer.finish()
        })
        .collect();
    for (parallelism, lengths) in [
        (1, &[10][..]),
        (2, &[5, 5]),
        (3, &[4, 3, 3]),
        (4, &[3, 3, 2, 2]),
    ] {
        let mut all = Vec::new();
        for (index, length) in lengths.iter().enumerate() {
            let new = RawOperatorState::assign(&old, index, parallelism);
            assert_eq!(new.partitions.len(), *length);
            all.extend(new.partitions);
        }
        let expected =
            (0..2).flat_map(|subtask| (0..5).map(move |partition| vec![subtask, partition]));
        assert!(all.into_iter().eq(expected));
    }
}
