//! Map state.

use crate::conformance::harness::Harness;
use crate::conformance::support::{
    Layers, Timeline, fold, freeze, fresh, group_of, map, record, restored, snapshot, ten,
};
use alluvium_state_api::{KeyedBackendExt, MapDescriptor, OrderedKey};
use std::fmt::Debug;
use std::ops::Bound::{self, Excluded, Included, Unbounded};
use std::ops::{ControlFlow, Range};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

const TEXTS: MapDescriptor<i32, String> = MapDescriptor::new("texts");
const NUMBERS: MapDescriptor<u64, u64> = MapDescriptor::new("numbers");

/// A28: put, get, contains, remove; user keys of different widths; snapshots; clearing one key
/// leaves the others.
pub fn a28_map_basics<H: Harness>(h: &H) {
    let descriptor = MapDescriptor::<String, u64>::new("m");
    let (narrow, wide) = ("1".to_owned(), "11 is wide".to_owned());
    let mut b = fresh::<H, i32>(h);
    let m = b.register(&descriptor).unwrap();
    let mut scope = b.key(&1).unwrap();
    let mut one = scope.map(m);
    assert!(one.get(&narrow).unwrap().is_none());
    one.put(narrow.clone(), 1).unwrap();
    one.put_all([(wide.clone(), 11), ("2".to_owned(), 2)])
        .unwrap();
    assert_eq!(one.get(&wide).unwrap().as_deref(), Some(&11));
    assert!(one.contains(&narrow).unwrap());
    let mut scope = b.key(&2).unwrap();
    scope.map(m).put(narrow.clone(), 100).unwrap();
    let first = snapshot(h, &mut b, 1);
    let mut scope = b.key(&1).unwrap();
    let mut one = scope.map(m);
    one.remove(&narrow).unwrap();
    one.remove(&"never there".to_owned()).unwrap();
    one.put(wide.clone(), 12).unwrap();
    assert!(!one.contains(&narrow).unwrap());
    let second = snapshot(h, &mut b, 2);
    b.key(&1).unwrap().map(m).clear().unwrap();
    assert!(map(&mut b, &1, m).is_empty());
    assert_eq!(map(&mut b, &2, m), [(narrow.clone(), 100)]);
    assert_eq!(b.entries(m).unwrap(), 1);
    let old = vec![(narrow.clone(), 1), (wide.clone(), 11), ("2".to_owned(), 2)];
    let new = vec![(wide, 12), ("2".to_owned(), 2)];
    for (stored, expected) in [(first, old), (second, new)] {
        let mut b = restored::<H, i32>(h, &stored);
        let m = b.register(&descriptor).unwrap();
        assert_eq!(map(&mut b, &1, m), expected);
        assert_eq!(map(&mut b, &2, m), [(narrow.clone(), 100)]);
    }
}

/// A28: updates lend the entry in place and may remove it; `update_all` sees every entry once, in
/// order, and what it removes or changes stays so.
pub fn a28_map_updates_in_place<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let texts = b.register(&TEXTS).unwrap();
    let mut scope = b.key(&1).unwrap();
    let mut state = scope.map(texts);
    for uk in 0..6 {
        let was = state.update(&uk, |slot| slot.replace(uk.to_string()).is_some());
        assert!(!was.unwrap());
    }
    let taken = state.update(&3, Option::take).unwrap();
    assert_eq!(taken.as_deref(), Some("3"));
    let nothing = state.update(&3, Option::take).unwrap();
    assert_eq!(nothing, None);
    let mut seen = Vec::new();
    let all = state.update_all(|uk, slot| {
        seen.push(*uk);
        match slot {
            Some(text) if uk % 2 == 0 => text.push('!'),
            _ => *slot = None,
        }
    });
    all.unwrap();
    assert_eq!(seen, [0, 1, 2, 4, 5]);
    let left = [(0, "0!"), (2, "2!"), (4, "4!")].map(|(uk, text)| (uk, text.to_owned()));
    assert_eq!(state.entries().unwrap(), left);
    assert_eq!(b.entries(texts).unwrap(), 3);
}

/// A28: what `update_all` removes and changes is so in a snapshot, in an increment upon it, and in
/// what is restored from either; a snapshot that was frozen before keeps what was there.
pub fn a28_update_all_is_stored<H: Harness>(h: &H) {
    let texts_of = |range: Range<i32>| range.map(|uk| (uk, uk.to_string()));
    let mut timeline = Timeline::default();
    let mut b = fresh::<H, i32>(h);
    let texts = b.register(&TEXTS).unwrap();
    // Many more entries in the same group, lest it be worth while to write the group whole.
    let group = group_of(ten(), &1);
    let other = (2..1000).find(|key| group_of(ten(), key) == group).unwrap();
    for (key, count) in [(1, 4), (other, 100)] {
        let mut scope = b.key(&key).unwrap();
        scope.map(texts).put_all(texts_of(0..count)).unwrap();
    }
    let first = timeline.increment(h, &mut b, 1);
    timeline.confirm(&mut b, 1);
    let change = |uk: &i32, slot: &mut Option<String>| match slot {
        Some(text) if uk % 2 == 0 => text.push('!'),
        _ => *slot = None,
    };
    b.key(&1).unwrap().map(texts).update_all(change).unwrap();
    let second = timeline.increment(h, &mut b, 2);
    let whole = snapshot(h, &mut b, 3);
    let before: Vec<_> = texts_of(0..4).collect();
    let after = vec![(0, "0!".to_owned()), (2, "2!".to_owned())];
    for (stored, expected) in [(first, &before), (second, &after), (whole, &after)] {
        let mut b = restored::<H, i32>(h, &stored);
        let texts = b.register(&TEXTS).unwrap();
        assert_eq!(map(&mut b, &1, texts), *expected);
        assert!(map(&mut b, &other, texts).into_iter().eq(texts_of(0..100)));
        assert_eq!(b.entries(texts).unwrap(), expected.len() as u64 + 100);
    }
}

/// A29: a map is empty until the first entry comes and again when the last one goes.
pub fn a29_map_is_empty<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let numbers = b.register(&NUMBERS).unwrap();
    let mut scope = b.key(&1).unwrap();
    let mut state = scope.map(numbers);
    assert!(state.is_empty().unwrap());
    for uk in 0..1024 {
        state.put(uk, uk).unwrap();
        assert!(!state.is_empty().unwrap());
    }
    for uk in 0..1024 {
        assert!(!state.is_empty().unwrap());
        state.remove(&uk).unwrap();
    }
    assert!(state.is_empty().unwrap());
    assert_eq!(b.entries(numbers).unwrap(), 0);
}

/// A31: an absent map is an empty one; a map without entries leaves no residue, however it came
/// to have none.
pub fn a31_empty_map_leaves_no_residue<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let numbers = b.register(&NUMBERS).unwrap();
    for key in 0..4 {
        let mut scope = b.key(&key).unwrap();
        let mut state = scope.map(numbers);
        assert!(state.entries().unwrap().is_empty());
        state.put_all([]).unwrap();
        state.put_all((0..10).map(|uk| (uk, uk))).unwrap();
        match key {
            0 => state.clear().unwrap(),
            1 => state.update_all(|_, slot| *slot = None).unwrap(),
            _ => (0..10).try_for_each(|uk| state.remove(&uk)).unwrap(),
        }
        assert!(state.is_empty().unwrap());
        assert!(state.keys().unwrap().is_empty() && state.values().unwrap().is_empty());
        state.clear().unwrap();
    }
    assert!(b.keys(numbers, &()).unwrap().is_empty());
    assert_eq!(b.entries(numbers).unwrap(), 0);
    assert!(fold(&snapshot(h, &mut b, 1)).is_empty());
}

/// A32: a value that is explicitly nothing is a value of type `Option`: it is there, is listed,
/// and survives a restore.
pub fn a32_map_of_optional_values<H: Harness>(h: &H) {
    let descriptor = MapDescriptor::<u8, Option<u32>>::new("m");
    let mut b = fresh::<H, i32>(h);
    let m = b.register(&descriptor).unwrap();
    let mut scope = b.key(&1).unwrap();
    scope.map(m).put(1, None).unwrap();
    scope.map(m).put(2, Some(2)).unwrap();
    let stored = snapshot(h, &mut b, 1);
    let mut b = restored::<H, i32>(h, &stored);
    let m = b.register(&descriptor).unwrap();
    let mut scope = b.key(&1).unwrap();
    assert!(scope.map(m).contains(&1).unwrap());
    assert_eq!(scope.map(m).get(&1).unwrap().as_deref(), Some(&None));
    assert_eq!(map(&mut b, &1, m), [(1, None), (2, Some(2))]);
}

/// A batch that cannot be had whole changes nothing; of equal user keys in one the last counts.
pub fn map_put_all_is_all_or_nothing<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let numbers = b.register(&NUMBERS).unwrap();
    let mut scope = b.key(&1).unwrap();
    let mut state = scope.map(numbers);
    state.put_all([(1, 1), (2, 2), (1, 3)]).unwrap();
    assert_eq!(state.entries().unwrap(), [(1, 3), (2, 2)]);
    let broken = (1..9).map(|uk| {
        if uk == 7 {
            resume_unwind(Box::new("no more entries"));
        }
        (uk, 0)
    });
    let mut put = || state.put_all(broken.clone());
    assert!(catch_unwind(AssertUnwindSafe(&mut put)).is_err());
    assert_eq!(state.entries().unwrap(), [(1, 3), (2, 2)]);
}

fn ascends<H: Harness, UK: OrderedKey + Debug>(h: &H, shuffled: &[UK]) {
    let descriptor = MapDescriptor::<UK, u64>::named("m");
    let mut ascending = shuffled.to_vec();
    ascending.sort();
    let mut b = fresh::<H, i32>(h);
    let m = b.register(&descriptor).unwrap();
    let mut scope = b.key(&1).unwrap();
    for (index, uk) in (0..).zip(shuffled) {
        scope.map(m).put(uk.clone(), index).unwrap();
    }
    assert_eq!(scope.map(m).keys().unwrap(), ascending);
    let stored = snapshot(h, &mut b, 1);
    let mut b = restored::<H, i32>(h, &stored);
    let m = b.register(&descriptor).unwrap();
    let mut scope = b.key(&1).unwrap();
    assert_eq!(scope.map(m).keys().unwrap(), ascending);
    for (index, uk) in (0..).zip(shuffled) {
        assert_eq!(scope.map(m).get(uk).unwrap().as_deref(), Some(&index));
    }
}

/// Entries ascend by user key, as `Ord` has it: signed and unsigned, text, bytes, tuples.
pub fn map_entries_ascend<H: Harness>(h: &H) {
    ascends(h, &[300i32, 0, -1, 5, i32::MIN, i32::MAX, -300, 3]);
    ascends(h, &[u64::MAX, 0, 256, 255, 1 << 63, 1]);
    let texts = ["zz", "a", "", "b", "aa", "a\0", "a\0b", "c", "ä", "a\u{1}"];
    ascends(h, &texts.map(str::to_owned));
    ascends(h, &[vec![0u8, 255], vec![], vec![255], vec![0], vec![0, 0]]);
    ascends(h, &[(2u8, -1i64), (1, 7), (2, -2), (1, -7)]);
}

/// A range scan shows what lies within its bounds, ascending, and stops where it is told to.
pub fn map_range_scans<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let texts = b.register(&TEXTS).unwrap();
    for key in [1, 2] {
        let mut scope = b.key(&key).unwrap();
        let entries = (-50..50).map(|uk| (uk * 2, (uk * 2 + key).to_string()));
        scope.map(texts).put_all(entries).unwrap();
    }
    let mut scope = b.key(&1).unwrap();
    let state = scope.map(texts);
    let found = |bounds: (Bound<i32>, Bound<i32>)| {
        let mut found = Vec::new();
        let scanned = state.scan_range(bounds, |uk, text| {
            assert_eq!(*text, (uk + 1).to_string());
            found.push(*uk);
            ControlFlow::Continue(())
        });
        scanned.unwrap();
        found
    };
    let even = |first: i32, last: i32| (first..=last).step_by(2).collect::<Vec<_>>();
    assert_eq!(found((Included(-4), Excluded(4))), even(-4, 2));
    assert_eq!(found((Excluded(-4), Included(4))), even(-2, 4));
    assert_eq!(found((Included(-5), Included(3))), even(-4, 2));
    assert_eq!(found((Unbounded, Excluded(-96))), even(-100, -98));
    assert_eq!(found((Excluded(94), Unbounded)), even(96, 98));
    assert_eq!(found((Unbounded, Unbounded)).len(), 100);
    assert!(found((Included(98), Excluded(98))).is_empty());
    assert!(found((Excluded(2), Excluded(3))).is_empty());
    let mut first = None;
    let scanned = state.scan_range(1.., |uk, _| {
        first = Some(*uk);
        ControlFlow::Break(())
    });
    scanned.unwrap();
    assert_eq!(first, Some(2));
}

/// A range that ends before it begins holds nothing.
pub fn map_inverted_range_is_empty<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let texts = b.register(&TEXTS).unwrap();
    let mut scope = b.key(&1).unwrap();
    let mut state = scope.map(texts);
    state.put_all((0..9).map(|uk| (uk, String::new()))).unwrap();
    let bounds = [
        (Included(5), Included(2)),
        (Excluded(5), Excluded(5)),
        (Excluded(7), Included(1)),
    ];
    for bounds in bounds {
        let scanned = state.scan_range(bounds, |uk, _| panic!("shows {uk} in {bounds:?}"));
        scanned.unwrap();
    }
}

/// A million user keys under one key: changed around a freeze, which keeps what it froze.
pub fn map_of_a_million<H: Harness>(h: &H) {
    const MANY: u64 = 1_000_000;
    // Odd, so that it goes through every number below 2^20 in an order far from ascending.
    const STRIDE: u64 = 611_953;
    let mut b = fresh::<H, i32>(h);
    let numbers = b.register(&NUMBERS).unwrap();
    let mut scope = b.key(&1).unwrap();
    let mut state = scope.map(numbers);
    for step in 0..(1 << 20) {
        let uk = (step * STRIDE) % (1 << 20);
        if uk < MANY {
            state.put(uk, uk + 1).unwrap();
        }
    }
    let job = freeze(&mut b, 1);
    let mut scope = b.key(&1).unwrap();
    let mut state = scope.map(numbers);
    for uk in (0..MANY).step_by(1000) {
        state.remove(&uk).unwrap();
        state.put(uk + 1, 0).unwrap();
    }
    assert_eq!(b.entries(numbers).unwrap(), MANY - MANY / 1000);
    let layers = Layers(vec![record(h, job)]);
    let mut b = restored::<H, i32>(h, &layers);
    let numbers = b.register(&NUMBERS).unwrap();
    let mut next = 0;
    let mut scope = b.key(&1).unwrap();
    let scanned = scope.map(numbers).scan(|uk, uv| {
        assert_eq!((*uk, *uv), (next, next + 1));
        next += 1;
        ControlFlow::Continue(())
    });
    scanned.unwrap();
    assert_eq!(next, MANY);
}
