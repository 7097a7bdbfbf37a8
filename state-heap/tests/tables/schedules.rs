//! A writer, readers of frozen views, and their release, under many schedules that can be replayed.
//!
//! Threads change within operations: keys and values give way to other threads when they are
//! compared, copied or dropped, so that a view may be released in the middle of the copying that
//! it causes.

use crate::common::{Keyed, View};
use alluvium_state_heap::table::{Hold, Inline, KeyHold, Shared};
use shuttle::sync::mpsc::channel;
use shuttle::thread;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Enough for a second small table; only a few give way, or there would be no end to it.
const KEYS: u64 = 200;
const GIVING_WAY: u64 = 40;
const ROUNDS: u64 = 3;

/// A number; every so manieth gives way to other threads whenever something is done with it.
#[derive(Debug)]
struct Number(u64);

impl Number {
    fn give_way(&self) {
        if self.0.is_multiple_of(GIVING_WAY) && !std::thread::panicking() {
            thread::yield_now();
        }
    }
}

impl Clone for Number {
    fn clone(&self) -> Self {
        self.give_way();
        Self(self.0)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.give_way();
        self.0 == other.0
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// Like [`Number`], and owns something to be dropped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Owning(Number);

impl Drop for Owning {
    fn drop(&mut self) {
        self.0.give_way();
    }
}

fn written(id: u64, round: u64) -> Option<u64> {
    (!(id + round).is_multiple_of(3)).then_some(id * 100 + round)
}

fn check<T, KS, VS>(view: &View<T, T, KS, VS>, round: u64, new: fn(u64) -> T)
where
    T: Hash + Eq + std::fmt::Debug + Send + 'static,
    KS: KeyHold<T>,
    VS: Hold<T>,
{
    for id in (0..KEYS).step_by(7) {
        assert_eq!(view.get(&new(id)), written(id, round).map(new).as_ref());
    }
    let there = (0..KEYS).filter(|id| written(*id, round).is_some());
    assert_eq!(view.since(None).count(), there.count());
}

fn write_and_read<T, KS, VS>(new: fn(u64) -> T)
where
    T: Hash + Eq + std::fmt::Debug + Send + 'static,
    KS: KeyHold<T>,
    VS: Hold<T>,
{
    let readers = [0, 1].map(|extra| {
        let (sender, views) = channel::<(u64, View<T, T, KS, VS>)>();
        let reader = thread::spawn(move || {
            let mut kept = None;
            for (round, view) in views {
                check(&view, round, new);
                // One reader releases a view at once, the other when the next one has come.
                kept = (extra == 1).then_some(view);
            }
            drop(kept);
        });
        (sender, reader)
    });
    let mut table = Keyed::<T, T, KS, VS>::new();
    for round in 1..=ROUNDS {
        for id in 0..KEYS {
            match written(id, round) {
                Some(value) => {
                    let write = |held: &mut Option<T>| *held = Some(new(value));
                    table.update(new(id), round as u32, write);
                }
                None => _ = table.remove(&new(id)),
            }
        }
        let view = table.freeze();
        for (sender, _) in &readers {
            sender.send((round, view.clone())).unwrap();
        }
    }
    for (sender, reader) in readers {
        drop(sender);
        reader.join().unwrap();
    }
}

#[test]
fn inline_data() {
    let run = || write_and_read::<Number, Inline<_>, Inline<_>>(Number);
    shuttle::check_random(run, 200);
    shuttle::check_pct(run, 100, 3);
}

#[test]
fn shared_data() {
    let run = || write_and_read::<Owning, Arc<_>, Shared<_>>(|id| Owning(Number(id)));
    shuttle::check_random(run, 200);
    shuttle::check_pct(run, 100, 3);
}
