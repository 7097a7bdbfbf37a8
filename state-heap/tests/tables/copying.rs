//! What is copied after a freeze, and what is not.

use crate::common::{Counted, Keyed};
use alluvium_state_heap::table::{Hold, Inline, Shared};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

struct Fixture {
    table: Keyed<Counted, Counted, Arc<Counted>, Shared<Counted>>,
    key_clones: Arc<AtomicUsize>,
    value_clones: Arc<AtomicUsize>,
}

impl Fixture {
    fn new(keys: u64) -> Self {
        let mut fixture = Self {
            table: Keyed::new(),
            key_clones: Arc::default(),
            value_clones: Arc::default(),
        };
        (0..keys).for_each(|key| fixture.set(key, "old", 1));
        fixture
    }

    fn key(&self, key: u64) -> Counted {
        Counted::new(format!("key {key}"), &self.key_clones)
    }

    fn set(&mut self, key: u64, text: &str, epoch: u32) {
        let value = Counted::new(text, &self.value_clones);
        self.table.set(self.key(key), value, epoch);
    }

    /// Appends to the value in place.
    fn push(&mut self, key: u64, text: &str, epoch: u32) {
        let grow = |value: &mut Option<Counted>| value.as_mut().unwrap().text.push_str(text);
        self.table.update(self.key(key), epoch, grow);
    }

    /// Where the value lies.
    fn place(&self, key: u64) -> *const Counted {
        std::ptr::from_ref(self.table.get(&self.key(key)).unwrap())
    }

    fn clones(&self) -> (usize, usize) {
        let keys = self.key_clones.load(Ordering::Relaxed);
        (keys, self.value_clones.load(Ordering::Relaxed))
    }
}

#[test]
fn only_values_that_are_changed_in_place_are_cloned() {
    let mut fixture = Fixture::new(20_000);
    assert_eq!(fixture.clones(), (0, 0), "growing clones nothing");

    let view = fixture.table.freeze();
    for key in 0..100 {
        fixture.push(key * 199, " and new", 2);
    }
    assert_eq!(fixture.clones(), (0, 100), "one clone for each value");
    for key in 0..100 {
        fixture.push(key * 199, " and newer", 2);
    }
    assert_eq!(fixture.clones(), (0, 100), "and no second one");

    for key in 0..100 {
        fixture.set(key * 199 + 1, "replaced", 2);
        let gone = fixture.key(key * 199 + 2);
        assert!(fixture.table.remove(&gone));
    }
    for key in 20_000..40_000 {
        fixture.set(key, "fresh", 2);
    }
    assert_eq!(
        fixture.clones(),
        (0, 100),
        "replacing and growing clone nothing"
    );

    assert_eq!(view.len(), 20_000);
    for key in [0, 1, 2, 199, 19_801] {
        assert_eq!(view.get(&fixture.key(key)).unwrap().text, "old");
    }
    drop(view);
    fixture.push(5, " and new", 3);
    assert_eq!(fixture.clones(), (0, 100), "nobody reads it any more");
}

#[test]
fn a_value_is_copied_once_for_the_snapshots_that_read_it() {
    let mut fixture = Fixture::new(3);
    let place = fixture.place(0);
    fixture.push(0, ".", 1);
    assert_eq!(fixture.place(0), place, "no snapshot: the same object");

    let first = fixture.table.freeze();
    fixture.push(0, ".", 2);
    let copied = fixture.place(0);
    assert_ne!(copied, place);
    fixture.push(0, ".", 2);
    assert_eq!(fixture.place(0), copied, "one copy, then stable");

    let second = fixture.table.freeze();
    fixture.push(0, ".", 3);
    assert_ne!(fixture.place(0), copied, "a new copy");

    drop(second);
    fixture.set(7, "late", 4);
    let (late, old) = (fixture.place(7), fixture.place(1));
    fixture.push(7, ".", 4);
    fixture.push(1, ".", 4);
    assert_eq!(fixture.place(7), late, "no snapshot knows it");
    assert_ne!(fixture.place(1), old, "the first one still reads it");

    let old = fixture.place(2);
    assert_eq!(first.get(&fixture.key(0)).unwrap().text, "old.");
    drop(first);
    fixture.push(2, ".", 5);
    assert_eq!(fixture.place(2), old, "all released: no copies");
}

#[test]
fn releasing_one_of_several_clones_of_a_view_releases_nothing() {
    let mut fixture = Fixture::new(10);
    let view = fixture.table.freeze();
    let other = view.clone();
    drop(view);
    fixture.push(1, " new", 2);
    assert_eq!(fixture.clones(), (0, 1));
    assert_eq!(other.get(&fixture.key(1)).unwrap().text, "old");
}

thread_local! {
    static INLINE_CLONES: Cell<usize> = const { Cell::new(0) };
}

/// A value that owns nothing, and so lies in the table, but counts its clones.
struct Marked;

impl Clone for Marked {
    fn clone(&self) -> Self {
        INLINE_CLONES.set(INLINE_CLONES.get() + 1);
        Self
    }
}

#[test]
fn a_write_copies_one_small_table_and_only_while_a_view_is_held() {
    let mut table = Keyed::<u64, Marked, Inline<_>, Inline<_>>::new();
    (0..20_000).for_each(|key| table.set(key, Marked, 1));
    let view = table.freeze();
    table.set(7, Marked, 2);
    let copied = INLINE_CLONES.get();
    assert!((1..=448).contains(&copied), "{copied}");
    table.set(7, Marked, 2);
    assert!(!table.remove(&20_000), "not there: nothing to copy");
    assert_eq!(INLINE_CLONES.get(), copied);

    drop(view);
    (0..20_000).for_each(|key| table.set(key, Marked, 3));
    assert_eq!(INLINE_CLONES.get(), copied, "taken back");
}

#[test]
fn a_shared_slot_is_replaced_without_a_clone() {
    let clones = Arc::default();
    let mut slot: Shared<_> = Hold::new(Counted::new("old", &clones));
    let reader = slot.clone();
    slot.set(Counted::new("new", &clones));
    drop(reader);
    assert_eq!(clones.load(Ordering::Relaxed), 0);
}
