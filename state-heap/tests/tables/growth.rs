//! How tables grow and shrink: in small steps, within bounds.

use crate::common::Keyed;
use alluvium_state_heap::table::{Hold, Inline, KeyHold, Table};

type Numbers = Keyed<u64, u64, Inline<u64>, Inline<u64>>;

#[test]
fn memory_follows_the_entries() {
    let mut table = Numbers::new();
    assert_eq!(table.allocated(), 0, "empty");
    for key in 0..200_000 {
        table.set(key, key, 1);
        if key >= 50_000 && key % 1_000 == 0 {
            let each = table.allocated() as f64 / table.len() as f64;
            assert!(each <= 60.0, "{each:.1} bytes an entry at {key}");
        }
    }
    (0..199_900).for_each(|key| assert!(table.remove(&key)));
    assert!(table.allocated() < 12_000, "nearly empty");
    (199_900..200_000).for_each(|key| assert!(table.remove(&key)));
    assert_eq!(table.allocated(), 0, "emptied");

    (0..190).for_each(|key| table.set(key, key, 1));
    (0..180).for_each(|key| assert!(table.remove(&key)));
    assert!(table.allocated() < 1_000, "a single small table");
}

#[test]
fn changes_are_told_though_their_tables_were_merged() {
    let mut table = Numbers::new();
    (0..20_000).for_each(|key| table.set(key, key, 1));
    (0..100).for_each(|key| table.set(key, key, 2));
    (100..20_000).for_each(|key| assert!(table.remove(&key)));
    assert_eq!(table.freeze().since(Some(1)).count(), 100);
}

#[test]
fn coming_and_going_does_not_make_it_grow() {
    let mut table = Numbers::new();
    (0..100_000).for_each(|key| table.set(key, key, 1));
    for key in 100_000..1_000_000 {
        assert!(table.remove(&(key - 100_000)));
        table.set(key, key, 1);
    }
    let each = table.allocated() as f64 / table.len() as f64;
    assert!(each <= 64.0, "{each:.1} bytes an entry");
}

/// Keys whose hashes are all alike lie together: slow, but right, and no larger for it.
#[test]
fn equal_hashes_are_told_apart() {
    const HASH: u64 = 0x1234_5678_9ABC_DEF0;
    let mut table = Table::<Inline<u64>, Inline<u64>>::new();
    for key in 0..2_000 {
        table.insert_new(HASH, KeyHold::new(key), Hold::new(key), 1);
    }
    assert!(table.allocated() < 200_000, "{}", table.allocated());
    let frozen = table.freeze();
    for key in 0..2_000 {
        let eq = |held: &Inline<u64>| *KeyHold::get(held) == key;
        let found = table.get(HASH, eq).and_then(Hold::get);
        assert_eq!(found, Some(&key));
        assert!(table.remove(HASH, eq).is_some());
        assert_eq!(frozen.get(HASH, eq).and_then(Hold::get), Some(&key));
    }
    assert!(table.is_empty());
}
