//! Listing of keys, counting of entries, walking over all keys.

use crate::conformance::harness::Harness;
use crate::conformance::support::{
    clear, fresh, refused, restored, set, set_in, snapshot, sorted, value,
};
use alluvium_state_api::{
    ErrorKind, KeyedBackendExt, ListDescriptor, MapDescriptor, StateError, ValueDescriptor,
};
use std::collections::BTreeSet;

const NUMBER: ValueDescriptor<u64> = ValueDescriptor::new("number");
const SPACED: ValueDescriptor<u64, u8> = ValueDescriptor::new("spaced");

/// A36: the number of entries follows what comes, changes and goes.
pub fn a36_entry_count<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let number = b.register(&NUMBER).unwrap();
    assert_eq!(b.entries(number).unwrap(), 0);
    set(&mut b, &1, number, 1);
    set(&mut b, &1, number, 2);
    assert_eq!(b.entries(number).unwrap(), 1);
    set(&mut b, &2, number, 3);
    assert_eq!(b.entries(number).unwrap(), 2);
    clear(&mut b, &1, number);
    clear(&mut b, &1, number);
    assert_eq!(b.entries(number).unwrap(), 1);
    clear(&mut b, &2, number);
    assert_eq!(b.entries(number).unwrap(), 0);
}

/// A36: a list counts once, a map once per user key, each namespace by itself.
pub fn a36_entry_count_of_every_kind<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let spaced = b.register(&SPACED).unwrap();
    let list = b.register(&ListDescriptor::<u64>::new("list")).unwrap();
    let map = b.register(&MapDescriptor::<u64, u64>::new("map")).unwrap();
    for namespace in [1, 2] {
        set_in(&mut b, &1, spaced, &namespace, 1);
    }
    let mut scope = b.key(&1).unwrap();
    scope.list(list).add_all([1, 2, 3]).unwrap();
    scope.map(map).put_all([(1, 1), (2, 2), (3, 3)]).unwrap();
    scope.map(map).put(3, 4).unwrap();
    assert_eq!(b.entries(spaced).unwrap(), 2);
    assert_eq!(b.entries(list).unwrap(), 1);
    assert_eq!(b.entries(map).unwrap(), 3);
    let stored = snapshot(h, &mut b, 1);
    let mut b = restored::<H, i32>(h, &stored);
    let spaced = b.register(&SPACED).unwrap();
    let map = b.register(&MapDescriptor::<u64, u64>::new("map")).unwrap();
    assert_eq!(b.entries(spaced).unwrap(), 2);
    assert_eq!(b.entries(map).unwrap(), 3);
}

/// A37: the keys of one namespace are listed exactly; a state that nobody knows has none.
pub fn a37_keys_of_a_namespace<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let spaced = b.register(&SPACED).unwrap();
    let (one, two) = (1, 2);
    // Also before there is anything to be listed.
    let other = b.keys_named("spaced", &7u64);
    refused(other, ErrorKind::Misuse, &["spaced"]);
    for key in 0..1000 {
        set_in(&mut b, &key, spaced, &one, 1);
        set_in(&mut b, &(key + 1000), spaced, &two, 2);
    }
    let listed = sorted(b.keys(spaced, &one).unwrap());
    assert!(listed.into_iter().eq(0..1000));
    let listed = sorted(b.keys_named("spaced", &two).unwrap());
    assert!(listed.into_iter().eq(1000..2000));
    assert!(b.keys(spaced, &0).unwrap().is_empty());
    assert!(b.keys_named("nobody", &one).unwrap().is_empty());
    refused(
        b.keys_named("spaced", &7u64),
        ErrorKind::Misuse,
        &["spaced"],
    );
}

/// A38: keys that are in two namespaces are listed once for each.
pub fn a38_keys_and_namespaces<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let spaced = b.register(&SPACED).unwrap();
    let mut expected = BTreeSet::new();
    for key in 0..1000 {
        for namespace in [1, 2] {
            set_in(&mut b, &key, spaced, &namespace, 1);
            expected.insert((key, namespace));
        }
    }
    let listed = sorted(b.keys_and_namespaces(spaced).unwrap());
    assert!(listed.into_iter().eq(expected));
}

/// A39: a key with several user keys in a map, or several elements in a list, is listed once.
pub fn a39_keys_of_collections<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let map = b.register(&MapDescriptor::<u64, u64>::new("map")).unwrap();
    let list = b.register(&ListDescriptor::<u64>::new("list")).unwrap();
    for key in 0..100 {
        let mut scope = b.key(&key).unwrap();
        scope.map(map).put_all([(1, 1), (2, 2)]).unwrap();
        scope.list(list).add_all([1, 2]).unwrap();
    }
    b.key(&7).unwrap().map(map).remove(&1).unwrap();
    for key in [8, 9] {
        b.key(&key).unwrap().map(map).clear().unwrap();
        b.key(&key).unwrap().list(list).clear().unwrap();
    }
    let expected = || (0..100).filter(|key| ![8, 9].contains(key));
    assert!(sorted(b.keys(map, &()).unwrap()).into_iter().eq(expected()));
    assert!(
        sorted(b.keys(list, &()).unwrap())
            .into_iter()
            .eq(expected())
    );
}

/// A40: a function is applied to every key once, and may change the state as it likes.
pub fn a40_for_each_key<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let number = b.register(&NUMBER).unwrap();
    let list = b.register(&ListDescriptor::<u64>::new("list")).unwrap();
    for key in 0..100 {
        set(&mut b, &key, number, key as u64);
        b.key(&key).unwrap().list(list).add(key as u64).unwrap();
    }
    let mut seen = Vec::new();
    let read = b.for_each_key(number, &(), |scope| {
        seen.push((*scope.key(), *scope.get(number)?.unwrap()));
        Ok(())
    });
    read.unwrap();
    assert!(
        sorted(seen)
            .into_iter()
            .eq((0..100).map(|key| (key, key as u64)))
    );
    let changed = b.for_each_key(list, &(), |scope| {
        let mut list = scope.list(list);
        list.add(1)?;
        list.clear()?;
        list.add(2)?;
        scope.value(number).clear()
    });
    changed.unwrap();
    let none = b.for_each_key(number, &(), |scope| panic!("still shows {}", scope.key()));
    none.unwrap();
    for key in 0..100 {
        assert_eq!(b.key(&key).unwrap().list(list).get().unwrap(), [2]);
    }
}

/// A40: the function may clear the very state that is walked, add to it again and clear it, under
/// its own key: every key is still shown once, and what the function did last is what is left.
pub fn a40_for_each_key_clears_what_it_walks<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let number = b.register(&NUMBER).unwrap();
    let list = b.register(&ListDescriptor::<u64>::new("list")).unwrap();
    let map = b.register(&MapDescriptor::<u64, u64>::new("map")).unwrap();
    for key in 0..100 {
        set(&mut b, &key, number, key as u64);
        let mut scope = b.key(&key).unwrap();
        scope.list(list).add(key as u64).unwrap();
        scope.map(map).put_all([(1, 1), (2, 2)]).unwrap();
    }
    let mut seen = Vec::new();
    let walks = [
        b.for_each_key(number, &(), |scope| {
            seen.push(*scope.key());
            scope.value(number).clear()
        }),
        b.for_each_key(map, &(), |scope| {
            seen.push(*scope.key());
            scope.map(map).clear()
        }),
        b.for_each_key(list, &(), |scope| {
            seen.push(*scope.key());
            let mut list = scope.list(list);
            list.add(1)?;
            list.clear()?;
            list.add(2)
        }),
    ];
    walks.into_iter().for_each(Result::unwrap);
    let thrice = (0..100).flat_map(|key| [key; 3]);
    assert!(sorted(seen).into_iter().eq(thrice));
    for key in 0..100 {
        assert_eq!(b.key(&key).unwrap().list(list).get().unwrap(), [2]);
    }
    let none = b.for_each_key(number, &(), |scope| panic!("still shows {}", scope.key()));
    none.unwrap();
    let none = b.for_each_key(map, &(), |scope| panic!("still shows {}", scope.key()));
    none.unwrap();
    assert_eq!(b.entries(number).unwrap() + b.entries(map).unwrap(), 0);
    assert_eq!(b.entries(list).unwrap(), 100);
}

/// An error ends the walk over all keys at once and comes back.
pub fn for_each_key_ends_at_an_error<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let number = b.register(&NUMBER).unwrap();
    for key in 0..10 {
        set(&mut b, &key, number, 1);
    }
    let mut calls = 0;
    let walk = b.for_each_key(number, &(), |_| {
        calls += 1;
        Err(StateError::cancelled("enough"))
    });
    refused(walk, ErrorKind::Cancelled, &["enough"]);
    assert_eq!(calls, 1);
    assert_eq!(value(&mut b, &1, number), Some(1));
}
