//! Value state.

use crate::conformance::harness::Harness;
use crate::conformance::support::{
    Concat, Sum, clear, fresh, refused, restored, set, snapshot, value,
};
use alluvium_state_api::{
    ErrorKind, KeyedBackendExt, ListDescriptor, MapDescriptor, ReducingDescriptor, StateRef,
    ValueDescriptor,
};
use std::ops::ControlFlow;

const TEXT: ValueDescriptor<String> = ValueDescriptor::new("text");
const NUMBER: ValueDescriptor<u64> = ValueDescriptor::new("number");

/// A01: values are absent until set, per key; each of two snapshots restores to what was there
/// when it was taken.
pub fn a01_value_basics<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let text = b.register(&TEXT).unwrap();
    assert_eq!(value(&mut b, &1, text), None);
    set(&mut b, &1, text, "1".to_owned());
    assert_eq!(value(&mut b, &2, text), None);
    set(&mut b, &2, text, "2".to_owned());
    assert_eq!(value(&mut b, &1, text).as_deref(), Some("1"));
    let first = snapshot(h, &mut b, 1);
    for (key, new) in [(1, "u1"), (2, "u2"), (3, "u3")] {
        set(&mut b, &key, text, new.to_owned());
    }
    let second = snapshot(h, &mut b, 2);
    let expected = [
        (&first, [Some("1"), Some("2"), None]),
        (&second, [Some("u1"), Some("u2"), Some("u3")]),
    ];
    for (stored, values) in expected {
        let mut restored = restored::<H, i32>(h, stored);
        let text = restored.register(&TEXT).unwrap();
        for (key, expected) in (1..).zip(values) {
            assert_eq!(value(&mut restored, &key, text).as_deref(), expected);
        }
    }
    assert_eq!(value(&mut b, &1, text).as_deref(), Some("u1"));
}

/// A02: a stored snapshot outlives its backend, and a backend outlives the snapshot that it was
/// restored from, whether that goes before or after the state is registered.
pub fn a02_snapshot_outlives_backend<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let number = b.register(&NUMBER).unwrap();
    set(&mut b, &7, number, 70);
    let stored = snapshot(h, &mut b, 1);
    drop(b);
    let mut early = restored::<H, i32>(h, &stored);
    let mut b = restored::<H, i32>(h, &stored);
    let number = b.register(&NUMBER).unwrap();
    drop(stored);
    assert_eq!(value(&mut b, &7, number), Some(70));
    let registered = early.register(&NUMBER).unwrap();
    assert_eq!(value(&mut early, &7, registered), Some(70));
    set(&mut b, &7, number, 71);
    let again = snapshot(h, &mut b, 2);
    let mut b = restored::<H, i32>(h, &again);
    let number = b.register(&NUMBER).unwrap();
    assert_eq!(value(&mut b, &7, number), Some(71));
}

/// A03: two states of different types under one key know nothing of each other, also after a
/// restore in which they are registered the other way round.
pub fn a03_several_states_under_one_key<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let (text, number) = (b.register(&TEXT).unwrap(), b.register(&NUMBER).unwrap());
    set(&mut b, &1, text, "one".to_owned());
    assert_eq!(value(&mut b, &1, number), None);
    set(&mut b, &1, number, 1);
    clear(&mut b, &1, text);
    assert_eq!(value(&mut b, &1, number), Some(1));
    set(&mut b, &1, text, "uno".to_owned());
    let stored = snapshot(h, &mut b, 1);
    let mut b = restored::<H, i32>(h, &stored);
    let (number, text) = (b.register(&NUMBER).unwrap(), b.register(&TEXT).unwrap());
    assert_eq!(value(&mut b, &1, text).as_deref(), Some("uno"));
    assert_eq!(value(&mut b, &1, number), Some(1));
}

/// A04: leaving `None` in an update removes the value; so does `take`, which returns it.
pub fn a04_update_to_none_clears<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let number = b.register(&NUMBER).unwrap();
    set(&mut b, &1, number, 42);
    set(&mut b, &2, number, 43);
    let mut scope = b.key(&1).unwrap();
    let before = scope.value(number).update(Option::take).unwrap();
    assert_eq!(before, Some(42));
    assert_eq!(scope.value(number).take().unwrap(), None);
    let mut scope = b.key(&2).unwrap();
    assert_eq!(scope.value(number).take().unwrap(), Some(43));
    assert_eq!(b.entries(number).unwrap(), 0);
    let stored = snapshot(h, &mut b, 1);
    let mut b = restored::<H, i32>(h, &stored);
    let number = b.register(&NUMBER).unwrap();
    assert_eq!(value(&mut b, &1, number), None);
    assert_eq!(b.entries(number).unwrap(), 0);
}

/// A05, A06: there is no default; what was cleared or never set is `None`, and clearing what is
/// absent is nothing.
pub fn a06_absent_value_is_none<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let text = b.register(&TEXT).unwrap();
    clear(&mut b, &1, text);
    assert_eq!(value(&mut b, &1, text), None);
    set(&mut b, &1, text, String::new());
    assert_eq!(value(&mut b, &1, text).as_deref(), Some(""));
    clear(&mut b, &1, text);
    assert_eq!(value(&mut b, &1, text), None);
    assert!(b.keys(text, &()).unwrap().is_empty());
}

/// A07: what was read and copied out is the reader's own.
pub fn a07_copies_are_the_readers_own<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let text = b.register(&TEXT).unwrap();
    set(&mut b, &1, text, "kept".to_owned());
    let mut mine = value(&mut b, &1, text).unwrap();
    mine.push('!');
    assert_eq!(value(&mut b, &1, text).as_deref(), Some("kept"));
}

/// An update sees what is there, changes it in place and returns what the closure returns.
pub fn value_update_in_place<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let text = b.register(&TEXT).unwrap();
    for round in 0..3 {
        let mut scope = b.key(&5).unwrap();
        let length = scope.value(text).update(|slot| {
            let text = slot.get_or_insert_default();
            text.push('x');
            text.len()
        });
        assert_eq!(length.unwrap(), round + 1);
    }
    assert_eq!(value(&mut b, &5, text).as_deref(), Some("xxx"));
}

/// Several values can be read and held at the same time, and one may leave the function that made
/// the scope.
pub fn value_reads_side_by_side<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let (text, number) = (b.register(&TEXT).unwrap(), b.register(&NUMBER).unwrap());
    set(&mut b, &1, text, "held".to_owned());
    set(&mut b, &1, number, 9);
    let scope = b.key(&1).unwrap();
    let (one, two) = (scope.get(text).unwrap(), scope.get(number).unwrap());
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!((one.as_str(), *two), ("held", 9));
    let left = b.key(&1).unwrap().into_ref(text).unwrap();
    assert_eq!(left.map(StateRef::into_owned).as_deref(), Some("held"));
}

/// Values of composite types come back equal.
pub fn value_composite_types<H: Harness>(h: &H) {
    type Composite = (Vec<String>, Option<(i64, bool)>, Vec<Option<u8>>);
    let descriptor = ValueDescriptor::<Composite>::named("composite");
    let some: Composite = (
        vec![String::new(), "ü\0z".to_owned()],
        Some((i64::MIN, true)),
        vec![None, Some(255)],
    );
    let none: Composite = (Vec::new(), None, Vec::new());
    let mut b = fresh::<H, i32>(h);
    let composite = b.register(&descriptor).unwrap();
    set(&mut b, &1, composite, some.clone());
    set(&mut b, &2, composite, none.clone());
    let stored = snapshot(h, &mut b, 1);
    let mut b = restored::<H, i32>(h, &stored);
    let composite = b.register(&descriptor).unwrap();
    assert_eq!(value(&mut b, &1, composite), Some(some));
    assert_eq!(value(&mut b, &2, composite), Some(none));
}

/// Two states of a key are updated at once: both see what is there, either may come or go.
pub fn update_pair_changes_both<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let (text, number) = (b.register(&TEXT).unwrap(), b.register(&NUMBER).unwrap());
    set(&mut b, &1, number, 3);
    let seen = b
        .key(&1)
        .unwrap()
        .update_pair(text, number, |text, number| {
            let seen = (text.clone(), *number);
            *text = Some("moved".to_owned());
            *number = None;
            seen
        });
    assert_eq!(seen.unwrap(), (None, Some(3)));
    assert_eq!(value(&mut b, &1, text).as_deref(), Some("moved"));
    assert_eq!(value(&mut b, &1, number), None);
    assert_eq!(b.entries(number).unwrap(), 0);
    let stored = snapshot(h, &mut b, 1);
    let mut b = restored::<H, i32>(h, &stored);
    let text = b.register(&TEXT).unwrap();
    assert_eq!(value(&mut b, &1, text).as_deref(), Some("moved"));
}

/// Folding states take part in a pair; a pair of a state with itself is refused.
pub fn update_pair_rules<H: Harness>(h: &H) {
    let sum = ReducingDescriptor::<Sum>::new("sum");
    let words = ReducingDescriptor::<Concat>::new("words");
    let mut b = fresh::<H, i32>(h);
    let (sum, words) = (b.register(&sum).unwrap(), b.register(&words).unwrap());
    let mut scope = b.key(&1).unwrap();
    scope.reducing(sum).add(5).unwrap();
    let pair = scope.update_pair(sum.as_value(), words.as_value(), |sum, words| {
        *words = sum.map(|sum| sum.to_string());
    });
    pair.unwrap();
    let words = scope.get(words.as_value()).unwrap();
    assert_eq!(words.as_deref().map(String::as_str), Some("5"));
    let sum = sum.as_value();
    let twice = b
        .key(&1)
        .unwrap()
        .update_pair(sum, sum, |sum, _| *sum = None);
    refused(twice, ErrorKind::Misuse, &["sum"]);
    assert_eq!(value(&mut b, &1, sum), Some(5));
}

/// What a scope reads and changes without a view is so in each namespace, too.
pub fn scopes_reach_namespaces<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let texts = b.register(&ValueDescriptor::<String, u8>::new("texts"));
    let numbers = b.register(&ValueDescriptor::<u64, i64>::new("numbers"));
    let lists = b.register(&ListDescriptor::<u64, u8>::new("lists"));
    let maps = b.register(&MapDescriptor::<u8, u64, u8>::new("maps"));
    let (texts, numbers) = (texts.unwrap(), numbers.unwrap());
    let (lists, maps) = (lists.unwrap(), maps.unwrap());
    let mut scope = b.key(&1).unwrap();
    for namespace in [1, 2] {
        let moved = scope.update_pair_in(
            (texts, &namespace),
            (numbers, &i64::from(namespace)),
            |text, number| {
                *text = Some(format!("in {namespace}"));
                number.replace(u64::from(namespace))
            },
        );
        assert_eq!(moved.unwrap(), None);
        let mut list = scope.list_in(lists, &namespace);
        list.add(u64::from(namespace) * 10).unwrap();
        let mut map = scope.map_in(maps, &namespace);
        map.put(5, u64::from(namespace) * 100).unwrap();
    }
    for namespace in [1, 2] {
        let read = scope.map_value_in(maps, &namespace, &5).unwrap();
        assert_eq!(read.as_deref(), Some(&(u64::from(namespace) * 100)));
        let mut seen = Vec::new();
        let scanned = scope.scan_list_in(lists, &namespace, |item| {
            seen.push(*item);
            ControlFlow::Continue(())
        });
        scanned.unwrap();
        assert_eq!(seen, [u64::from(namespace) * 10]);
        let number = scope.get_in(numbers, &i64::from(namespace)).unwrap();
        assert_eq!(number.as_deref(), Some(&u64::from(namespace)));
    }
    assert!(scope.map_value_in(maps, &3, &5).unwrap().is_none());
    let left = scope.into_ref_in(texts, &2).unwrap();
    assert_eq!(left.as_deref().map(String::as_str), Some("in 2"));
}
