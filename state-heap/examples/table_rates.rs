//! Rates of the heap tables beside a bare hash map, in one process.
//!
//! `cargo run --release -p alluvium-state-heap --example table_rates [-- MILLIONS]`
//! (0: the rates of 500,000 keys alone)
//!
//! Quote ratios of one run: the absolute figures follow the machine and the hour.

#![forbid(unsafe_code)]

use alluvium_state_api::murmur_int;
use alluvium_state_heap::table::{Hold, Inline, KeyHold, Table};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use std::hash::BuildHasher;
use std::hint::black_box;
use std::time::{Duration, Instant};

const GROUPS: u32 = 128;

type Number = Inline<u64>;

type Group = Table<Number, Number>;

struct Groups {
    groups: Vec<Group>,
    stamp: u32,
}

impl Groups {
    fn new(groups: u32) -> Self {
        let groups = (0..groups).map(|_| Group::new()).collect();
        Self { groups, stamp: 1 }
    }

    fn fill(&mut self, keys: u64) {
        (0..keys).for_each(|key| self.set(key, key));
    }

    #[inline(always)]
    fn group(&self, key: u64) -> usize {
        let hash = (key ^ (key >> 32)) as i32;
        murmur_int(hash) as u32 as usize % self.groups.len()
    }

    #[inline(always)]
    fn get(&self, key: u64) -> Option<&u64> {
        let group = self.groups.get(self.group(key))?;
        Hold::get(group.get(hash_of(key), |held| number(held) == key)?)
    }

    #[inline(always)]
    fn set(&mut self, key: u64, value: u64) {
        let (group, stamp) = (self.group(key), self.stamp);
        if let Some(group) = self.groups.get_mut(group) {
            let (same, new) = (|held: &Number| number(held) == key, || KeyHold::new(key));
            group.set(hash_of(key), same, new, value, stamp);
        }
    }

    #[inline(always)]
    fn add(&mut self, key: u64) {
        let (group, stamp) = (self.group(key), self.stamp);
        let add = |value: &mut Option<u64>| *value = Some(value.unwrap_or(0) + 1);
        if let Some(group) = self.groups.get_mut(group) {
            let same = |held: &Number| number(held) == key;
            if let Some(held) = group.get_mut(hash_of(key), same, stamp) {
                held.update(add);
            }
        }
    }

    fn bytes_per_entry(&self) -> f64 {
        let bytes: usize = self.groups.iter().map(Table::allocated).sum();
        let len: usize = self.groups.iter().map(Table::len).sum();
        bytes as f64 / len as f64
    }
}

fn main() {
    let argument = std::env::args().nth(1);
    let million: u64 = argument.and_then(|text| text.parse().ok()).unwrap_or(10);
    rates(500_000, GROUPS);
    if million == 0 {
        return;
    }
    rates(million * 1_000_000, GROUPS);
    freezes(1_000_000, GROUPS);
    for groups in [GROUPS, 1] {
        freezes(million * 1_000_000, groups);
        growth(million * 1_000_000, groups);
    }
    fills();
}

fn rates(keys: u64, groups: u32) {
    let mut bare: HashMap<u64, u64, FixedState> = HashMap::default();
    bare.extend((0..keys).map(|key| (key, key)));
    let mut ours = Groups::new(groups);
    ours.fill(keys);
    println!("{keys} keys, {groups} groups");
    let mut best = [[0.0_f64; 2]; 3];
    for _ in 0..40 {
        let results = [
            [
                rate(keys, |key| _ = black_box(bare.get(&key))),
                rate(keys, |key| _ = black_box(ours.get(key))),
            ],
            [
                rate(keys, |key| _ = bare.insert(key, 7)),
                rate(keys, |key| ours.set(key, 7)),
            ],
            [
                rate(keys, |key| *bare.entry(key).or_insert(0) += 1),
                rate(keys, |key| ours.add(key)),
            ],
        ];
        for (best, found) in best.iter_mut().flatten().zip(results.iter().flatten()) {
            *best = best.max(*found);
        }
    }
    for (work, [bare, ours]) in ["get", "update", "rmw"].iter().zip(best) {
        println!(
            "  {work:7} bare {bare:6.1}  table {ours:6.1} million/s  ratio {:.2}",
            ours / bare
        );
    }
    println!("  {:.1} bytes an entry", ours.bytes_per_entry());
}

/// Million operations a second on random keys; few at a time, so that some runs are undisturbed.
fn rate(keys: u64, mut operation: impl FnMut(u64)) -> f64 {
    const OPERATIONS: u64 = 500_000;
    let start = now();
    let mut random = keys;
    for _ in 0..OPERATIONS {
        operation(next(&mut random) % keys);
    }
    OPERATIONS as f64 / start.elapsed().as_secs_f64() / 1e6
}

fn freezes(keys: u64, groups: u32) {
    let mut ours = Groups::new(groups);
    ours.fill(keys);
    let (mut freeze, mut write) = (Duration::MAX, Duration::MAX);
    let mut random = 1;
    for _ in 0..5 {
        let start = now();
        let frozen: Vec<_> = ours.groups.iter_mut().map(Table::freeze).collect();
        freeze = freeze.min(start.elapsed());
        ours.stamp += 1;
        let mut worst = Duration::ZERO;
        for _ in 0..100_000 {
            let key = next(&mut random) % keys;
            let start = now();
            ours.add(key);
            worst = worst.max(start.elapsed());
        }
        write = write.min(worst);
        // On another thread, as a snapshot would be.
        std::thread::scope(|scope| scope.spawn(|| drop(frozen)).join()).ok();
        for _ in 0..2_000_000 {
            ours.add(next(&mut random) % keys);
        }
    }
    println!(
        "{keys} keys, {groups} groups: freeze {:.3} ms, worst update meanwhile {:.3} ms",
        freeze.as_secs_f64() * 1e3,
        write.as_secs_f64() * 1e3
    );
}

/// The longest single insertion. Each is given the least time of five runs, all alike, so that
/// what is left is its own and not the scheduler's.
fn growth(keys: u64, groups: u32) {
    let mut least = vec![u32::MAX; keys as usize];
    for _ in 0..5 {
        let mut ours = Groups::new(groups);
        for (key, least) in (0..keys).zip(&mut least) {
            let start = now();
            ours.set(key, key);
            *least = (start.elapsed().as_nanos() as u32).min(*least);
        }
    }
    let worst = least.iter().max().copied().unwrap_or(0);
    println!(
        "0 to {keys} keys, {groups} groups: worst insert {:.3} ms",
        f64::from(worst) / 1e6
    );
}

/// The most bytes an entry takes at any fill from 100,000 keys on.
fn fills() {
    let (mut ours, mut most, mut at) = (Groups::new(GROUPS), 0.0, 0);
    for key in 0..3_000_000 {
        ours.set(key, key);
        if key >= 100_000 && key % 10_000 == 0 {
            let bytes = ours.bytes_per_entry();
            if bytes > most {
                (most, at) = (bytes, key);
            }
        }
    }
    println!("at most {most:.1} bytes an entry, at {at} keys");
}

fn hash_of(key: u64) -> u64 {
    FixedState::with_seed(7).hash_one(key)
}

fn number(held: &Number) -> u64 {
    *KeyHold::get(held)
}

/// splitmix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[expect(clippy::disallowed_methods, reason = "this program measures time")]
fn now() -> Instant {
    Instant::now()
}
