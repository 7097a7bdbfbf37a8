use crate::fake::{FakeJob, Row, Write, header, open, options, read, read_all, section, small_job};
use alluvium_checkpoint::{Compression, SegmentSink};
use alluvium_state_api::{
    Content, ErrorKind, KeyGroup, KeyGroupRange, SnapshotSink, SnapshotSource, StateError,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn rows(state: usize, content: Content) -> impl Strategy<Value = Vec<Row>> {
    let bytes = |most| prop::collection::vec(any::<u8>(), 0..most);
    let row = (bytes(20), bytes(3), bytes(9), bytes(400), 0..4u8);
    let row = row.prop_map(move |(key, namespace, user_key, value, write)| Row {
        key,
        namespace,
        user_key: if state == 2 { user_key } else { Vec::new() },
        write: match write {
            0 if content == Content::Delta => Write::Delete,
            1 if state == 1 => Write::Append(value),
            _ => Write::Put(value),
        },
    });
    prop::collection::vec(row, 0..8)
}

fn jobs() -> impl Strategy<Value = FakeJob> {
    let section = (0..3usize, 2..10u16, any::<bool>(), any::<bool>());
    let with_rows = section.prop_flat_map(|(state, group, delta, sorted)| {
        let content = if delta { Content::Delta } else { Content::Full };
        let mut section = section_of(state, group, content);
        section.sorted = sorted;
        (Just(section), rows(state, content))
    });
    prop::collection::vec(with_rows, 0..12).prop_map(|sections| {
        let mut seen = BTreeSet::new();
        let mut sections = sections;
        sections.retain(|(section, _)| seen.insert((section.state, section.group)));
        FakeJob {
            header: header(Some(299)),
            sections,
        }
    })
}

use section as section_of;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_written_is_read(job in jobs(), block in 64usize..600, level in 0..20) {
        let compression = match level {
            0 => Compression::None,
            level => Compression::Zstd(level),
        };
        let told = read_all(&job.bytes_with(options(block, compression))).unwrap();
        prop_assert_eq!(&told.header, &job.header);
        prop_assert_eq!(told.sections, job.told());
    }

    #[test]
    fn no_more_is_expected_than_is_told(job in jobs(), block in 64usize..600) {
        let source = open(&job.bytes(block)).unwrap();
        for (state, group) in (0..3).flat_map(|state| (0..16).map(move |group| (state, group))) {
            let group = KeyGroup(group);
            let told = job.told();
            let rows = told.iter().find(|(at, _)| (at.state, at.group) == (state, group));
            let rows = rows.map_or(0, |(_, rows)| rows.len() as u64);
            prop_assert!(source.expected_entries(state, group) <= rows);
        }
    }

    #[test]
    fn only_what_is_asked_for_is_told(job in jobs(), first in 0..16i32, last in 0..16i32) {
        let groups = KeyGroupRange::new(first, last).unwrap();
        let mut source = open(&job.bytes(100)).unwrap();
        let told = read(&mut source, groups).unwrap();
        let mut expected = job.told();
        expected.retain(|(section, _)| groups.contains(section.group));
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        prop_assert!(open(&bytes.into()).is_err());
    }
}

#[test]
fn only_the_blocks_asked_for_are_read() {
    let job = small_job();
    let clean = job.bytes(64);
    let mut broken = clean.to_vec();
    let at = broken.windows(4).position(|four| four == b"gone").unwrap();
    broken[at] ^= 1;
    let mut source = open(&broken.into()).unwrap();
    let below = KeyGroupRange::new(2, 8).unwrap();
    assert_eq!(read(&mut source, below).unwrap().len(), 3);
    let error = source.verify().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(
        error.to_string().starts_with("the test's segment: "),
        "{error}"
    );
}

#[test]
fn a_snapshot_of_nothing_is_valid() {
    let mut job = small_job();
    job.sections.clear();
    assert_eq!(read_all(&job.bytes(64)).unwrap(), job);
    job.header.states.clear();
    job.header.base = None;
    job.header.groups = KeyGroupRange::EMPTY;
    let bytes = job.bytes(64);
    assert_eq!(read_all(&bytes).unwrap(), job);
    assert_eq!(open(&bytes).unwrap().entry_count(), 0);
}

#[test]
fn long_values_and_lists_go_on_over_blocks() {
    let long = |byte, length| vec![byte; length];
    let mut rows = vec![Row::put(b"list", &long(1, 200_000))];
    rows.extend((0..500).map(|_| Row::new(b"list", Write::Append(long(2, 1_000)))));
    rows.push(Row::put(&long(3, 100_000), &long(4, 3_000_000)));
    rows.push(Row::put(b"after", b"short"));
    let job = FakeJob {
        header: header(None),
        sections: vec![(section(1, 5, Content::Full), rows)],
    };
    for block in [64, 1_000, 65_536, 4 << 20] {
        for compression in [Compression::None, Compression::Zstd(1)] {
            let bytes = job.bytes_with(options(block, compression));
            assert!(read_all(&bytes).unwrap() == job, "{block} {compression:?}");
        }
    }
}

#[test]
fn full_sections_without_entries_are_kept_upon_a_base_only() {
    let mut job = small_job();
    job.sections = vec![(section(0, 3, Content::Full), vec![])];
    assert_eq!(read_all(&job.bytes(64)).unwrap().sections.len(), 1);
    job.header.base = None;
    assert_eq!(read_all(&job.bytes(64)).unwrap().sections.len(), 0);
}

#[test]
fn deltas_of_one_group_may_come_in_turns() {
    let delta = section(0, 4, Content::Delta);
    let other = section(1, 4, Content::Delta);
    let row = |key: &[u8]| vec![Row::put(key, b"x")];
    let job = FakeJob {
        header: header(Some(1)),
        sections: vec![(delta, row(b"1")), (other, row(b"2")), (delta, row(b"3"))],
    };
    assert_eq!(read_all(&job.bytes(64)).unwrap().sections, job.told());
}

#[test]
fn the_visitor_can_stop_the_reading() {
    let mut source = open(&small_job().bytes(64)).unwrap();
    let groups = source.header().groups;
    let mut calls = 0;
    let result = source.read(0, groups, &mut |_| {
        calls += 1;
        Err(StateError::cancelled("enough"))
    });
    assert_eq!(result.unwrap_err().to_string(), "enough");
    assert_eq!(calls, 1);
}

/// Runs a job of one section, and says what the sink finds wrong with it.
fn misuse(job: &FakeJob) -> String {
    let mut sink = SegmentSink::in_memory();
    let result = job.write(&mut sink);
    let error = match result {
        Ok(()) => sink.finish().unwrap_err(),
        Err(error) => {
            assert!(sink.finish().is_err(), "finished after a failure");
            error
        }
    };
    assert_eq!(error.kind(), ErrorKind::Misuse);
    error.to_string()
}

#[test]
fn jobs_that_make_no_sense_are_refused() {
    let one = |base, section, row: Row| FakeJob {
        header: header(base),
        sections: vec![(section, vec![row])],
    };
    let put = || Row::put(b"k", b"v");
    let full = section(0, 3, Content::Full);
    let outside = section(0, 10, Content::Full);
    assert!(misuse(&one(None, outside, put())).contains("key group 10"));
    let no_state = section(3, 3, Content::Full);
    assert!(misuse(&one(None, no_state, put())).contains("state 3"));
    let delta = section(0, 3, Content::Delta);
    assert!(misuse(&one(None, delta, put())).contains("without a base"));
    let append = Row::new(b"k", Write::Append(vec![]));
    assert!(misuse(&one(None, full, append)).contains("state 'count': only list"));
    let delete = Row::new(b"k", Write::Delete);
    assert!(misuse(&one(None, full, delete)).contains("cannot delete"));
    let mut keyed = put();
    keyed.user_key = b"u".to_vec();
    assert!(misuse(&one(None, full, keyed)).contains("user keys"));
    let mut twice = one(None, full, put());
    twice.sections.extend(twice.sections.clone());
    assert!(misuse(&twice).contains("key group 3 of state 'count'"));
    let mut named_twice = one(None, full, put());
    named_twice.header.states[1].name = "count".to_owned();
    assert!(misuse(&named_twice).contains("twice"));
    assert!(misuse(&one(Some(300), full, put())).contains("older"));
}

#[test]
fn calls_out_of_order_are_refused() {
    let sink = SegmentSink::in_memory();
    assert_eq!(sink.finish().unwrap_err().kind(), ErrorKind::Misuse);
    let mut sink = SegmentSink::in_memory();
    assert!(sink.section(section(0, 3, Content::Full)).is_err());
    let mut sink = SegmentSink::in_memory();
    sink.begin(&header(None)).unwrap();
    assert!(sink.entry(Row::put(b"k", b"v").entry()).is_err());
    assert!(sink.begin(&header(None)).is_err());
}

#[test]
fn what_is_expected_is_bounded_by_what_is_there() {
    let rows = |value: usize| {
        let rows = (0..1_000_u32).map(|key| Row::put(&key.to_le_bytes(), &vec![7; value]));
        FakeJob {
            header: header(None),
            sections: vec![(section_of(0, 3, Content::Full), rows.collect())],
        }
    };
    let expected = |job: &FakeJob, compression| {
        let bytes = job.bytes_with(options(4_096, compression));
        let source = open(&bytes).unwrap();
        assert_eq!(source.expected_entries(0, KeyGroup(4)), 0);
        assert_eq!(source.expected_entries(1, KeyGroup(3)), 0);
        assert_eq!(source.expected_entries(99, KeyGroup(3)), 0);
        (source.expected_entries(0, KeyGroup(3)), bytes.len() as u64)
    };
    assert_eq!(expected(&rows(8), Compression::None).0, 1_000);
    let (few, bytes) = expected(&rows(200), Compression::Zstd(1));
    assert!(few <= bytes / 8 && few < 1_000, "{few} in {bytes} bytes");
}
