//! Operator state: split lists, union lists, broadcast maps.

use crate::conformance::harness::OperatorHarness;
use crate::conformance::support::{FailingCodec, refused};
use alluvium_state_api::{
    BroadcastDescriptor, BroadcastHandle, CodecRef, ErrorKind, OperatorListDescriptor,
    OperatorStateImage, OperatorStateStore, OrderedKey, StateData,
};
use std::ops::ControlFlow;

pub(super) const SPLIT: OperatorListDescriptor<u32> = OperatorListDescriptor::split("split");
pub(super) const UNION: OperatorListDescriptor<u32> = OperatorListDescriptor::union("union");
pub(super) const RULES: BroadcastDescriptor<String, u32> = BroadcastDescriptor::new("rules");

pub(super) fn images<S: OperatorStateStore>(store: &mut S) -> Vec<OperatorStateImage> {
    store.freeze().unwrap().run().unwrap()
}

fn rules<S: OperatorStateStore, BK: OrderedKey, BV: StateData>(
    store: &S,
    handle: BroadcastHandle<BK, BV>,
) -> Vec<(BK, BV)> {
    let mut entries = Vec::new();
    let scanned = store.broadcast_scan(handle, |key, value| {
        entries.push((key.clone(), value.clone()));
        ControlFlow::Continue(())
    });
    scanned.unwrap();
    entries
}

/// C01: a fresh list is empty and known by name; registered again it shares its contents.
pub fn c01_register<H: OperatorHarness>(h: &H) {
    let mut s = h.open(Vec::new());
    assert!(s.states().is_empty() && s.unclaimed().is_empty());
    let split = s.register_list(&SPLIT).unwrap();
    let union = s.register_list(&UNION).unwrap();
    let map = s.register_broadcast(&RULES).unwrap();
    assert!(s.list_get(split).unwrap().is_empty());
    assert!(s.list_get(union).unwrap().is_empty());
    assert!(rules(&s, map).is_empty());
    assert_eq!(s.states().len(), 3);
    assert!(s.unclaimed().is_empty());
    s.list_add(split, 5).unwrap();
    s.broadcast_put(map, "a".to_owned(), 1).unwrap();
    let again = s.register_list(&SPLIT).unwrap();
    assert_eq!(s.list_get(again).unwrap(), [5]);
    let again = s.register_broadcast(&RULES).unwrap();
    assert_eq!(s.broadcast_get(again, &"a".to_owned()).unwrap(), Some(1));
    assert_eq!(s.states().len(), 3);
}

/// C02: a name that is taken by a list of the other mode, or of another type, is refused.
pub fn c02_mode_clash<H: OperatorHarness>(h: &H) {
    let mut s = h.open(Vec::new());
    s.register_list(&SPLIT).unwrap();
    s.register_list(&UNION).unwrap();
    let other = s.register_list(&OperatorListDescriptor::<u32>::union("split"));
    refused(
        other,
        ErrorKind::Misuse,
        &["'split'", "split list", "union list"],
    );
    let other = s.register_list(&OperatorListDescriptor::<u32>::split("union"));
    refused(
        other,
        ErrorKind::Misuse,
        &["'union'", "split list", "union list"],
    );
    let other = s.register_list(&OperatorListDescriptor::<String>::split("split"));
    refused(other, ErrorKind::Misuse, &["'split'", "u32", "string"]);
    let nameless = s.register_list(&OperatorListDescriptor::<u32>::split(""));
    refused(nameless, ErrorKind::Misuse, &["name"]);
    assert_eq!(s.states().len(), 2);
}

/// C03: lists and broadcast maps have name spaces of their own.
pub fn c03_list_and_broadcast_of_one_name<H: OperatorHarness>(h: &H) {
    let both = BroadcastDescriptor::<u8, u32>::new("split");
    let mut s = h.open(Vec::new());
    let list = s.register_list(&SPLIT).unwrap();
    let map = s.register_broadcast(&both).unwrap();
    s.list_add(list, 1).unwrap();
    s.broadcast_put(map, 7, 2).unwrap();
    let mut s = h.open(images(&mut s));
    let list = s.register_list(&SPLIT).unwrap();
    let map = s.register_broadcast(&both).unwrap();
    assert_eq!(s.list_get(list).unwrap(), [1]);
    assert_eq!(rules(&s, map), [(7, 2)]);
}

/// C04: a store with nothing registered has a valid empty snapshot.
pub fn c04_empty_store<H: OperatorHarness>(h: &H) {
    let mut s = h.open(Vec::new());
    let stored = images(&mut s);
    assert!(stored.is_empty());
    let mut s = h.open(stored);
    assert!(s.states().is_empty());
    assert!(images(&mut s).is_empty());
}

/// C05: a registered list without elements is in the snapshot, with none.
pub fn c05_registered_empty_list<H: OperatorHarness>(h: &H) {
    let mut s = h.open(Vec::new());
    let split = s.register_list(&SPLIT).unwrap();
    s.list_add(split, 1).unwrap();
    s.list_clear(split).unwrap();
    let stored = images(&mut s);
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].meta, SPLIT.meta());
    assert!(stored[0].items.is_empty());
    let s = h.open(stored);
    assert_eq!(s.unclaimed(), [SPLIT.meta()]);
}

/// C06: broadcast state alone: exact after each of three snapshots and restores; empty in the end.
pub fn c06_broadcast_alone<H: OperatorHarness>(h: &H) {
    let [one, two, three] = ["a", "b", "c"].map(str::to_owned);
    let mut s = h.open(Vec::new());
    let map = s.register_broadcast(&RULES).unwrap();
    let entries = vec![
        (two.clone(), 2),
        (three.clone(), 3),
        (one.clone(), 0),
        (one.clone(), 1),
    ];
    s.broadcast_put_all(map, entries).unwrap();
    let mut s = h.open(images(&mut s));
    let map = s.register_broadcast(&RULES).unwrap();
    let all = [(one.clone(), 1), (two.clone(), 2), (three.clone(), 3)];
    assert_eq!(rules(&s, map), all);
    s.broadcast_remove(map, &two).unwrap();
    s.broadcast_remove(map, &"never there".to_owned()).unwrap();
    let mut s = h.open(images(&mut s));
    let map = s.register_broadcast(&RULES).unwrap();
    assert_eq!(rules(&s, map), [(one, 1), (three, 3)]);
    assert_eq!(s.broadcast_get(map, &two).unwrap(), None);
    s.broadcast_clear(map).unwrap();
    let mut s = h.open(images(&mut s));
    let map = s.register_broadcast(&RULES).unwrap();
    assert!(rules(&s, map).is_empty());
    assert_eq!(s.states().len(), 1);
}

/// C07: list state alone, likewise: appended, replaced, cleared.
pub fn c07_lists_alone<H: OperatorHarness>(h: &H) {
    let mut s = h.open(Vec::new());
    let split = s.register_list(&SPLIT).unwrap();
    let union = s.register_list(&UNION).unwrap();
    s.list_add(split, 3).unwrap();
    s.list_add_all(split, vec![1, 3]).unwrap();
    s.list_add_all(split, Vec::new()).unwrap();
    s.list_set(union, vec![9, 8]).unwrap();
    let mut s = h.open(images(&mut s));
    let split = s.register_list(&SPLIT).unwrap();
    let union = s.register_list(&UNION).unwrap();
    assert_eq!(s.list_get(split).unwrap(), [3, 1, 3]);
    assert_eq!(s.list_get(union).unwrap(), [9, 8]);
    s.list_set(split, vec![7]).unwrap();
    s.list_clear(union).unwrap();
    let mut s = h.open(images(&mut s));
    let split = s.register_list(&SPLIT).unwrap();
    let union = s.register_list(&UNION).unwrap();
    assert_eq!(s.list_get(split).unwrap(), [7]);
    assert!(s.list_get(union).unwrap().is_empty());
}

/// C08: three lists and three broadcast maps, one of each empty: their names are known before
/// they are registered, order and entries are exact, and whatever is never registered is carried
/// on from snapshot to snapshot.
pub fn c08_mixed_states<H: OperatorHarness>(h: &H) {
    let list = |n: u32| SPLIT.renamed(format!("list {n}"));
    let map = |n: u32| {
        let name = format!("map {n}");
        BroadcastDescriptor::<u8, u32>::with_codec(name, CodecRef::native())
    };
    let mut s = h.open(Vec::new());
    for n in 0..3 {
        let one = s.register_list(&list(n)).unwrap();
        s.list_set(one, (0..n).rev().collect()).unwrap();
        let one = s.register_broadcast(&map(n)).unwrap();
        s.broadcast_put_all(one, (0..n).map(|key| (key as u8, n)).collect())
            .unwrap();
    }
    let stored = images(&mut s);
    assert_eq!(stored.len(), 6);
    let mut s = h.open(stored.clone());
    assert_eq!(s.unclaimed().len(), 6);
    assert_eq!(s.states(), s.unclaimed());
    assert_eq!(images(&mut s), stored);
    let one = s.register_list(&list(2)).unwrap();
    assert_eq!(s.list_get(one).unwrap(), [1, 0]);
    let one = s.register_broadcast(&map(2)).unwrap();
    assert_eq!(rules(&s, one), [(0, 2), (1, 2)]);
    assert_eq!(s.unclaimed().len(), 4);
    assert_eq!(s.states().len(), 6);
    let mut s = h.open(images(&mut s));
    assert_eq!(images(&mut s), stored);
}

/// C15: a value that is explicitly nothing is a value of type `Option`.
pub fn c15_optional_values<H: OperatorHarness>(h: &H) {
    let descriptor = BroadcastDescriptor::<u8, Option<u8>>::new("m");
    let mut s = h.open(Vec::new());
    let map = s.register_broadcast(&descriptor).unwrap();
    s.broadcast_put(map, 1, None).unwrap();
    let mut s = h.open(images(&mut s));
    let map = s.register_broadcast(&descriptor).unwrap();
    assert_eq!(s.broadcast_get(map, &1).unwrap(), Some(None));
    assert_eq!(s.broadcast_get(map, &2).unwrap(), None);
}

/// C16: what was read is the reader's own, entries ascend, and scans stop where they are told to.
pub fn c16_reading_changes_nothing<H: OperatorHarness>(h: &H) {
    let mut s = h.open(Vec::new());
    let split = s.register_list(&SPLIT).unwrap();
    let map = s.register_broadcast(&BroadcastDescriptor::<i8, u8>::new("m"));
    let map = map.unwrap();
    s.list_set(split, vec![1, 2, 3]).unwrap();
    s.broadcast_put_all(map, vec![(3, 3), (-1, 1), (0, 2)])
        .unwrap();
    s.list_get(split).unwrap().clear();
    let mut seen = Vec::new();
    let scanned = s.list_scan(split, |item| {
        seen.push(*item);
        ControlFlow::Break(())
    });
    scanned.unwrap();
    assert_eq!(seen, [1]);
    assert_eq!(rules(&s, map), [(-1, 1), (0, 2), (3, 3)]);
    assert_eq!(s.list_get(split).unwrap(), [1, 2, 3]);
}

/// Old subtask `index`: split elements, union elements and a broadcast copy that tell whose they
/// were.
pub(super) fn subtask<H: OperatorHarness>(h: &H, index: u32) -> Vec<OperatorStateImage> {
    let mut s = h.open(Vec::new());
    let split = s.register_list(&SPLIT).unwrap();
    let union = s.register_list(&UNION).unwrap();
    let map = s.register_broadcast(&RULES).unwrap();
    let tens = index * 10;
    s.list_set(split, (tens..tens + 5).collect()).unwrap();
    s.list_set(union, vec![tens, tens + 1]).unwrap();
    s.broadcast_put(map, "copy of".to_owned(), index).unwrap();
    images(&mut s)
}

/// B21, B24, B27, B30: restored state of another mode or shape is refused when it is registered, and carried on.
pub fn operator_state_that_does_not_fit<H: OperatorHarness>(h: &H) {
    let stored = subtask(h, 1);
    let mut s = h.open(stored.clone());
    let other = s.register_list(&OperatorListDescriptor::<u32>::union("split"));
    refused(
        other,
        ErrorKind::Incompatible,
        &["'split'", "split list", "union list"],
    );
    let other = s.register_list(&OperatorListDescriptor::<u64>::split("split"));
    refused(other, ErrorKind::Incompatible, &["'split'", "u32", "u64"]);
    let other = s.register_list(&OperatorListDescriptor::<String>::union("union"));
    refused(
        other,
        ErrorKind::Incompatible,
        &["'union'", "u32", "string"],
    );
    let other = s.register_broadcast(&BroadcastDescriptor::<u8, u32>::new("rules"));
    refused(
        other,
        ErrorKind::Incompatible,
        &["'rules'", "key", "string", "u8"],
    );
    let other = s.register_broadcast(&BroadcastDescriptor::<String, u8>::new("rules"));
    refused(other, ErrorKind::Incompatible, &["'rules'", "u32", "u8"]);
    assert_eq!(s.unclaimed().len(), 3);
    assert_eq!(images(&mut s), stored);
}

/// Bytes that do not decode are an error at registration, and stay as they were.
pub fn operator_state_that_is_corrupt<H: OperatorHarness>(h: &H) {
    let mut stored = subtask(h, 1);
    for image in &mut stored {
        image.items[0].value.pop();
    }
    let mut s = h.open(stored.clone());
    refused(s.register_list(&SPLIT), ErrorKind::Corrupt, &["'split'"]);
    refused(
        s.register_broadcast(&RULES),
        ErrorKind::Corrupt,
        &["'rules'"],
    );
    assert_eq!(s.unclaimed().len(), 3);
    assert_eq!(images(&mut s), stored);
}

/// A handle of another store is refused by every access.
pub fn handle_of_another_store<H: OperatorHarness>(h: &H) {
    let (mut s, mut t) = (h.open(Vec::new()), h.open(Vec::new()));
    let mine = s.register_list(&SPLIT).unwrap();
    s.list_add(mine, 1).unwrap();
    let (list, map) = (t.register_list(&SPLIT), t.register_broadcast(&RULES));
    let (list, map) = (list.unwrap(), map.unwrap());
    s.register_broadcast(&RULES).unwrap();
    let key = "a".to_owned();
    let done = [
        s.list_get(list).map(drop),
        s.list_scan(list, |_| ControlFlow::Continue(())),
        s.list_add(list, 9),
        s.list_add_all(list, vec![9]),
        s.list_set(list, vec![9]),
        s.list_clear(list),
        s.broadcast_get(map, &key).map(drop),
        s.broadcast_scan(map, |_, _| ControlFlow::Continue(())),
        s.broadcast_put(map, key.clone(), 9),
        s.broadcast_put_all(map, vec![(key.clone(), 9)]),
        s.broadcast_remove(map, &key),
        s.broadcast_clear(map),
    ];
    for done in done {
        refused(done, ErrorKind::Misuse, &[]);
    }
    assert_eq!(s.list_get(mine).unwrap(), [1]);
}

/// An element that cannot be encoded is reported once: when it is added, or by the job.
pub fn operator_codec_that_fails<H: OperatorHarness>(h: &H) {
    let descriptor =
        OperatorListDescriptor::split_with("picky", CodecRef::shared(FailingCodec { poison: 13 }));
    let mut s = h.open(Vec::new());
    let picky = s.register_list(&descriptor).unwrap();
    let eager = s.list_add_all(picky, vec![1, 13]);
    let written = s.freeze().unwrap().run();
    match eager {
        Ok(()) => refused(written, ErrorKind::Misuse, &["picky", "cannot be encoded"]),
        Err(error) => {
            refused::<()>(
                Err(error),
                ErrorKind::Misuse,
                &["picky", "cannot be encoded"],
            );
            assert!(s.list_get(picky).unwrap().is_empty());
        }
    }
    s.list_set(picky, vec![1]).unwrap();
    assert_eq!(images(&mut s)[0].items.len(), 1);
}
