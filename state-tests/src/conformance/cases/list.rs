//! List state.

use crate::conformance::harness::Harness;
use crate::conformance::support::{
    CountingSink, FailingCodec, Layers, fold, freeze, fresh, list, list_in, record, refused,
    restored, snapshot, sorted, try_freeze,
};
use alluvium_state_api::{CodecRef, ErrorKind, KeyedBackendExt, ListDescriptor, SnapshotMode};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

const TEXTS: ListDescriptor<String> = ListDescriptor::new("texts");
const NUMBERS: ListDescriptor<u64> = ListDescriptor::new("numbers");
const WINDOWED: ListDescriptor<u64, u8> = ListDescriptor::new("windowed");

/// A09: elements stay in the order in which they were added, also through snapshots.
pub fn a09_list_basics<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let texts = b.register(&TEXTS).unwrap();
    assert!(list(&mut b, &1, texts).is_empty());
    for (key, text) in [(1, "1"), (2, "2")] {
        let mut scope = b.key(&key).unwrap();
        scope.list(texts).add(text.to_owned()).unwrap();
    }
    let first = snapshot(h, &mut b, 1);
    let mut scope = b.key(&1).unwrap();
    scope.list(texts).add("u1".to_owned()).unwrap();
    let mut scope = b.key(&2).unwrap();
    scope.list(texts).set(["u2".to_owned()]).unwrap();
    let second = snapshot(h, &mut b, 2);
    let mut old = restored::<H, i32>(h, &first);
    let texts = old.register(&TEXTS).unwrap();
    assert_eq!(list(&mut old, &1, texts), ["1"]);
    assert_eq!(list(&mut old, &2, texts), ["2"]);
    let mut new = restored::<H, i32>(h, &second);
    let texts = new.register(&TEXTS).unwrap();
    assert_eq!(list(&mut new, &1, texts), ["1", "u1"]);
    assert_eq!(list(&mut new, &2, texts), ["u2"]);
}

/// A12: a batch whose elements cannot all be had changes nothing.
pub fn a12_add_all_is_all_or_nothing<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let numbers = b.register(&NUMBERS).unwrap();
    let mut scope = b.key(&1).unwrap();
    scope.list(numbers).add_all([1, 2]).unwrap();
    let broken = || {
        (3..6).inspect(|number| {
            if *number == 5 {
                resume_unwind(Box::new("no more elements"));
            }
        })
    };
    let mut add = || scope.list(numbers).add_all(broken());
    assert!(catch_unwind(AssertUnwindSafe(&mut add)).is_err());
    let mut set = || scope.list(numbers).set(broken());
    assert!(catch_unwind(AssertUnwindSafe(&mut set)).is_err());
    assert_eq!(list(&mut b, &1, numbers), [1, 2]);
}

/// A12: a batch with an element in its middle that cannot be encoded is refused as a whole, or is
/// there as a whole and refused by the job; the list of another key is not concerned.
pub fn a12_batch_that_cannot_be_encoded<H: Harness>(h: &H) {
    let codec = CodecRef::shared(FailingCodec { poison: 13 });
    let descriptor = ListDescriptor::<u64>::with_codec("picky", codec);
    for (replace, there) in [
        (false, &[1, 2][..]),
        (true, &[1, 2]),
        (false, &[]),
        (true, &[]),
    ] {
        let mut b = fresh::<H, i32>(h);
        let picky = b.register(&descriptor).unwrap();
        for key in [1, 2] {
            let mut scope = b.key(&key).unwrap();
            scope.list(picky).set(there.iter().copied()).unwrap();
        }
        let batch = [3, 13, 4];
        let mut scope = b.key(&1).unwrap();
        let (eager, whole) = if replace {
            (scope.list(picky).set(batch), batch.to_vec())
        } else {
            (scope.list(picky).add_all(batch), [there, &batch].concat())
        };
        let frozen = try_freeze(&mut b, 1, SnapshotMode::Full);
        let written = frozen.and_then(|job| job.run(&mut CountingSink::default()));
        let told = ["picky", "cannot be encoded"];
        if eager.is_ok() {
            refused(written, ErrorKind::Misuse, &told);
            assert_eq!(list(&mut b, &1, picky), whole);
        } else {
            refused(eager, ErrorKind::Misuse, &told);
            written.unwrap();
            assert_eq!(list(&mut b, &1, picky), there);
            assert_eq!(b.entries(picky).unwrap(), 2 * there.len().min(1) as u64);
        }
        assert_eq!(list(&mut b, &2, picky), there);
    }
}

/// A15: the walk through the interface: adding, replacing, clearing, batches of nothing,
/// duplicates; in the end nothing is left.
pub fn a15_list_walk<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let numbers = b.register(&NUMBERS).unwrap();
    let mut scope = b.key(&1).unwrap();
    let mut one = scope.list(numbers);
    one.add(17).unwrap();
    one.add(11).unwrap();
    assert_eq!(one.get().unwrap(), [17, 11]);
    one.set([]).unwrap();
    assert!(one.is_empty().unwrap());
    one.add_all([]).unwrap();
    assert!(one.is_empty().unwrap());
    one.set([10, 16]).unwrap();
    one.add_all([]).unwrap();
    assert_eq!(one.get().unwrap(), [10, 16]);
    assert!(list(&mut b, &3, numbers).is_empty());
    let mut scope = b.key(&1).unwrap();
    let mut one = scope.list(numbers);
    one.add_all([16, 10]).unwrap();
    one.add(16).unwrap();
    assert!(!one.is_empty().unwrap());
    assert_eq!(one.get().unwrap(), [10, 16, 16, 10, 16]);
    let mut scope = b.key(&2).unwrap();
    scope.list(numbers).add(5).unwrap();
    let mut scope = b.key(&1).unwrap();
    scope.list(numbers).clear().unwrap();
    assert!(list(&mut b, &1, numbers).is_empty());
    assert_eq!(list(&mut b, &2, numbers), [5]);
    assert_eq!(b.entries(numbers).unwrap(), 1);
    let mut scope = b.key(&2).unwrap();
    scope.list(numbers).clear().unwrap();
    assert_eq!(b.entries(numbers).unwrap(), 0);
}

/// A16: merging appends to the target what the sources hold, in the order given, and removes them;
/// whatever of them is empty.
pub fn a16_list_merge_namespaces<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let windowed = b.register(&WINDOWED).unwrap();
    // What stands in the namespaces 1 (the target), 3 and 2 (the sources), by key.
    let shapes: [(i32, [&[u64]; 3]); 5] = [
        (1, [&[11, 55], &[33], &[22, 44]]),
        (2, [&[11], &[33, 22, 44, 55], &[]]),
        (3, [&[], &[], &[]]),
        (4, [&[11, 22, 33, 44, 55], &[], &[]]),
        (5, [&[], &[], &[11, 22, 33, 44, 55]]),
    ];
    for (key, lists) in shapes {
        for (window, items) in [1, 3, 2].into_iter().zip(lists) {
            let mut scope = b.key(&key).unwrap();
            let items = items.iter().copied();
            scope.list_in(windowed, &window).add_all(items).unwrap();
        }
    }
    for (key, lists) in shapes {
        let mut scope = b.key(&key).unwrap();
        scope
            .list_in(windowed, &1)
            .merge_namespaces(&[3, 2])
            .unwrap();
        assert_eq!(list_in(&mut b, &key, windowed, &1), lists.concat());
        for source in [3, 2] {
            assert!(list_in(&mut b, &key, windowed, &source).is_empty());
        }
    }
    let targets = b.keys_and_namespaces(windowed).unwrap();
    assert_eq!(sorted(targets), [(1, 1), (2, 1), (4, 1), (5, 1)]);
    for key in 1..=5 {
        let mut scope = b.key(&key).unwrap();
        scope.list_in(windowed, &1).clear().unwrap();
    }
    assert_eq!(b.entries(windowed).unwrap(), 0);
}

/// The target among the sources, or a source named twice, counts once; no sources change nothing.
pub fn list_merge_of_doubled_sources<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let windowed = b.register(&WINDOWED).unwrap();
    let mut scope = b.key(&1).unwrap();
    scope.list_in(windowed, &1).add(1).unwrap();
    scope.list_in(windowed, &2).add(2).unwrap();
    let mut target = scope.list_in(windowed, &1);
    target.merge_namespaces(&[]).unwrap();
    assert_eq!(target.get().unwrap(), [1]);
    target.merge_namespaces(&[2, 1, 2]).unwrap();
    assert_eq!(target.get().unwrap(), [1, 2]);
    assert!(scope.list_in(windowed, &2).is_empty().unwrap());
}

/// A17: changing what was read does not change the state.
pub fn a17_list_copies_are_the_readers_own<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let numbers = b.register(&NUMBERS).unwrap();
    let mut scope = b.key(&1).unwrap();
    let mut state = scope.list(numbers);
    state.set([1, 2]).unwrap();
    let mut mine = state.get().unwrap();
    mine.push(3);
    assert_eq!(state.get().unwrap(), [1, 2]);
}

/// A18: an absent list is an empty one, before the first element and after clearing.
pub fn a18_absent_list_is_empty<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let numbers = b.register(&NUMBERS).unwrap();
    let mut scope = b.key(&1).unwrap();
    let mut state = scope.list(numbers);
    assert!(state.is_empty().unwrap());
    state.clear().unwrap();
    state.add(1).unwrap();
    state.clear().unwrap();
    assert!(state.is_empty().unwrap());
    assert!(state.get().unwrap().is_empty());
}

/// A list that was replaced by nothing leaves nothing behind: not in listings, not in snapshots.
pub fn empty_list_leaves_no_residue<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let numbers = b.register(&NUMBERS).unwrap();
    let mut scope = b.key(&1).unwrap();
    scope.list(numbers).set([1]).unwrap();
    scope.list(numbers).set([]).unwrap();
    let mut scope = b.key(&2).unwrap();
    scope.list(numbers).set([]).unwrap();
    scope.list(numbers).add_all([]).unwrap();
    assert_eq!(b.entries(numbers).unwrap(), 0);
    assert!(b.keys(numbers, &()).unwrap().is_empty());
    assert!(fold(&snapshot(h, &mut b, 1)).is_empty());
}

/// A scan stops where it is told to.
pub fn list_scan_breaks<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let numbers = b.register(&NUMBERS).unwrap();
    let mut scope = b.key(&1).unwrap();
    scope.list(numbers).set(0..1000).unwrap();
    let mut seen = Vec::new();
    let scanned = scope.scan_list(numbers, |item| {
        seen.push(*item);
        if seen.len() == 3 {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    scanned.unwrap();
    assert_eq!(seen, [0, 1, 2]);
}

/// A million elements under one key: appended around freezes, every snapshot has its own prefix.
pub fn list_of_a_million<H: Harness>(h: &H) {
    const MANY: u64 = 1_000_000;
    let mut b = fresh::<H, i32>(h);
    let numbers = b.register(&NUMBERS).unwrap();
    let mut scope = b.key(&1).unwrap();
    let mut state = scope.list(numbers);
    for number in 0..MANY {
        state.add(number).unwrap();
    }
    let job = freeze(&mut b, 1);
    let mut scope = b.key(&1).unwrap();
    scope.list(numbers).add(MANY).unwrap();
    let all = list(&mut b, &1, numbers);
    assert!(all.into_iter().eq(0..=MANY));
    let layers = Layers(vec![record(h, job)]);
    let mut b = restored::<H, i32>(h, &layers);
    let numbers = b.register(&NUMBERS).unwrap();
    let mut next = 0;
    let scope = b.key(&1).unwrap();
    let scanned = scope.scan_list(numbers, |item| {
        assert_eq!(*item, next);
        next += 1;
        ControlFlow::Continue(())
    });
    scanned.unwrap();
    assert_eq!(next, MANY);
}
