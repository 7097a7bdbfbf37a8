//! The table against a model, with snapshots held over later changes.

use super::*;
use std::collections::BTreeMap;
use std::hash::BuildHasher;

fn hash(key: u64) -> u64 {
    foldhash::fast::FixedState::with_seed(7).hash_one(key)
}

type Numbers = Table<Inline<u64>, Inline<u64>>;

fn set(table: &mut Numbers, key: u64, value: u64, stamp: u32) {
    let new = || <Inline<u64> as KeyHold<u64>>::new(key);
    table.set(
        hash(key),
        |held| *KeyHold::get(held) == key,
        new,
        value,
        stamp,
    );
}

fn get(table: &Numbers, key: u64) -> Option<u64> {
    table
        .get(hash(key), |held| *KeyHold::get(held) == key)
        .and_then(|v| Hold::get(v).copied())
}

fn remove(table: &mut Numbers, key: u64) -> bool {
    table
        .remove(hash(key), |held| *KeyHold::get(held) == key)
        .is_some()
}

fn contents<'a>(
    entries: impl Iterator<Item = (&'a Inline<u64>, &'a Inline<u64>, u32)>,
) -> Vec<(u64, u64)> {
    let mut found: Vec<_> = entries
        .map(|(k, v, _)| (*KeyHold::get(k), *Hold::get(v).unwrap()))
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn most_entries_are_found_where_their_search_begins() {
    let mut table = Numbers::new();
    (0..10_000).for_each(|key| set(&mut table, key, key, 1));
    let at_home = |keys: std::ops::Range<u64>| keys.filter(|key| table.touch(hash(*key))).count();
    assert!(at_home(0..10_000) > 6_000, "{}", at_home(0..10_000));
    assert!(at_home(10_000..20_000) < 10);
}

#[test]
fn a_table_with_room_hardly_grows() {
    for entries in [0, 1, 5, 191, 192, 193, 1_000, 7_812, 100_000] {
        let mut table = Numbers::with_room(entries as usize);
        let before = table.allocated();
        assert!(before <= 48 * entries as usize + 100, "{entries}: {before}");
        // The room is there for the snapshot as well as for the table.
        drop(table.freeze());
        assert_eq!(table.allocated(), before, "{entries}");
        (0..entries).for_each(|key| set(&mut table, key, key, 1));
        let after = table.allocated();
        assert!(
            after <= before + before / 20,
            "{entries}: {before}, {after}"
        );
        (0..entries).for_each(|key| assert_eq!(get(&table, key), Some(key)));
        assert_eq!(table.len() as u64, entries);
        (0..entries).for_each(|key| assert!(remove(&mut table, key)));
        assert_eq!(table.allocated(), 0);
    }
}

#[test]
fn grows_through_many_splits_and_shrinks_to_nothing() {
    let mut table = Numbers::new();
    for key in 0..100_000 {
        set(&mut table, key, key * 2, 1);
        if key % 8 == 7 {
            assert!(remove(&mut table, key - 3));
        }
    }
    for key in 0..100_000 {
        let expected = (key % 8 != 4).then_some(key * 2);
        assert_eq!(get(&table, key), expected, "{key}");
    }
    assert_eq!(table.len(), 87_500);
    assert_eq!(table.iter().count(), 87_500);
    for key in 0..100_000 {
        remove(&mut table, key);
    }
    assert!(table.is_empty());
    assert_eq!(table.allocated(), 0);
}

#[test]
fn no_insertion_or_removal_moves_more_than_a_few_hundred_entries() {
    let mut table = Numbers::new();
    for key in 0..400_000_u64 {
        set(&mut table, key, key, 1);
        if key % 64 == 0 {
            assert!(table.greatest_cell() <= 600, "{}", table.greatest_cell());
        }
    }
    for key in 0..400_000_u64 {
        assert!(remove(&mut table, key));
        if key % 64 == 0 {
            assert!(table.greatest_cell() <= 600, "{}", table.greatest_cell());
        }
    }
}

#[test]
fn frozen_tables_never_change() {
    let mut table = Numbers::new();
    let mut model = BTreeMap::new();
    let mut held = Vec::new();
    let mut state = 1u64;
    for step in 0..400_000u64 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let key = (state >> 33) % 20_000;
        if state >> 62 == 0 {
            assert_eq!(remove(&mut table, key), model.remove(&key).is_some());
        } else {
            set(&mut table, key, step, 1);
            model.insert(key, step);
        }
        if step % 40_000 == 0 {
            held.push((table.freeze(), model.clone()));
        }
        if step % 100_000 == 99_999 {
            let (frozen, model) = held.remove(0);
            assert_eq!(
                contents(frozen.iter()),
                model.into_iter().collect::<Vec<_>>()
            );
        }
    }
    for (frozen, model) in held {
        for (key, value) in &model {
            let found = frozen.get(hash(*key), |held| KeyHold::get(held) == key);
            assert_eq!(found.and_then(Hold::get), Some(value));
        }
        assert_eq!(
            contents(frozen.iter()),
            model.into_iter().collect::<Vec<_>>()
        );
    }
    assert_eq!(
        contents(table.iter()),
        model.into_iter().collect::<Vec<_>>()
    );
}

#[test]
fn changes_are_told_by_their_stamp() {
    let mut table = Numbers::new();
    (0..5_000).for_each(|key| set(&mut table, key, 0, 1));
    (0..50).for_each(|key| set(&mut table, key * 100, 9, 2));
    let frozen = table.freeze();
    assert_eq!(frozen.since(Some(1)).count(), 50);
    assert_eq!(frozen.since(Some(2)).count(), 0);
    assert_eq!(frozen.since(None).count(), 5_000);
}

#[test]
fn equal_directory_bits_cannot_split_for_ever() {
    let mut table = Numbers::new();
    for key in 0..2_000u64 {
        let held = <Inline<u64> as KeyHold<u64>>::new(key);
        table.insert_new(key & 0xffff, held, Hold::new(key), 1);
    }
    assert_eq!(table.len(), 2_000);
    let found = table.get(1_999, |held| *KeyHold::get(held) == 1_999);
    assert_eq!(found.and_then(Hold::get), Some(&1_999));
}
