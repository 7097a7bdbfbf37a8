//! Random operations on a table beside a plain map, with frozen views held and released at random.

use crate::common::{Keyed, Random, View};
use alluvium_state_heap::table::{Hold, Inline, KeyHold, Shared};
use hashbrown::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

/// Ids of keys, each with the id of its value and the epoch of its last change.
type Model = HashMap<u64, (u64, u32), foldhash::fast::FixedState>;

/// Keys or values by number.
trait Numbered: Eq + Hash + Debug + Clone {
    fn numbered(id: u64) -> Self;
    fn id(&self) -> u64;
}

impl Numbered for u64 {
    fn numbered(id: u64) -> Self {
        id
    }

    fn id(&self) -> u64 {
        *self
    }
}

impl Numbered for String {
    fn numbered(id: u64) -> Self {
        format!("number {id}")
    }

    fn id(&self) -> u64 {
        self.trim_start_matches("number ").parse().unwrap()
    }
}

struct Oracle<K, V, KS, VS> {
    table: Keyed<K, V, KS, VS>,
    model: Model,
    /// Views with what they must show, whatever comes after.
    held: Vec<(View<K, V, KS, VS>, Model)>,
    epoch: u32,
    random: Random,
}

impl<K, V, KS, VS> Oracle<K, V, KS, VS>
where
    K: Numbered,
    V: Numbered,
    KS: KeyHold<K>,
    VS: Hold<V>,
{
    fn new(seed: u64) -> Self {
        Self {
            table: Keyed::new(),
            model: Model::default(),
            held: Vec::new(),
            epoch: 1,
            random: Random(seed),
        }
    }

    fn run(&mut self, operations: u64, keys: u64, freeze_every: u64) {
        for operation in 1..=operations {
            let id = self.random.below(keys);
            self.operate(id, operation);
            if operation % freeze_every == 0 {
                self.freeze();
            }
        }
        while !self.held.is_empty() {
            self.release(0);
        }
    }

    fn operate(&mut self, id: u64, operation: u64) {
        let key = K::numbered(id);
        let old = self.model.get(&id).map(|(value, _)| V::numbered(*value));
        match self.random.below(16) {
            0..5 => assert_eq!(self.table.get(&key), old.as_ref()),
            5..8 => {
                self.table.set(key, V::numbered(operation), self.epoch);
                self.model.insert(id, (operation, self.epoch));
            }
            8..12 => {
                let new = V::numbered(operation);
                let found = self.table.update(key, self.epoch, |held| held.replace(new));
                assert_eq!(found, old);
                self.model.insert(id, (operation, self.epoch));
            }
            12 => {
                assert_eq!(self.table.update(key, self.epoch, Option::take), old);
                self.model.remove(&id);
            }
            13 => assert_eq!(self.table.update(key, self.epoch, |held| held.clone()), {
                self.model.entry(id).and_modify(|(_, at)| *at = self.epoch);
                old
            }),
            _ => {
                assert_eq!(self.table.remove(&key), old.is_some());
                self.model.remove(&id);
            }
        }
        assert_eq!(self.table.len(), self.model.len());
    }

    /// Freezes, and releases older views at random; at most three are held.
    fn freeze(&mut self) {
        self.held.push((self.table.freeze(), self.model.clone()));
        self.epoch += 1;
        while self.held.len() > 3 || self.random.below(3) == 0 && !self.held.is_empty() {
            let index = self.random.below(self.held.len() as u64) as usize;
            self.release(index);
        }
        check(self.table.iter(), self.model.clone());
    }

    fn release(&mut self, index: usize) {
        let (view, model) = self.held.swap_remove(index);
        assert_eq!(view.len(), model.len());
        for (id, (value, _)) in &model {
            assert_eq!(view.get(&K::numbered(*id)), Some(&V::numbered(*value)));
        }
        check(view.since(None), model.clone());
        for back in 0..4 {
            let since = self.epoch.saturating_sub(back);
            let mut late = model.clone();
            late.retain(|_, (_, stamp)| *stamp > since);
            check(view.since(Some(since)), late);
        }
    }
}

/// Every entry of the model is shown once, and no other.
fn check<'a, K: Numbered + 'a, V: Numbered + 'a>(
    shown: impl Iterator<Item = (&'a K, &'a V, u32)>,
    mut model: Model,
) {
    for (key, value, stamp) in shown {
        let expected = model.remove(&key.id());
        assert_eq!(expected, Some((value.id(), stamp)), "{key:?}");
    }
    assert!(model.is_empty(), "not shown: {model:?}");
}

#[test]
fn ten_million_operations_on_few_keys() {
    Oracle::<u64, u64, Inline<_>, Inline<_>>::new(1).run(9_000_000, 80, 500);
    Oracle::<String, String, Arc<_>, Shared<_>>::new(2).run(1_000_000, 80, 500);
}

#[test]
fn many_keys_grow_and_shrink() {
    let mut oracle = Oracle::<u64, u64, Inline<_>, Inline<_>>::new(3);
    oracle.run(400_000, 30_000, 20_000);
    // Few keys are written from now on: the others stay, shared with every view.
    oracle.run(100_000, 300, 5_000);

    Oracle::<String, String, Arc<_>, Shared<_>>::new(4).run(150_000, 10_000, 20_000);
}

#[test]
fn keys_and_values_may_be_held_differently() {
    Oracle::<String, u64, Arc<_>, Inline<_>>::new(5).run(100_000, 2_000, 5_000);
    Oracle::<u64, String, Inline<_>, Shared<_>>::new(6).run(100_000, 2_000, 5_000);
}

/// Everything, once, in every state of growth and of its reversal.
#[test]
fn iteration_is_exact_at_every_size() {
    let mut table = Keyed::<u64, u64, Inline<_>, Inline<_>>::new();
    let mut model = Model::default();
    for key in 0..2_000 {
        table.set(key, key, 1);
        model.insert(key, (key, 1));
        check(table.iter(), model.clone());
        if key % 8 == 7 {
            check(table.freeze().since(None), model.clone());
        }
    }
    for key in 0..2_000 {
        assert!(table.remove(&key));
        model.remove(&key);
        check(table.iter(), model.clone());
    }
}
