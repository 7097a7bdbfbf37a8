//! What restore checks, and what it carries on.

use crate::conformance::harness::{Harness, open};
use crate::conformance::support::{
    Concat, Layers, Mean, Sum, Words, clear, fold, fold_all, fresh, fresh_subtask, refused,
    restore_request, restored, same, set, snapshot, ten, value,
};
use alluvium_state_api::{
    AggregatingDescriptor, ErrorKind, KeyedBackend, KeyedBackendExt, ListDescriptor, MapDescriptor,
    MaxParallelism, ReducingDescriptor, StateDescriptor, ValueDescriptor,
};
use std::slice::from_ref;

/// A backend with a value of type u64 in each kind of state, each named after its kind.
fn stored<H: Harness>(h: &H) -> Layers {
    let mut b = fresh::<H, i32>(h);
    let value = b.register(&ValueDescriptor::<u64>::new("value")).unwrap();
    let list = b.register(&ListDescriptor::<u64>::new("list")).unwrap();
    let map = MapDescriptor::<u64, u64>::new("map");
    let map = b.register(&map).unwrap();
    let reducing = ReducingDescriptor::<Sum>::new("reducing");
    let reducing = b.register(&reducing).unwrap();
    let aggregating = AggregatingDescriptor::<Mean>::new("aggregating");
    let aggregating = b.register(&aggregating).unwrap();
    let mut scope = b.key(&1).unwrap();
    scope.value(value).set(1).unwrap();
    scope.list(list).add(1).unwrap();
    scope.map(map).put(1, 1).unwrap();
    scope.reducing(reducing).add(1).unwrap();
    scope.aggregating(aggregating).add(1).unwrap();
    snapshot(h, &mut b, 1)
}

/// Registering `descriptor` with a backend restored from [`stored`] is refused in these words; the
/// restored state stays as it was and is carried on.
fn unreadable<H: Harness, D: StateDescriptor>(h: &H, descriptor: &D, words: &[&str]) {
    let stored = stored(h);
    let mut b = restored::<H, i32>(h, &stored);
    let registered = b.register(descriptor).map(drop);
    refused(registered, ErrorKind::Incompatible, words);
    assert_eq!(b.unclaimed().len(), 5);
    same(&fold(&snapshot(h, &mut b, 2)), &fold(&stored), "snapshot");
}

/// A44: keys of another type are refused when the backend is opened.
pub fn a44_other_keys<H: Harness>(h: &H) {
    let stored = stored(h);
    let request = restore_request(from_ref(&stored), 0, 1);
    let opened = open::<H, String>(h, request).map(drop);
    refused(opened, ErrorKind::Incompatible, &["key", "i32", "string"]);
}

/// A45: another type of value is refused at registration, before anything is read under a key.
pub fn a45_other_value<H: Harness>(h: &H) {
    let words = ["'value'", "u64", "string"];
    unreadable(h, &ValueDescriptor::<String>::new("value"), &words);
    let words = ["'value'", "namespace", "u8"];
    unreadable(h, &ValueDescriptor::<u64, u8>::new("value"), &words);
}

/// A46: another type of list element.
pub fn a46_other_list_element<H: Harness>(h: &H) {
    let words = ["'list'", "u64", "string"];
    unreadable(h, &ListDescriptor::<String>::new("list"), &words);
}

/// A47: another type of folded value, or of accumulator.
pub fn a47_other_folded_value<H: Harness>(h: &H) {
    let words = ["'reducing'", "u64", "string"];
    unreadable(h, &ReducingDescriptor::<Concat>::new("reducing"), &words);
    let words = ["'aggregating'", "i64", "string"];
    unreadable(
        h,
        &AggregatingDescriptor::<Words>::new("aggregating"),
        &words,
    );
}

/// A48: another type of user key.
pub fn a48_other_user_key<H: Harness>(h: &H) {
    let words = ["'map'", "user key", "u64", "string"];
    unreadable(h, &MapDescriptor::<String, u64>::new("map"), &words);
    let words = ["'map'", "user key", "u64", "i32"];
    unreadable(h, &MapDescriptor::<i32, String>::new("map"), &words);
}

/// B10: another type of a map's value alone, its user key being as it was.
pub fn b10_other_map_value<H: Harness>(h: &H) {
    let words = ["'map'", "u64", "string"];
    unreadable(h, &MapDescriptor::<u64, String>::new("map"), &words);
}

/// A49: another kind of state, though of the same type of value; the error names both kinds.
pub fn a49_other_kind<H: Harness>(h: &H) {
    let words = ["'value'", "value state", "list state"];
    unreadable(h, &ListDescriptor::<u64>::new("value"), &words);
    let words = ["'value'", "value state", "map state"];
    unreadable(h, &MapDescriptor::<u64, u64>::new("value"), &words);
    let words = ["'value'", "value state", "reducing state"];
    unreadable(h, &ReducingDescriptor::<Sum>::new("value"), &words);
    let words = ["'list'", "list state", "value state"];
    unreadable(h, &ValueDescriptor::<u64>::new("list"), &words);
    let words = ["'reducing'", "reducing state", "value state"];
    unreadable(h, &ValueDescriptor::<u64>::new("reducing"), &words);
    let words = ["'reducing'", "reducing state", "aggregating state"];
    unreadable(h, &AggregatingDescriptor::<Mean>::new("reducing"), &words);
}

/// A state of a snapshot that is registered as it was written is readable; others stay unclaimed,
/// by name, with the shape in which they were written; their keys cannot be listed by name before
/// they are registered.
pub fn unclaimed_states_are_told<H: Harness>(h: &H) {
    let mut b = restored::<H, i32>(h, &stored(h));
    let all = b.unclaimed();
    assert_eq!(b.states(), all);
    let names: Vec<_> = all.iter().map(|state| &*state.name).collect();
    assert_eq!(names, ["aggregating", "list", "map", "reducing", "value"]);
    assert_eq!(b.state_id("value"), None);
    refused(
        b.keys_named("value", &()),
        ErrorKind::Misuse,
        &["'value'", "not registered"],
    );
    let v = b.register(&ValueDescriptor::<u64>::new("value")).unwrap();
    assert_eq!(value(&mut b, &1, v), Some(1));
    assert_eq!(b.keys_named("value", &()).unwrap(), [1]);
    assert_eq!(b.unclaimed(), all[..4]);
    assert_eq!(b.states(), all);
}

/// Restored state that nobody registers is in the next snapshot, and in the one after that, with
/// its old shape.
pub fn unclaimed_state_is_carried_on<H: Harness>(h: &H) {
    let first = stored(h);
    let mut b = restored::<H, i32>(h, &first);
    let v = b.register(&ValueDescriptor::<u64>::new("value")).unwrap();
    set(&mut b, &1, v, 2);
    set(&mut b, &2, v, 3);
    clear(&mut b, &1, v);
    let second = snapshot(h, &mut b, 2);
    assert_eq!(fold(&second).len(), 5);
    let mut b = restored::<H, i32>(h, &second);
    let third = snapshot(h, &mut b, 3);
    same(&fold(&third), &fold(&second), "snapshot");
    let mut b = restored::<H, i32>(h, &third);
    let m = b.register(&MapDescriptor::<u64, u64>::new("map")).unwrap();
    let scope = b.key(&1).unwrap();
    assert_eq!(scope.map_value(m, &1).unwrap().as_deref(), Some(&1));
}

/// Unclaimed state follows its groups when the job is rescaled.
pub fn unclaimed_state_is_rescaled<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let v = b.register(&ValueDescriptor::<u64>::new("v")).unwrap();
    for key in 0..100 {
        set(&mut b, &key, v, key as u64);
    }
    let whole = snapshot(h, &mut b, 1);
    let parts: Vec<_> = (0..3)
        .map(|subtask| {
            let request = restore_request(from_ref(&whole), subtask, 3);
            let mut b = open::<H, i32>(h, request).unwrap();
            snapshot(h, &mut b, 2)
        })
        .collect();
    same(&fold_all(&parts), &fold(&whole), "rescaled");
    let mut b = open::<H, i32>(h, restore_request(&parts, 0, 1)).unwrap();
    same(&fold(&snapshot(h, &mut b, 3)), &fold(&whole), "snapshot");
}

/// An unset max parallelism adopts that of the snapshot; the same one is accepted; another one is
/// an error that names both, and so are two snapshots that disagree.
pub fn max_parallelism_of_the_snapshot<H: Harness>(h: &H) {
    let stored = stored(h);
    let b = restored::<H, i32>(h, &stored);
    assert_eq!(b.max_parallelism(), ten());
    let request = || restore_request(from_ref(&stored), 0, 1);
    open::<H, i32>(h, request().with_max_parallelism(ten())).unwrap();
    let twenty = MaxParallelism::new(20).unwrap();
    let other = open::<H, i32>(h, request().with_max_parallelism(twenty));
    refused(other, ErrorKind::Incompatible, &["10", "20"]);
    let mut b = fresh_subtask::<H, i32>(h, 0, 1, twenty);
    let foreign = snapshot(h, &mut b, 1);
    let mixed = restore_request(&[stored.clone(), foreign], 0, 1);
    refused(
        open::<H, i32>(h, mixed),
        ErrorKind::Incompatible,
        &["10", "20"],
    );
    let too_wide = restore_request(from_ref(&stored), 0, 11);
    refused(
        open::<H, i32>(h, too_wide),
        ErrorKind::Misuse,
        &["10", "11"],
    );
}
