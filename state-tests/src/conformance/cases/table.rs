//! What a user can observe of tables that grow, shrink, are shared with snapshots and copied on
//! write: nothing is seen twice or missed, copies are few, and what is not needed is released.

use crate::conformance::harness::{Harness, Keyed};
use crate::conformance::support::{
    Census, Folded, Layers, Rng, Tracked, census_codec, clear, fold, freeze, fresh, fresh_subtask,
    record, restored, set, snapshot, sorted, value, value_in,
};
use alluvium_state_api::{
    Budget, CheckpointId, KeyedBackend, KeyedBackendExt, ListDescriptor, ListHandle, MapDescriptor,
    MapHandle, SnapshotJob, ValueDescriptor, ValueHandle,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const NUMBER: ValueDescriptor<u64> = ValueDescriptor::new("number");

/// G01, G02: keys come, with one removal per eight, far beyond any first size, then go again; size,
/// membership and listing are exact all the way.
pub fn g02_growing_and_shrinking<H: Harness>(h: &H) {
    const MOST: i32 = 20_000;
    let mut b = fresh::<H, i32>(h);
    let number = b.register(&NUMBER).unwrap();
    let mut expected = BTreeSet::new();
    let check = |b: &mut Keyed<H, i32>, expected: &BTreeSet<i32>, step: i32| {
        assert_eq!(b.entries(number).unwrap(), expected.len() as u64);
        for key in (0..step).step_by(97) {
            let content = expected.contains(&key).then_some(key as u64);
            assert_eq!(value(b, &key, number), content);
        }
    };
    for step in 0..MOST {
        set(&mut b, &step, number, step as u64);
        expected.insert(step);
        if step % 8 == 7 {
            let gone = step / 2;
            clear(&mut b, &gone, number);
            expected.remove(&gone);
        }
        if step % 1999 == 0 {
            check(&mut b, &expected, step);
        }
    }
    let listed = sorted(b.keys(number, &()).unwrap());
    assert!(listed.into_iter().eq(expected.iter().copied()));
    for step in 0..MOST {
        let key = (step * 7919) % MOST;
        clear(&mut b, &key, number);
        expected.remove(&key);
        if step % 1999 == 0 {
            check(&mut b, &expected, MOST);
        }
    }
    assert_eq!(b.entries(number).unwrap(), 0);
}

/// What should be, by key and namespace.
type Oracle = BTreeMap<(i32, u8), u64>;

/// G03: a long random history on 20 keys in 4 namespaces, against a map; every so often a snapshot
/// is frozen, held over many changes, and then says what was there; others are drawn and released
/// meanwhile.
pub fn g03_random_oracle<H: Harness>(h: &H) {
    let descriptor = ValueDescriptor::<u64, u8>::new("v");
    let mut b = fresh::<H, i32>(h);
    let v = b.register(&descriptor).unwrap();
    let mut oracle = Oracle::new();
    let mut rng = Rng::new(30);
    let mut held: Option<(Box<dyn SnapshotJob>, Oracle)> = None;
    for step in 0..60_000u64 {
        let (key, ns) = (rng.below(20) as i32, rng.below(4) as u8);
        oracle_step(&mut b, v, &mut oracle, (key, ns), &mut rng);
        if step % 500 == 499 {
            if let Some((job, expected)) = held.take() {
                let layers = Layers(vec![record(h, job)]);
                assert_eq!(fold(&layers).len(), expected.len());
                let mut c = restored::<H, i32>(h, &layers);
                let v = c.register(&descriptor).unwrap();
                assert_eq!(c.entries(v).unwrap(), expected.len() as u64);
                for ((key, ns), content) in expected {
                    assert_eq!(value_in(&mut c, &key, v, &ns), Some(content));
                }
            }
            b.abort(CheckpointId(step.saturating_sub(500)));
            held = Some((freeze(&mut b, step), oracle.clone()));
        } else if step % 133 == 0 {
            drop(freeze(&mut b, step));
            b.abort(CheckpointId(step));
        }
    }
    let listed = sorted(b.keys_and_namespaces(v).unwrap());
    assert!(listed.iter().eq(oracle.keys()));
}

/// One random access, to the state and to the oracle; what it read must agree.
fn oracle_step<B: KeyedBackend<Key = i32>>(
    b: &mut B,
    v: ValueHandle<u64, u8>,
    oracle: &mut Oracle,
    at: (i32, u8),
    rng: &mut Rng,
) {
    let (key, ns) = at;
    let new = rng.next();
    let mut scope = b.key(&key).unwrap();
    let mut state = scope.value_in(v, &ns);
    match rng.below(6) {
        0 => {
            state.set(new).unwrap();
            oracle.insert(at, new);
        }
        1 => {
            let old = state.update(|slot| slot.replace(new)).unwrap();
            assert_eq!(old, oracle.insert(at, new));
        }
        2 => {
            state.clear().unwrap();
            oracle.remove(&at);
        }
        3 => assert_eq!(state.take().unwrap(), oracle.remove(&at)),
        4 => {
            let change = |slot: &mut Option<u64>| {
                if let Some(old) = slot {
                    *old = old.wrapping_add(1);
                }
            };
            state.update(change).unwrap();
            oracle
                .entry(at)
                .and_modify(|old| *old = old.wrapping_add(1));
        }
        _ => assert_eq!(state.get().unwrap().as_deref(), oracle.get(&at)),
    }
}

struct Counted<H: Harness> {
    census: Arc<Census>,
    b: Keyed<H, i32>,
    value: ValueHandle<Tracked>,
    list: ListHandle<Tracked>,
    map: MapHandle<u64, Tracked>,
}

const KEYS: i32 = 300;

impl<H: Harness> Counted<H> {
    /// A value and a list element under each of [`KEYS`] keys, a map of as many entries under one.
    fn new(h: &H) -> Self {
        let census = Arc::default();
        let mut b = fresh::<H, i32>(h);
        let codec = || census_codec(&census);
        let value = ValueDescriptor::with_codec("value", codec());
        let value = b.register(&value).unwrap();
        let list = ListDescriptor::with_codec("list", codec());
        let list = b.register(&list).unwrap();
        let map = MapDescriptor::with_codec("map", codec());
        let map = b.register(&map).unwrap();
        for key in 0..KEYS {
            let one = |number| Tracked::new(&census, number);
            set(&mut b, &key, value, one(1));
            let mut scope = b.key(&key).unwrap();
            scope.list(list).add(one(1)).unwrap();
            let mut scope = b.key(&0).unwrap();
            scope.map(map).put(key as u64, one(1)).unwrap();
        }
        census.take_clones();
        Self {
            census,
            b,
            value,
            list,
            map,
        }
    }

    /// Changes a value and a map's value in place; returns the number of copies that each took.
    fn copies_in_place(&mut self, key: i32) -> [u64; 2] {
        let bump = |slot: &mut Option<Tracked>| slot.as_mut().unwrap().number += 1;
        let mut scope = self.b.key(&key).unwrap();
        scope.value(self.value).update(bump).unwrap();
        let value = self.census.take_clones();
        let mut scope = self.b.key(&0).unwrap();
        scope.map(self.map).update(&(key as u64), bump).unwrap();
        [value, self.census.take_clones()]
    }

    /// Adds a value and a map's value under a key that is not there yet.
    fn insert(&mut self, key: i32) {
        let one = || Tracked::new(&self.census, 1);
        set(&mut self.b, &key, self.value, one());
        let mut scope = self.b.key(&0).unwrap();
        scope.map(self.map).put(key as u64, one()).unwrap();
    }

    /// Gives whatever a snapshot that is over has kept alive the time to go.
    fn release(&mut self, h: &H, checkpoint: u64) {
        self.b.abort(CheckpointId(checkpoint));
        let mut rounds = 0;
        while self.b.maintain(Budget { entries: 100 }).unwrap().more {
            rounds += 1;
            assert!(rounds < 10_000, "there is no end to maintenance");
        }
        h.settle();
        self.census.take_clones();
    }

    /// Makes a change of each sort and returns the number of copies that it took.
    fn copies_of_changes(&mut self, key: i32) -> Vec<u64> {
        let census = Arc::clone(&self.census);
        let one = |number| Tracked::new(&census, number);
        let mut scope = self.b.key(&key).unwrap();
        let mut copies = Vec::new();
        let bump = |slot: &mut Option<Tracked>| slot.as_mut().unwrap().number += 1;
        scope.value(self.value).update(bump).unwrap();
        copies.push(census.take_clones());
        scope.value(self.value).set(one(5)).unwrap();
        copies.push(census.take_clones());
        scope.list(self.list).add(one(5)).unwrap();
        copies.push(census.take_clones());
        let mut scope = self.b.key(&0).unwrap();
        let uk = key as u64;
        scope.map(self.map).update(&uk, bump).unwrap();
        copies.push(census.take_clones());
        scope.map(self.map).put(uk, one(5)).unwrap();
        copies.push(census.take_clones());
        scope.map(self.map).put(uk + 1000, one(5)).unwrap();
        copies.push(census.take_clones());
        copies
    }
}

/// G04: while no snapshot is alive, changes copy no value; reading never does.
pub fn g04_no_copies_without_a_snapshot<H: Harness>(h: &H) {
    let mut counted = Counted::new(h);
    assert_eq!(counted.copies_of_changes(7), [0; 6]);
    let scope = counted.b.key(&7).unwrap();
    assert_eq!(scope.get(counted.value).unwrap().unwrap().number, 5);
    let entry = scope.map_value(counted.map, &9).unwrap();
    assert!(entry.is_none());
    assert_eq!(counted.census.take_clones(), 0);
}

/// Checks that each of `made` copies is allowed.
#[track_caller]
fn at_most(made: &[u64], allowed: &[u64], what: &str) {
    let within = made.iter().zip(allowed).all(|(made, most)| made <= most);
    assert!(within, "{what}: {made:?} copies, {allowed:?} allowed");
}

/// G04: freezing copies no value; after a freeze a change copies the value that it changes and no
/// other; a value that is replaced need not be copied at all.
pub fn g04_copies_after_a_freeze<H: Harness>(h: &H) {
    let mut counted = Counted::new(h);
    let _first = freeze(&mut counted.b, 1);
    assert_eq!(counted.census.take_clones(), 0);
    for key in [3, 4] {
        let copies = counted.copies_of_changes(key);
        at_most(&copies, &[1, 0, 0, 1, 0, 0], "the first change");
    }
    assert_eq!(counted.copies_of_changes(3), [0; 6], "what is new already");
    let _second = freeze(&mut counted.b, 2);
    assert_eq!(counted.census.take_clones(), 0);
    let copies = counted.copies_of_changes(3);
    at_most(&copies, &[1, 0, 0, 1, 0, 0], "the second snapshot");
}

/// G04: a value is copied at most once for the snapshots that read it; what came after the last one
/// that is alive is not copied, and nothing is once all are released.
pub fn g04_one_copy_a_snapshot<H: Harness>(h: &H) {
    let mut counted = Counted::new(h);
    let first = freeze(&mut counted.b, 1);
    at_most(&counted.copies_in_place(3), &[1, 1], "first snapshot");
    assert_eq!(counted.copies_in_place(3), [0; 2], "one copy, then stable");
    let second = freeze(&mut counted.b, 2);
    at_most(&counted.copies_in_place(3), &[1, 1], "second snapshot");
    assert_eq!(counted.copies_in_place(3), [0; 2], "again stable");
    drop(second);
    counted.release(h, 2);
    counted.insert(KEYS);
    assert_eq!(
        counted.copies_in_place(KEYS),
        [0; 2],
        "no snapshot knows it"
    );
    at_most(
        &counted.copies_in_place(4),
        &[1, 1],
        "the first one reads it",
    );
    drop(first);
    counted.release(h, 1);
    for key in [3, 5, KEYS] {
        assert_eq!(counted.copies_in_place(key), [0; 2], "all are released");
    }
}

/// G04, G05: what a snapshot kept alive is released when its job is dropped or has run, once, and
/// whatever is said about the checkpoint afterwards.
pub fn g05_copies_are_released<H: Harness>(h: &H) {
    let mut counted = Counted::new(h);
    let before = counted.census.alive();
    for checkpoint in 1..=6 {
        let job = freeze(&mut counted.b, checkpoint);
        for key in 0..KEYS {
            let new = Tracked::new(&counted.census, 2);
            set(&mut counted.b, &key, counted.value, new);
        }
        if checkpoint % 2 == 0 {
            drop(job);
        } else {
            drop(record(h, job));
        }
        counted.b.abort(CheckpointId(checkpoint));
        counted.b.confirm(CheckpointId(checkpoint));
        counted.release(h, checkpoint);
        let alive = counted.census.alive();
        assert!(alive <= before, "{alive} values alive, {before} before");
    }
    drop(counted.b);
    h.settle();
    assert_eq!(counted.census.alive(), 0);
}

/// G07: a snapshot that is frozen while tables grow or shrink holds each entry exactly once.
pub fn g07_frozen_while_growing<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let number = b.register(&NUMBER).unwrap();
    let mut checkpoint = 0;
    let mut expect = |b: &mut Keyed<H, i32>, expected: u64| {
        checkpoint += 1;
        let stored: Folded = fold(&snapshot(h, b, checkpoint));
        assert_eq!(stored.len() as u64, expected);
        assert_eq!(b.entries(number).unwrap(), expected);
    };
    for key in 0..3000 {
        set(&mut b, &key, number, 1);
        if key % 113 == 0 {
            expect(&mut b, key as u64 + 1);
        }
    }
    for key in 0..3000 {
        clear(&mut b, &key, number);
        if key % 113 == 0 {
            expect(&mut b, 2999 - key as u64);
        }
    }
    expect(&mut b, 0);
}

/// A frozen job counts each entry once although all keys are in one key group.
pub fn many_keys_in_one_group<H: Harness>(h: &H) {
    let max = alluvium_state_api::MaxParallelism::new(1).unwrap();
    let mut b = fresh_subtask::<H, i32>(h, 0, 1, max);
    let number = b.register(&NUMBER).unwrap();
    for key in 0..50_000 {
        set(&mut b, &key, number, key as u64);
    }
    let job = freeze(&mut b, 1);
    for key in 0..50_000 {
        set(&mut b, &key, number, 0);
    }
    let layers = Layers(vec![record(h, job)]);
    let mut c = restored::<H, i32>(h, &layers);
    let number = c.register(&NUMBER).unwrap();
    assert_eq!(c.entries(number).unwrap(), 50_000);
    for key in 0..50_000 {
        assert_eq!(value(&mut c, &key, number), Some(key as u64));
    }
}
