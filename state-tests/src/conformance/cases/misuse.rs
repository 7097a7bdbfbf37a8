//! Wrong handles, names taken, closures that panic.

use crate::conformance::harness::{Harness, Keyed};
use crate::conformance::support::{
    Mean, Sum, fold, fresh, list, map, refused, restored, same, set, snapshot, value,
};
use alluvium_state_api::{
    AggregatingDescriptor, Budget, ErrorKind, KeyedBackend, KeyedBackendExt, ListDescriptor,
    ListHandle, MapDescriptor, MapHandle, ReducingDescriptor, Result, StateHandle, StateId,
    ValueDescriptor, ValueHandle,
};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Every access to the state `id` taken as a value, a list and a map of the types given, under
/// key 1; what each returned.
fn all_accesses<B: KeyedBackend<Key = i32>>(b: &mut B, id: StateId) -> Vec<Result<()>> {
    let v = ValueHandle::<u64>::new(id);
    let l = ListHandle::<u64>::new(id);
    let m = MapHandle::<u64, u64>::new(id);
    let mut done = vec![
        b.keys(v, &()).map(drop),
        b.entries(v).map(drop),
        b.keys_and_namespaces(v).map(drop),
    ];
    let mut scope = b.key(&1).unwrap();
    done.extend([
        scope.get(v).map(drop),
        scope.value(v).set(9),
        scope.value(v).update(|slot| *slot = Some(9)),
        scope.value(v).clear(),
        scope.list(l).add(9),
        scope.list(l).add_all([9]),
        scope.list(l).set([9]),
        scope.list(l).get().map(drop),
        scope.list(l).clear(),
        scope.map(m).put(9, 9),
        scope.map(m).put_all([(9, 9)]),
        scope.map(m).update(&9, |slot| *slot = Some(9)),
        scope.map(m).remove(&1),
        scope.map(m).get(&1).map(drop),
        scope.map(m).is_empty().map(drop),
        scope.map(m).scan(|_, _| ControlFlow::Continue(())),
        scope.map(m).clear(),
    ]);
    done
}

struct Filled {
    value: ValueHandle<u64>,
    list: ListHandle<u64>,
    map: MapHandle<u64, u64>,
}

fn filled<H: Harness>(h: &H) -> (Keyed<H, i32>, Filled) {
    let mut b = fresh::<H, i32>(h);
    let value = b.register(&ValueDescriptor::new("value")).unwrap();
    let list = b.register(&ListDescriptor::new("list")).unwrap();
    let map = b.register(&MapDescriptor::new("map")).unwrap();
    let mut scope = b.key(&1).unwrap();
    scope.value(value).set(1).unwrap();
    scope.list(list).add(1).unwrap();
    scope.map(map).put(1, 1).unwrap();
    (b, Filled { value, list, map })
}

fn unchanged<B: KeyedBackend<Key = i32>>(b: &mut B, filled: &Filled) {
    assert_eq!(value(b, &1, filled.value), Some(1));
    assert_eq!(list(b, &1, filled.list), [1]);
    assert_eq!(map(b, &1, filled.map), [(1, 1)]);
}

/// A handle that another backend gave out is refused by every access, though the other has a
/// state of the same name and types in the same place.
pub fn handle_of_another_backend<H: Harness>(h: &H) {
    let (mut b, mine) = filled(h);
    let (other, theirs) = filled(h);
    for id in [theirs.value.id(), theirs.list.id(), theirs.map.id()] {
        for done in all_accesses(&mut b, id) {
            refused(done, ErrorKind::Misuse, &[]);
        }
    }
    let pair = |first, second| (first, second);
    for (first, second) in [
        pair(mine.value, theirs.value),
        pair(theirs.value, mine.value),
    ] {
        let done = b.key(&1).unwrap().update_pair(first, second, |one, two| {
            (*one, *two) = (None, None);
        });
        refused(done, ErrorKind::Misuse, &[]);
    }
    unchanged(&mut b, &mine);
    drop(other);
}

/// A handle whose types are not those of the state, and one that names no state, are refused.
pub fn handle_of_wrong_types<H: Harness>(h: &H) {
    let (mut b, filled) = filled(h);
    let text = b.register(&ValueDescriptor::<String>::new("text")).unwrap();
    let spaced = ValueDescriptor::<u64, u8>::new("spaced");
    let spaced = b.register(&spaced).unwrap();
    let nobody = StateId::new(text.id().owner(), 1000);
    // The first three of the accesses do not depend on kind and value type, only on namespaces.
    for (id, first) in [(text.id(), 3), (spaced.id(), 3), (nobody, 0)] {
        for done in all_accesses(&mut b, id).into_iter().skip(first) {
            refused(done, ErrorKind::Misuse, &[]);
        }
    }
    let as_map = MapHandle::<u64, u64>::new(filled.list.id());
    let as_list = ListHandle::<u64>::new(filled.value.id());
    let as_value = ValueHandle::<u64>::new(filled.map.id());
    let as_texts = MapHandle::<String, u64>::new(filled.map.id());
    let mut scope = b.key(&1).unwrap();
    refused(scope.map(as_map).clear(), ErrorKind::Misuse, &[]);
    refused(scope.list(as_list).clear(), ErrorKind::Misuse, &[]);
    refused(scope.value(as_value).clear(), ErrorKind::Misuse, &[]);
    refused(scope.map(as_texts).clear(), ErrorKind::Misuse, &[]);
    unchanged(&mut b, &filled);
}

/// The same name, kind and types find the state that is there.
pub fn registering_again_finds_the_state<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let descriptor = ValueDescriptor::<u64>::new("v");
    let first = b.register(&descriptor).unwrap();
    set(&mut b, &1, first, 5);
    let again = b.register(&descriptor).unwrap();
    assert_eq!(first.id(), again.id());
    assert_eq!(value(&mut b, &1, again), Some(5));
    assert_eq!(b.state_id("v"), Some(first.id()));
    assert_eq!(b.state_id("w"), None);
    assert_eq!(b.states().len(), 1);
}

/// One name space for all states: the same name with another kind is refused, naming both kinds.
pub fn name_taken_by_another_kind<H: Harness>(h: &H) {
    let kinds = ["value", "list", "map", "reducing", "aggregating"];
    let register = |b: &mut Keyed<H, i32>, kind: &str| match kind {
        "value" => b.register(&ValueDescriptor::<u64>::new("taken")).map(drop),
        "list" => b.register(&ListDescriptor::<u64>::new("taken")).map(drop),
        "map" => b
            .register(&MapDescriptor::<u64, u64>::new("taken"))
            .map(drop),
        "reducing" => b
            .register(&ReducingDescriptor::<Sum>::new("taken"))
            .map(drop),
        _ => b
            .register(&AggregatingDescriptor::<Mean>::new("taken"))
            .map(drop),
    };
    for first in kinds {
        for second in kinds.into_iter().filter(|second| *second != first) {
            let mut b = fresh::<H, i32>(h);
            register(&mut b, first).unwrap();
            let words = ["taken", first, second];
            refused(register(&mut b, second), ErrorKind::Misuse, &words);
            register(&mut b, first).unwrap();
            assert_eq!(b.states().len(), 1);
        }
    }
}

/// The same name with another type of value, user key or namespace is refused, naming both.
pub fn name_taken_by_other_types<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    b.register(&ValueDescriptor::<u64>::new("v")).unwrap();
    b.register(&MapDescriptor::<u64, u64>::new("m")).unwrap();
    let other = b.register(&ValueDescriptor::<String>::new("v"));
    refused(other, ErrorKind::Misuse, &["'v'", "u64", "string"]);
    let other = b.register(&ValueDescriptor::<u64, u8>::new("v"));
    refused(other, ErrorKind::Misuse, &["'v'", "()", "u8"]);
    let other = b.register(&MapDescriptor::<String, u64>::new("m"));
    refused(other, ErrorKind::Misuse, &["'m'", "u64", "string"]);
    let other = b.register(&MapDescriptor::<i32, String>::new("m"));
    refused(other, ErrorKind::Misuse, &["'m'", "i32", "string"]);
    assert_eq!(b.states().len(), 2);
}

/// A state needs a name.
pub fn empty_name<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let nameless = b.register(&ValueDescriptor::<u64>::new(""));
    refused(nameless, ErrorKind::Misuse, &["name"]);
    assert!(b.states().is_empty());
}

/// A closure that panics leaves the entry present, and everything else usable.
pub fn panicking_closure_leaves_the_entry<H: Harness>(h: &H) {
    let (mut b, filled) = filled(h);
    let other = b.register(&ValueDescriptor::<u64>::new("other")).unwrap();
    set(&mut b, &1, other, 1);
    let mut scope = b.key(&1).unwrap();
    let change = |slot: &mut Option<u64>| {
        *slot = Some(2);
        resume_unwind(Box::new("half way"));
    };
    let mut update = || scope.value(filled.value).update(change);
    assert!(catch_unwind(AssertUnwindSafe(&mut update)).is_err());
    let mut update = || scope.map(filled.map).update(&1, change);
    assert!(catch_unwind(AssertUnwindSafe(&mut update)).is_err());
    let mut pair = || scope.update_pair(filled.value, other, |one, _| change(one));
    assert!(catch_unwind(AssertUnwindSafe(&mut pair)).is_err());
    let mut scan = || scope.scan_list(filled.list, |_| resume_unwind(Box::new("scan")));
    assert!(catch_unwind(AssertUnwindSafe(&mut scan)).is_err());
    let either = [Some(1), Some(2)];
    assert!(either.contains(&value(&mut b, &1, filled.value)));
    assert_eq!(value(&mut b, &1, other), Some(1));
    assert_eq!(map(&mut b, &1, filled.map).len(), 1);
    assert_eq!(list(&mut b, &1, filled.list), [1]);
    set(&mut b, &1, filled.value, 3);
    let before = fold(&snapshot(h, &mut b, 1));
    assert_eq!(before.len(), 4);
}

/// Setting the time, maintaining within a budget and prefetching change nothing that can be read.
pub fn hints_change_nothing<H: Harness>(h: &H) {
    let (mut b, filled) = filled(h);
    let stored = snapshot(h, &mut b, 1);
    let mut again = restored::<H, i32>(h, &stored);
    let many: Vec<i32> = (-100..100).collect();
    for time in [0, 1000, i64::MAX] {
        b.set_time(time, time);
        b.prefetch(&[1, 2, 3]);
        b.prefetch(&[]);
        again.prefetch(&many);
        again.maintain(Budget { entries: 10 }).unwrap();
        let done = b.maintain(Budget { entries: 10 }).unwrap();
        assert!(done.visited <= 10, "{done:?}");
    }
    unchanged(&mut b, &filled);
    same(&fold(&snapshot(h, &mut b, 2)), &fold(&stored), "snapshot");
    same(
        &fold(&snapshot(h, &mut again, 2)),
        &fold(&stored),
        "snapshot",
    );
}
