//! Increments: what changed since a confirmed base, whatever becomes of confirmations.

use crate::conformance::harness::Harness;
use crate::conformance::support::{
    CountingSink, History, Layers, Timeline, clear, fold, fresh, list, record, refused, restored,
    same, set, try_freeze, value,
};
use alluvium_state_api::{
    CheckpointId, ErrorKind, KeyedBackend, KeyedBackendExt, ListDescriptor, ListHandle,
    MapDescriptor, MapHandle, SnapshotMode, ValueDescriptor, ValueHandle,
};

const NUMBER: ValueDescriptor<u64> = ValueDescriptor::new("number");
const LIST: ListDescriptor<u64> = ListDescriptor::new("list");
const MAP: MapDescriptor<u64, u64> = MapDescriptor::new("map");

/// Base and deltas applied in order are the state at the freeze: every increment confirmed.
pub fn increments_equal_full_state<H: Harness>(h: &H) {
    let mut history = History::new(h, 10);
    for round in 0..20 {
        let increment = history.checked_increment();
        history.timeline.confirm(&mut history.b, increment);
        history.change([0, 1, 30, 300][round % 4]);
    }
    let last = history.checked_increment();
    history.check_restore(last);
}

/// Confirmations that never come: every increment still says all, and nobody runs out of
/// snapshots.
pub fn confirmations_lost<H: Harness>(h: &H) {
    let mut history = History::new(h, 11);
    for round in 0..24 {
        let increment = history.checked_increment();
        if round % 8 == 3 {
            history.timeline.confirm(&mut history.b, increment);
        }
        history.change(40);
    }
}

/// Confirmations that come after the next freezes, or after the next but one.
pub fn confirmations_late<H: Harness>(h: &H) {
    let mut history = History::new(h, 12);
    let mut unconfirmed = Vec::new();
    for round in 0..20 {
        unconfirmed.push(history.checked_increment());
        history.change(40);
        if unconfirmed.len() > 1 + round % 3 {
            let late = unconfirmed.remove(0);
            history.timeline.confirm(&mut history.b, late);
        }
        history.change(20);
    }
}

/// Confirmations that come twice and more, also long after, and those of checkpoints that never
/// were.
pub fn confirmations_repeated<H: Harness>(h: &H) {
    let mut history = History::new(h, 13);
    let mut confirmed = Vec::new();
    for _ in 0..12 {
        let increment = history.checked_increment();
        confirmed.push(increment);
        for again in &confirmed {
            history.timeline.confirm(&mut history.b, *again);
        }
        history.b.confirm(CheckpointId(1_000_000));
        history.b.abort(CheckpointId(1_000_001));
        history.change(50);
    }
}

/// Confirmations in the wrong order: an older one that comes last takes nothing back.
pub fn confirmations_out_of_order<H: Harness>(h: &H) {
    let mut history = History::new(h, 14);
    for _ in 0..8 {
        let first = history.checked_increment();
        history.change(40);
        let second = history.checked_increment();
        history.change(40);
        history.timeline.confirm(&mut history.b, second);
        history.change(40);
        history.timeline.confirm(&mut history.b, first);
        history.change(40);
        history.checked_increment();
    }
}

/// Checkpoints that are aborted, before or after they were written, or dropped unwritten: their
/// changes are in the next increment.
pub fn checkpoints_aborted<H: Harness>(h: &H) {
    let mut history = History::new(h, 15);
    let base = history.checked_increment();
    history.timeline.confirm(&mut history.b, base);
    for round in 0..12 {
        history.change(40);
        let number = history.next();
        let job = try_freeze(&mut history.b, number, SnapshotMode::Incremental).unwrap();
        history.timeline.check_base(&*job);
        history.change(5);
        match round % 3 {
            0 => drop(job),
            1 => drop(job.split(4)),
            _ => drop(record(h, job)),
        }
        history.b.abort(CheckpointId(number));
        let increment = history.checked_increment();
        if round % 4 == 3 {
            history.timeline.confirm(&mut history.b, increment);
        }
        history.b.abort(CheckpointId(number));
    }
}

/// Aborting what was confirmed, and confirming what was aborted, changes nothing that a restore
/// can see; nothing builds on what was aborted first.
pub fn confirmed_then_aborted<H: Harness>(h: &H) {
    let mut history = History::new(h, 16);
    for _ in 0..6 {
        let confirmed = history.checked_increment();
        history.timeline.confirm(&mut history.b, confirmed);
        history.b.abort(CheckpointId(confirmed));
        history.change(40);
        let aborted = history.checked_increment();
        history.b.abort(CheckpointId(aborted));
        history.change(20);
        // Behind the back of the timeline, which thus refuses increments that build on it.
        history.b.confirm(CheckpointId(aborted));
        let next = history.checked_increment();
        history.check_restore(next);
        history.change(20);
    }
}

/// Two increments in flight at once: the second holds what the first holds and more, since the
/// first is not confirmed when it is frozen; they are written in the wrong order.
pub fn two_increments_in_flight<H: Harness>(h: &H) {
    let mut history = History::new(h, 17);
    let base = history.checked_increment();
    history.timeline.confirm(&mut history.b, base);
    for round in 0..8 {
        history.change(40);
        let one = history.next();
        let first = try_freeze(&mut history.b, one, SnapshotMode::Incremental).unwrap();
        let at_first = first.header().clone();
        history.change(40);
        let two = history.next();
        let second = try_freeze(&mut history.b, two, SnapshotMode::Incremental).unwrap();
        history.timeline.check_base(&*first);
        history.timeline.check_base(&*second);
        history.change(40);
        let second = history.timeline.store(two, record(h, second));
        let first = history.timeline.store(one, record(h, first));
        assert_eq!(first.header(), at_first);
        let (first, second) = (fold(&first), fold(&second));
        assert_ne!(first, second);
        let confirmed = if round % 2 == 0 { one } else { two };
        history.timeline.confirm(&mut history.b, confirmed);
        history.checked_increment();
    }
}

/// A value, a list of one element and a map of five entries under each key.
struct Three {
    number: ValueHandle<u64>,
    list: ListHandle<u64>,
    map: MapHandle<u64, u64>,
}

impl Three {
    fn register<B: KeyedBackend>(b: &mut B) -> Self {
        Self {
            number: b.register(&NUMBER).unwrap(),
            list: b.register(&LIST).unwrap(),
            map: b.register(&MAP).unwrap(),
        }
    }

    fn write<B: KeyedBackend<Key = i32>>(&self, b: &mut B, key: i32, content: u64) {
        let mut scope = b.key(&key).unwrap();
        scope.value(self.number).set(content).unwrap();
        scope.list(self.list).add(content).unwrap();
        let entries = (0..5).map(|uk| (uk, content));
        scope.map(self.map).put_all(entries).unwrap();
    }

    fn clear<B: KeyedBackend<Key = i32>>(&self, b: &mut B, key: i32) {
        let mut scope = b.key(&key).unwrap();
        scope.value(self.number).clear().unwrap();
        scope.list(self.list).clear().unwrap();
        scope.map(self.map).clear().unwrap();
    }
}

/// What was deleted after the base is gone after a restore; what was deleted and written again is
/// there; what came and went between two checkpoints leaves nothing.
pub fn deletions_in_increments<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let three = Three::register(&mut b);
    let mut timeline = Timeline::default();
    for key in 0..20 {
        three.write(&mut b, key, 1);
    }
    timeline.increment(h, &mut b, 1);
    timeline.confirm(&mut b, 1);
    for key in 0..10 {
        three.clear(&mut b, key);
    }
    for key in 0..5 {
        three.write(&mut b, key, 2);
    }
    three.write(&mut b, 100, 3);
    three.clear(&mut b, 100);
    let chain = timeline.increment(h, &mut b, 2);
    assert_eq!(fold(&chain).len(), 15 * 7);
    let mut c = restored::<H, i32>(h, &chain);
    let number = c.register(&NUMBER).unwrap();
    let lists = c.register(&LIST).unwrap();
    for (key, content) in [(0, Some(2)), (7, None), (15, Some(1)), (100, None)] {
        assert_eq!(value(&mut c, &key, number), content);
        let expected: Vec<_> = content.into_iter().collect();
        assert_eq!(list(&mut c, &key, lists), expected);
    }
}

/// A deletion that was in an unconfirmed increment is in the next one too; the base, not the last
/// increment, is what counts.
pub fn deletions_outlive_lost_confirmations<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let three = Three::register(&mut b);
    let mut timeline = Timeline::default();
    for key in 0..10 {
        three.write(&mut b, key, 1);
    }
    timeline.increment(h, &mut b, 1);
    timeline.confirm(&mut b, 1);
    three.clear(&mut b, 3);
    timeline.increment(h, &mut b, 2);
    three.clear(&mut b, 4);
    timeline.increment(h, &mut b, 3);
    b.abort(CheckpointId(3));
    three.clear(&mut b, 5);
    let chain = timeline.increment(h, &mut b, 4);
    assert_eq!(fold(&chain).len(), 7 * 7);
    timeline.confirm(&mut b, 2);
    let chain = timeline.increment(h, &mut b, 5);
    assert_eq!(fold(&chain).len(), 7 * 7);
    timeline.confirm(&mut b, 5);
    three.write(&mut b, 3, 9);
    let chain = timeline.increment(h, &mut b, 6);
    assert_eq!(fold(&chain).len(), 8 * 7);
}

/// A list grows from increment to increment, is replaced and grows again: the order is that of
/// adding.
pub fn lists_in_increments<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let state = b.register(&LIST).unwrap();
    let mut timeline = Timeline::default();
    let mut expected: Vec<u64> = Vec::new();
    // Many lists that never change, so that the one that does is worth a delta.
    for key in 2..200 {
        b.key(&key).unwrap().list(state).add(0).unwrap();
    }
    for checkpoint in 1..=12 {
        let mut scope = b.key(&1).unwrap();
        let mut one = scope.list(state);
        if checkpoint % 5 == 0 {
            expected = vec![checkpoint];
            one.set([checkpoint]).unwrap();
        }
        let more = checkpoint * 1000..checkpoint * 1000 + 700 / checkpoint;
        one.add_all(more.clone()).unwrap();
        expected.extend(more);
        timeline.increment(h, &mut b, checkpoint);
        if checkpoint % 3 != 0 {
            timeline.confirm(&mut b, checkpoint);
        }
        let mut c = restored::<H, i32>(h, &timeline.chain(checkpoint));
        let state = c.register(&LIST).unwrap();
        let found = list(&mut c, &1, state);
        assert_eq!(found, expected, "checkpoint {checkpoint}");
    }
}

/// States that are registered between increments are in the next one whole.
pub fn states_registered_between_increments<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let mut timeline = Timeline::default();
    for checkpoint in 1..=8 {
        let name = format!("state {}", 9 - checkpoint);
        let state = b.register(&ValueDescriptor::<u64>::named(name)).unwrap();
        for key in 0..10 {
            set(&mut b, &key, state, checkpoint);
        }
        let chain = timeline.increment(h, &mut b, checkpoint);
        assert_eq!(fold(&chain).len() as u64, 10 * checkpoint);
        timeline.confirm(&mut b, checkpoint);
    }
    let last = b.register(&ValueDescriptor::<u64>::new("state 8")).unwrap();
    clear(&mut b, &1, last);
    let chain = timeline.increment(h, &mut b, 9);
    assert_eq!(fold(&chain).len(), 79);
}

/// A backend restored from a chain goes on with increments of its own; unclaimed state is in them.
pub fn increments_after_restore<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let three = Three::register(&mut b);
    let mut timeline = Timeline::default();
    for checkpoint in 1..=3 {
        for key in 0..10 {
            three.write(&mut b, key * checkpoint as i32, checkpoint);
        }
        timeline.increment(h, &mut b, checkpoint);
        timeline.confirm(&mut b, checkpoint);
    }
    let before = fold(&timeline.chain(3));
    let mut b = restored::<H, i32>(h, &timeline.chain(3));
    let mut timeline = Timeline::default();
    same(
        &fold(&timeline.increment(h, &mut b, 4)),
        &before,
        "snapshot",
    );
    timeline.confirm(&mut b, 4);
    let number = b.register(&NUMBER).unwrap();
    set(&mut b, &0, number, 77);
    clear(&mut b, &1, number);
    let chain = timeline.increment(h, &mut b, 5);
    assert_eq!(fold(&chain).len(), before.len() - 1);
    timeline.confirm(&mut b, 5);
    let mut b = restored::<H, i32>(h, &chain);
    let number = b.register(&NUMBER).unwrap();
    assert_eq!(value(&mut b, &0, number), Some(77));
    assert_eq!(value(&mut b, &1, number), None);
    let lists = b.register(&LIST).unwrap();
    assert!(!list(&mut b, &1, lists).is_empty());
}

/// A delta that builds on a base holds less than everything when little has changed.
pub fn deltas_are_smaller<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let number = b.register(&NUMBER).unwrap();
    for key in 0..5000 {
        set(&mut b, &key, number, 1);
    }
    let mut timeline = Timeline::default();
    timeline.increment(h, &mut b, 1);
    timeline.confirm(&mut b, 1);
    for key in 0..5 {
        set(&mut b, &key, number, 2);
    }
    let job = try_freeze(&mut b, 2, SnapshotMode::Incremental).unwrap();
    let base = job.header().base;
    let mut counted = CountingSink::default();
    job.run(&mut counted).unwrap();
    match base {
        Some(_) => assert!(counted.entries < 2500, "{}", counted.entries),
        None => assert_eq!(counted.entries, 5000),
    }
}

/// Snapshots that are frozen and never written come to an end: the limit is an error that names
/// its option, the state is untouched, and a place is free as soon as one of them is given up.
pub fn unfinished_snapshots_are_limited<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let number = b.register(&NUMBER).unwrap();
    set(&mut b, &1, number, 1);
    let mut jobs = Vec::new();
    let refusal = loop {
        let checkpoint = jobs.len() as u64 + 1;
        assert!(checkpoint < 1000, "nothing limits unfinished snapshots");
        set(&mut b, &1, number, checkpoint);
        match try_freeze(&mut b, checkpoint, SnapshotMode::Incremental) {
            Ok(job) => jobs.push(job),
            Err(error) => break error,
        }
    };
    refused::<()>(Err(refusal), ErrorKind::LimitExceeded, &["limit", "'"]);
    assert!(jobs.len() >= 2, "two snapshots must be possible at once");
    let last = jobs.len() as u64 + 1;
    assert_eq!(value(&mut b, &1, number), Some(last));
    drop(jobs.remove(0));
    b.abort(CheckpointId(1));
    let job = try_freeze(&mut b, last + 1, SnapshotMode::Incremental).unwrap();
    let stored = Layers(vec![record(h, job)]);
    assert_eq!(stored.header().base, None);
    let mut c = restored::<H, i32>(h, &stored);
    let number = c.register(&NUMBER).unwrap();
    assert_eq!(value(&mut c, &1, number), Some(last));
}
