//! Snapshots as a sink sees them: headers, sections, entries, reports, parts.

use crate::conformance::harness::{Harness, Recorder, Recording};
use crate::conformance::support::{
    CountingSink, FailingCodec, Folded, Layers, Rng, Workload, fold, freeze, fresh, fresh_subtask,
    keys_in, record, record_parts, refused, restored, same, set, snapshot, ten, try_freeze, value,
};
use alluvium_state_api::{
    Change, CheckpointId, CodecRef, Content, ErrorKind, KeyGroup, KeyGroupRange, KeyedBackend,
    KeyedBackendExt, ListDescriptor, MapDescriptor, Section, SnapshotEvent, SnapshotMode,
    StateKind, ValueDescriptor, decode_key_exact,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A35: with nothing registered there is a valid empty snapshot, and restoring it is a fresh
/// start; so is restoring from no snapshot at all.
pub fn a35_empty_snapshot<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let stored = snapshot(h, &mut b, 1);
    assert!(fold(&stored).is_empty());
    let header = stored.header();
    assert!(header.states.is_empty());
    assert_eq!(header.max_parallelism, ten());
    let mut b = restored::<H, i32>(h, &stored);
    assert!(b.states().is_empty() && b.unclaimed().is_empty());
    let number = b.register(&ValueDescriptor::<u64>::new("v")).unwrap();
    set(&mut b, &1, number, 1);
    assert_eq!(value(&mut b, &1, number), Some(1));
}

/// The header says what was frozen: checkpoint, groups, key schema, and every state once, by name,
/// also one that holds nothing.
pub fn snapshot_header<H: Harness>(h: &H) {
    let mut b = fresh_subtask::<H, i32>(h, 1, 3, ten());
    b.register(&ValueDescriptor::<u64>::new("empty")).unwrap();
    b.register(&ListDescriptor::<u64, u8>::new("list")).unwrap();
    let m = b.register(&MapDescriptor::<u64, u64>::new("map")).unwrap();
    let key = keys_in(ten(), b.key_groups(), 1)[0];
    b.key(&key).unwrap().map(m).put(1, 2).unwrap();
    let job = freeze(&mut b, 17);
    let early = job.header().clone();
    let header = Layers(vec![record(h, job)]).header();
    assert_eq!(header, early);
    assert_eq!(header.checkpoint, CheckpointId(17));
    assert_eq!(header.base, None);
    assert_eq!(header.max_parallelism, ten());
    assert_eq!(header.groups, ten().range_of(1, 3).unwrap());
    assert_eq!(header.key, b.key_schema());
    let names: BTreeSet<_> = header.states.iter().map(|state| &*state.name).collect();
    assert_eq!(names, BTreeSet::from(["empty", "list", "map"]));
    assert_eq!(header.states.len(), 3);
    let map = &header.states[header.state_index("map").unwrap()];
    assert_eq!(map.kind, StateKind::Map);
    assert!(b.states().contains(map));
}

/// A state that was registered and holds nothing is known to the restored backend.
pub fn empty_state_is_in_the_snapshot<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    b.register(&ValueDescriptor::<u64>::new("v")).unwrap();
    let stored = snapshot(h, &mut b, 1);
    let mut b = restored::<H, i32>(h, &stored);
    assert_eq!(b.states().len(), 1);
    assert_eq!(b.unclaimed().len(), 1);
    let other = b.register(&ValueDescriptor::<String>::new("v"));
    refused(other, ErrorKind::Incompatible, &["'v'", "u64", "string"]);
    b.register(&ValueDescriptor::<u64>::new("v")).unwrap();
    assert!(b.unclaimed().is_empty());
}

/// G08: every entry stands in the section of its key's group; no section comes twice; a full
/// snapshot says so and deletes nothing; the report counts what was written.
pub fn g08_entries_by_group<H: Harness>(h: &H) {
    let mut b = fresh_subtask::<H, i32>(h, 1, 2, ten());
    let keys = keys_in(ten(), b.key_groups(), 50);
    let workload = Workload::register(&mut b);
    workload.change(&mut b, &mut Rng::new(1), &keys, 2000);
    let stored = snapshot(h, &mut b, 1);
    let mut source = stored.0[0].source();
    let header = source.header().clone();
    let mut entries = 0;
    for state in 0..header.states.len() {
        let mut group = None;
        let mut groups = BTreeSet::new();
        let read = source.read(state, header.groups, &mut |event| {
            match event {
                SnapshotEvent::Section(section) => {
                    assert_eq!(section.content, Content::Full);
                    assert!(groups.insert(section.group), "{} twice", section.group);
                    group = Some(section.group);
                }
                SnapshotEvent::Entry(entry) => {
                    let key: i32 = decode_key_exact(entry.key)?;
                    assert_eq!(Some(ten().group_of(key)), group);
                    assert_ne!(entry.change, Change::Delete);
                    entries += 1;
                }
            }
            Ok(())
        });
        read.unwrap();
    }
    assert!(entries > 100);
    let job = freeze(&mut b, 2);
    let mut counted = CountingSink::default();
    let report = job.run(&mut counted).unwrap();
    assert_eq!(
        (report.entries, report.bytes),
        (counted.entries, counted.bytes)
    );
    assert_eq!(report.entries, entries);
}

/// The parts of a job are of disjoint groups, at most as many as asked for, and together write
/// what the whole job would have written, in any order and on any thread.
pub fn job_in_parts<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let keys: Vec<_> = (0..80).collect();
    let workload = Workload::register(&mut b);
    workload.change(&mut b, &mut Rng::new(2), &keys, 3000);
    let whole = fold(&snapshot(h, &mut b, 1));
    for (checkpoint, parts) in (2..).zip([1, 2, 3, 7, 10, 64]) {
        let jobs = freeze(&mut b, checkpoint).split(parts);
        assert!(!jobs.is_empty() && jobs.len() <= parts);
        workload.change(&mut b, &mut Rng::new(checkpoint), &keys, 10);
        std::thread::scope(|threads| {
            for job in jobs.into_iter().rev() {
                threads.spawn(move || job.run(&mut CountingSink::default()).unwrap());
            }
        });
        b.abort(CheckpointId(checkpoint));
    }
    let mut b = restored::<H, i32>(h, &Layers(vec![record_parts(h, freeze_of(h, &whole), 4)]));
    let again = snapshot(h, &mut b, 1);
    same(&fold(&again), &whole, "snapshot");
}

/// A job of a backend that was filled as [`job_in_parts`] fills it.
fn freeze_of<H: Harness>(h: &H, whole: &Folded) -> Box<dyn alluvium_state_api::SnapshotJob> {
    let mut b = fresh::<H, i32>(h);
    let keys: Vec<_> = (0..80).collect();
    let workload = Workload::register(&mut b);
    workload.change(&mut b, &mut Rng::new(2), &keys, 3000);
    let stored = Layers(vec![record_parts(h, freeze(&mut b, 1), 3)]);
    same(&fold(&stored), whole, "snapshot");
    freeze(&mut b, 2)
}

/// A62: a value that cannot be encoded is reported once: when it is written, at the freeze, or
/// by the job; not twice, not never. Once it is gone the next snapshot succeeds.
pub fn a62_failing_codec<H: Harness>(h: &H) {
    let codec = CodecRef::shared(FailingCodec { poison: 13 });
    let descriptor = ValueDescriptor::<u64>::with_codec("picky", codec);
    let mut b = fresh::<H, i32>(h);
    let picky = b.register(&descriptor).unwrap();
    set(&mut b, &1, picky, 12);
    set(&mut b, &2, picky, 12);
    let eager = b.key(&1).unwrap().value(picky).set(13);
    let frozen = try_freeze(&mut b, 1, SnapshotMode::Full);
    let written = frozen.and_then(|job| job.run(&mut CountingSink::default()));
    match eager {
        Ok(()) => refused(written, ErrorKind::Misuse, &["picky", "cannot be encoded"]),
        Err(error) => {
            refused::<()>(
                Err(error),
                ErrorKind::Misuse,
                &["picky", "cannot be encoded"],
            );
            written.unwrap();
            assert_eq!(value(&mut b, &1, picky), Some(12));
        }
    }
    b.abort(CheckpointId(1));
    set(&mut b, &1, picky, 14);
    assert_eq!(fold(&snapshot(h, &mut b, 2)).len(), 2);
}

/// The number of a checkpoint must be above that of the freeze before; the state is untouched.
pub fn checkpoint_numbers_ascend<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let number = b.register(&ValueDescriptor::<u64>::new("v")).unwrap();
    set(&mut b, &1, number, 1);
    let stored = snapshot(h, &mut b, 5);
    for wrong in [5, 4] {
        for mode in [SnapshotMode::Full, SnapshotMode::Incremental] {
            let again = try_freeze(&mut b, wrong, mode);
            refused(again.map(drop), ErrorKind::Misuse, &["5"]);
        }
    }
    same(&fold(&snapshot(h, &mut b, 9)), &fold(&stored), "snapshot");
}

/// Two snapshots with nothing between them say the same; reading changes nothing.
pub fn reading_leaves_snapshots_alike<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let keys: Vec<_> = (0..20).collect();
    let workload = Workload::register(&mut b);
    workload.change(&mut b, &mut Rng::new(3), &keys, 500);
    let first = fold(&snapshot(h, &mut b, 1));
    for state in b.states() {
        b.keys_named(&state.name, &0u8).unwrap();
    }
    same(&fold(&snapshot(h, &mut b, 2)), &first, "snapshot");
}

/// E08: asked for any groups, the reader of a subtask's snapshot gives those that it holds, under
/// their own numbers, and of others nothing; a recorder refuses a group that the header lacks.
pub fn e08_groups_of_a_recording<H: Harness>(h: &H) {
    let mut b = fresh_subtask::<H, i32>(h, 1, 3, ten());
    let number = b.register(&ValueDescriptor::<u64>::new("v")).unwrap();
    for key in keys_in(ten(), b.key_groups(), 30) {
        set(&mut b, &key, number, 1);
    }
    let stored = snapshot(h, &mut b, 1);
    let mut source = stored.0[0].source();
    assert_eq!(stored.header().groups, KeyGroupRange::new(4, 6).unwrap());
    let asked = [(0, 9), (5, 9), (0, 4), (6, 6), (0, 3), (7, 9)];
    let held: [&[u16]; 6] = [&[4, 5, 6], &[5, 6], &[4], &[6], &[], &[]];
    for ((first, last), held) in asked.into_iter().zip(held) {
        let mut found = BTreeSet::new();
        let mut group = None;
        let range = KeyGroupRange::new(first, last).unwrap();
        let read = source.read(0, range, &mut |event| {
            match event {
                SnapshotEvent::Section(section) => group = Some(section.group),
                SnapshotEvent::Entry(entry) => {
                    let key: i32 = decode_key_exact(entry.key)?;
                    assert_eq!(Some(ten().group_of(key)), group);
                    found.extend(group.map(|group| group.0));
                }
            }
            Ok(())
        });
        read.unwrap();
        assert!(found.iter().eq(held), "{range}: {found:?}");
    }
    for outside in [3, 7, 10] {
        let mut recorder = h.recorder();
        recorder.begin(&stored.header()).unwrap();
        let section = Section {
            group: KeyGroup(outside),
            state: 0,
            content: Content::Full,
            sorted: false,
        };
        let taken = recorder.section(section).map(|()| recorder);
        let finished = taken.and_then(Recorder::finish);
        refused(finished, ErrorKind::Misuse, &["group", "outside"]);
    }
}

/// The reader of a stored snapshot can be asked for some groups of a state, and again.
pub fn recording_reads_some_groups<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let number = b.register(&ValueDescriptor::<u64>::new("v")).unwrap();
    for key in 0..100 {
        set(&mut b, &key, number, 1);
    }
    let stored = snapshot(h, &mut b, 1);
    let recording: &Arc<dyn Recording> = &stored.0[0];
    let mut source = recording.source();
    let mut total = 0;
    for _ in 0..2 {
        for part in ten().all_groups().split(4) {
            let read = source.read(0, part, &mut |event| {
                match event {
                    SnapshotEvent::Section(section) => assert!(part.contains(section.group)),
                    SnapshotEvent::Entry(_) => total += 1,
                }
                Ok(())
            });
            read.unwrap();
        }
    }
    assert_eq!(total, 200);
}

/// A job that is run into two recorders' worth of states: `begin` comes first, and once.
pub fn job_begins_with_the_header<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let job = freeze(&mut b, 1);
    let mut recorder: Box<dyn Recorder> = h.recorder();
    let report = job.run(&mut *recorder).unwrap();
    assert_eq!(report.entries, 0);
    assert_eq!(
        recorder.finish().unwrap().source().header().checkpoint,
        CheckpointId(1)
    );
}

/// E07: entries are, byte for byte, those of the one logical layout: order-preserving keys, values
/// little-endian, list elements behind their length. Golden bytes, never to be changed.
pub fn e07_logical_entries<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let number = b.register(&ValueDescriptor::<u64, u8>::new("v")).unwrap();
    let texts = b.register(&ListDescriptor::<String>::new("l")).unwrap();
    let map = b.register(&MapDescriptor::<String, u64>::new("m")).unwrap();
    let mut scope = b.key(&5).unwrap();
    assert_eq!(scope.group(), KeyGroup(4));
    scope.value_in(number, &1).set(0x0102).unwrap();
    let items = ["a".to_owned(), String::new(), "bc".to_owned()];
    scope.list(texts).add_all(items).unwrap();
    scope.map(map).put("k\0".to_owned(), 1).unwrap();
    let (key, one) = (vec![0x80, 0, 0, 5], [1, 0, 0, 0, 0, 0, 0, 0]);
    let goldens = [
        ("v", vec![1], vec![], vec![2, 1, 0, 0, 0, 0, 0, 0]),
        (
            "l",
            vec![],
            vec![],
            vec![2, 1, b'a', 1, 0, 3, 2, b'b', b'c'],
        ),
        ("m", vec![], vec![b'k', 0, 0xff, 0, 1], one.to_vec()),
    ];
    let entries = goldens
        .into_iter()
        .map(|(state, namespace, user_key, value)| {
            let at = (
                KeyGroup(4),
                state.to_owned(),
                key.clone(),
                namespace,
                user_key,
            );
            (at, value)
        });
    same(&fold(&snapshot(h, &mut b, 1)), &entries.collect(), "layout");
}
