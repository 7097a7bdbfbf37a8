//! Reducing and aggregating state.

use crate::conformance::harness::Harness;
use crate::conformance::support::{
    Concat, Mean, Sum, Words, aggregated_in, fresh, reduced_in, restored, snapshot, sorted,
};
use alluvium_state_api::{
    AggregatingDescriptor, Aggregator, KeyedBackendExt, Reducer, ReducingDescriptor,
};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

const SUM: ReducingDescriptor<Sum> = ReducingDescriptor::new("sum");
const CONCAT: ReducingDescriptor<Concat> = ReducingDescriptor::new("concat");
const WINDOW_SUM: ReducingDescriptor<Sum, u8> = ReducingDescriptor::new("window sum");
const WINDOW_CONCAT: ReducingDescriptor<Concat, u8> = ReducingDescriptor::new("window concat");
const MEAN: AggregatingDescriptor<Mean> = AggregatingDescriptor::new("mean");
const WORDS: AggregatingDescriptor<Words> = AggregatingDescriptor::new("words");

/// Ways in which 11 to 55 can be spread over the target namespace 1 and the sources 2 and 3: with
/// the target there or not, and all, some or none of the sources.
const SHAPES: [(i32, [&[u64]; 3]); 8] = [
    (1, [&[11, 55], &[22, 44], &[33]]),
    (2, [&[11], &[22, 33, 44, 55], &[]]),
    (3, [&[], &[], &[]]),
    (4, [&[11, 22, 33, 44, 55], &[], &[]]),
    (5, [&[], &[11, 22, 33, 44, 55], &[]]),
    (6, [&[], &[11, 22], &[33, 44, 55]]),
    (7, [&[11, 22], &[], &[33, 44, 55]]),
    (8, [&[], &[], &[11, 22, 33, 44, 55]]),
];

/// What is left in the end: the target, wherever there was anything.
const LEFT: [(i32, u8); 7] = [(1, 1), (2, 1), (4, 1), (5, 1), (6, 1), (7, 1), (8, 1)];

/// A19: values are folded in order, and snapshots keep what was folded when they were taken.
pub fn a19_reducing_basics<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let concat = b.register(&CONCAT).unwrap();
    let mut scope = b.key(&1).unwrap();
    scope.reducing(concat).add("1".to_owned()).unwrap();
    let first = snapshot(h, &mut b, 1);
    let mut scope = b.key(&1).unwrap();
    scope.reducing(concat).add("u1".to_owned()).unwrap();
    let second = snapshot(h, &mut b, 2);
    for (stored, expected) in [(first, "1"), (second, "1,u1")] {
        let mut b = restored::<H, i32>(h, &stored);
        let concat = b.register(&CONCAT).unwrap();
        let found = reduced_in(&mut b, &1, concat, &());
        assert_eq!(found.as_deref(), Some(expected));
    }
}

/// A20, A22: the first value is stored as it is, without a call of the function; keys are
/// independent; what was cleared is absent and starts anew; nothing is left in the end.
pub fn a20_reducing_walk<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let (sum, concat) = (b.register(&SUM).unwrap(), b.register(&CONCAT).unwrap());
    for key in [1, 2] {
        assert_eq!(reduced_in(&mut b, &key, sum, &()), None);
        let mut scope = b.key(&key).unwrap();
        for value in [11, 22] {
            scope.reducing(sum).add(key as u64 * value).unwrap();
        }
    }
    assert_eq!(reduced_in(&mut b, &1, sum, &()), Some(33));
    assert_eq!(reduced_in(&mut b, &2, sum, &()), Some(66));
    let mut scope = b.key(&1).unwrap();
    scope.reducing(concat).add("first".to_owned()).unwrap();
    let first = scope
        .reducing(concat)
        .get()
        .unwrap()
        .map(|text| text.clone());
    assert_eq!(first.as_deref(), Some("first"));
    scope.reducing(concat).clear().unwrap();
    scope.reducing(sum).clear().unwrap();
    assert!(scope.reducing(sum).get().unwrap().is_none());
    scope.reducing(sum).add(4).unwrap();
    assert_eq!(reduced_in(&mut b, &1, sum, &()), Some(4));
    for key in [1, 2] {
        b.key(&key).unwrap().reducing(sum).clear().unwrap();
    }
    assert_eq!(b.entries(sum).unwrap() + b.entries(concat).unwrap(), 0);
}

/// A21: merging folds all into the target and removes the sources, however values are spread.
pub fn a21_reducing_merge_namespaces<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let sum = b.register(&WINDOW_SUM).unwrap();
    for (key, windows) in SHAPES {
        let mut scope = b.key(&key).unwrap();
        for (window, values) in (1..).zip(windows) {
            for value in values {
                scope.reducing_in(sum, &window).add(*value).unwrap();
            }
        }
        scope
            .reducing_in(sum, &1)
            .merge_namespaces(&[2, 3])
            .unwrap();
    }
    for (key, _) in SHAPES {
        let expected = (key != 3).then_some(165);
        assert_eq!(reduced_in(&mut b, &key, sum, &1), expected, "key {key}");
    }
    assert_eq!(sorted(b.keys_and_namespaces(sum).unwrap()), LEFT);
    assert_eq!(b.entries(sum).unwrap(), LEFT.len() as u64);
}

/// A21, A27: however values are spread, what each namespace was folded to is merged once, the
/// target first, then the sources in their order.
pub fn a21_reducing_merges_each_once<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let concat = b.register(&WINDOW_CONCAT).unwrap();
    for (key, windows) in SHAPES {
        let mut scope = b.key(&key).unwrap();
        for (window, values) in (1..).zip(windows) {
            for value in values {
                let mut state = scope.reducing_in(concat, &window);
                state.add(value.to_string()).unwrap();
            }
        }
        let mut state = scope.reducing_in(concat, &1);
        state.merge_namespaces(&[2, 3]).unwrap();
    }
    for (key, windows) in SHAPES {
        let values: Vec<_> = windows.concat().iter().map(u64::to_string).collect();
        let expected = (key != 3).then(|| values.join(","));
        assert_eq!(reduced_in(&mut b, &key, concat, &1), expected, "key {key}");
    }
    assert_eq!(sorted(b.keys_and_namespaces(concat).unwrap()), LEFT);
}

/// A23: merging is a left fold: the target first, then the sources in the order given.
pub fn a23_reducing_merge_order<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let concat = b.register(&WINDOW_CONCAT).unwrap();
    for (key, target) in [(1, true), (2, false)] {
        let mut scope = b.key(&key).unwrap();
        for window in [1, 2, 3, 4] {
            if window != 1 || target {
                let text = format!("w{window}");
                scope.reducing_in(concat, &window).add(text).unwrap();
            }
        }
        let mut state = scope.reducing_in(concat, &1);
        state.merge_namespaces(&[4, 2, 4, 1, 3]).unwrap();
    }
    let merged = reduced_in(&mut b, &1, concat, &1);
    assert_eq!(merged.as_deref(), Some("w1,w4,w2,w3"));
    let merged = reduced_in(&mut b, &2, concat, &1);
    assert_eq!(merged.as_deref(), Some("w4,w2,w3"));
    assert_eq!(b.entries(concat).unwrap(), 2);
}

/// A24: the result of a fresh accumulator is never shown: absent is absent.
pub fn a24_aggregating_walk<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let mean = b.register(&MEAN).unwrap();
    assert_eq!(aggregated_in(&mut b, &1, mean, &()), None);
    let mut scope = b.key(&1).unwrap();
    let mut state = scope.aggregating(mean);
    for value in [10, 20, 60] {
        state.add(value).unwrap();
    }
    assert_eq!(state.get().unwrap(), Some(30));
    assert_eq!(aggregated_in(&mut b, &2, mean, &()), None);
    let stored = snapshot(h, &mut b, 1);
    let mut scope = b.key(&1).unwrap();
    scope.aggregating(mean).clear().unwrap();
    assert_eq!(scope.aggregating(mean).get().unwrap(), None);
    assert_eq!(b.entries(mean).unwrap(), 0);
    let mut b = restored::<H, i32>(h, &stored);
    let mean = b.register(&MEAN).unwrap();
    b.key(&1).unwrap().aggregating(mean).add(30).unwrap();
    assert_eq!(aggregated_in(&mut b, &1, mean, &()), Some(30));
}

/// A25: the same with an accumulator that is replaced and whose fresh form is not empty: the
/// accumulator is stored, not the result, and made once.
pub fn a25_aggregating_stores_the_accumulator<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let words = b.register(&WORDS).unwrap();
    assert_eq!(aggregated_in(&mut b, &1, words, &()), None);
    b.key(&1).unwrap().aggregating(words).add("a").unwrap();
    let stored = snapshot(h, &mut b, 1);
    let mut b = restored::<H, i32>(h, &stored);
    let words = b.register(&WORDS).unwrap();
    b.key(&1).unwrap().aggregating(words).add("b").unwrap();
    let found = aggregated_in(&mut b, &1, words, &());
    assert_eq!(found.as_deref(), Some("[>ab]"));
    b.key(&1).unwrap().aggregating(words).clear().unwrap();
    assert_eq!(aggregated_in(&mut b, &1, words, &()), None);
    assert_eq!(b.entries(words).unwrap(), 0);
}

/// A26: merging adds up accumulators that are changed in place, however inputs are spread.
pub fn a26_aggregating_merge_namespaces<H: Harness>(h: &H) {
    let descriptor = AggregatingDescriptor::<Mean, u8>::new("window mean");
    let mut b = fresh::<H, i32>(h);
    let mean = b.register(&descriptor).unwrap();
    for (key, windows) in SHAPES {
        let mut scope = b.key(&key).unwrap();
        for (window, values) in (1..).zip(windows) {
            for value in values {
                scope
                    .aggregating_in(mean, &window)
                    .add(*value as i64)
                    .unwrap();
            }
        }
        let mut state = scope.aggregating_in(mean, &1);
        state.merge_namespaces(&[2, 3]).unwrap();
        let expected = (key != 3).then_some(165 / 5);
        assert_eq!(state.get().unwrap(), expected, "key {key}");
    }
    assert_eq!(sorted(b.keys_and_namespaces(mean).unwrap()), LEFT);
}

/// A27: the same with accumulators that are replaced. A fresh one is not empty, so that the result
/// tells how many there were: each namespace's is merged once, and none is made for one that is
/// absent.
pub fn a27_aggregating_merge_namespaces<H: Harness>(h: &H) {
    const WORD: [&str; 5] = ["a", "b", "c", "d", "e"];
    let word = |value: u64| WORD[value as usize / 11 - 1];
    let descriptor = AggregatingDescriptor::<Words, u8>::new("window words");
    let mut b = fresh::<H, i32>(h);
    let words = b.register(&descriptor).unwrap();
    for (key, windows) in SHAPES {
        let mut scope = b.key(&key).unwrap();
        let mut expected = String::new();
        for (window, values) in (1..).zip(windows) {
            if !values.is_empty() {
                expected.push('>');
            }
            for value in values {
                let mut state = scope.aggregating_in(words, &window);
                state.add(word(*value)).unwrap();
                expected.push_str(word(*value));
            }
        }
        let mut state = scope.aggregating_in(words, &1);
        state.merge_namespaces(&[2, 3]).unwrap();
        let expected = (key != 3).then(|| format!("[{expected}]"));
        assert_eq!(state.get().unwrap(), expected, "key {key}");
    }
    let stored = snapshot(h, &mut b, 1);
    assert_eq!(sorted(b.keys_and_namespaces(words).unwrap()), LEFT);
    let mut b = restored::<H, i32>(h, &stored);
    let words = b.register(&descriptor).unwrap();
    let merged = aggregated_in(&mut b, &6, words, &1);
    assert_eq!(merged.as_deref(), Some("[>ab>cde]"));
}

/// A27: the order of merging is that given; a source that is absent changes nothing.
pub fn a27_aggregating_merge_order<H: Harness>(h: &H) {
    let descriptor = AggregatingDescriptor::<Words, u8>::new("window words");
    let mut b = fresh::<H, i32>(h);
    let words = b.register(&descriptor).unwrap();
    let mut scope = b.key(&1).unwrap();
    for (window, word) in [(1, "t"), (2, "a"), (3, "b")] {
        scope.aggregating_in(words, &window).add(word).unwrap();
    }
    let mut state = scope.aggregating_in(words, &1);
    state.merge_namespaces(&[3, 2]).unwrap();
    assert_eq!(state.get().unwrap().as_deref(), Some("[>t>b>a]"));
    state.merge_namespaces(&[7]).unwrap();
    assert_eq!(state.get().unwrap().as_deref(), Some("[>t>b>a]"));
    assert_eq!(b.entries(words).unwrap(), 1);
}

/// A sum that does not take 13.
struct Superstitious;

impl Reducer for Superstitious {
    type Value = u64;

    fn reduce(accumulated: &mut u64, value: u64) {
        if value == 13 {
            resume_unwind(Box::new("13"));
        }
        *accumulated += value;
    }
}

impl Aggregator for Superstitious {
    type In = u64;
    type Acc = u64;
    type Out = u64;

    fn create() -> u64 {
        0
    }

    fn add(acc: &mut u64, value: u64) {
        Self::reduce(acc, value);
    }

    fn result(acc: &u64) -> u64 {
        *acc
    }

    fn merge(acc: &mut u64, other: u64) {
        Self::reduce(acc, other);
    }
}

/// A function that panics leaves the entry present, and the backend usable.
pub fn panicking_function_leaves_the_entry<H: Harness>(h: &H) {
    let reducing = ReducingDescriptor::<Superstitious>::new("reducing");
    let aggregating = AggregatingDescriptor::<Superstitious>::new("aggregating");
    let mut b = fresh::<H, i32>(h);
    let reducing = b.register(&reducing).unwrap();
    let aggregating = b.register(&aggregating).unwrap();
    let mut scope = b.key(&1).unwrap();
    scope.reducing(reducing).add(1).unwrap();
    scope.aggregating(aggregating).add(1).unwrap();
    for _ in 0..2 {
        let mut bad = || scope.reducing(reducing).add(13);
        assert!(catch_unwind(AssertUnwindSafe(&mut bad)).is_err());
        let mut bad = || scope.aggregating(aggregating).add(13);
        assert!(catch_unwind(AssertUnwindSafe(&mut bad)).is_err());
        scope.reducing(reducing).add(1).unwrap();
        scope.aggregating(aggregating).add(1).unwrap();
    }
    assert_eq!(reduced_in(&mut b, &1, reducing, &()), Some(3));
    assert_eq!(aggregated_in(&mut b, &1, aggregating, &()), Some(3));
    let stored = snapshot(h, &mut b, 1);
    let mut b = restored::<H, i32>(h, &stored);
    let reducing = b
        .register(&ReducingDescriptor::<Superstitious>::new("reducing"))
        .unwrap();
    assert_eq!(reduced_in(&mut b, &1, reducing, &()), Some(3));
}

/// A function that panics while namespaces are merged has changed nothing.
pub fn panicking_merge_changes_nothing<H: Harness>(h: &H) {
    let descriptor = ReducingDescriptor::<Superstitious, u8>::new("sum");
    let mut b = fresh::<H, i32>(h);
    let sum = b.register(&descriptor).unwrap();
    let mut scope = b.key(&1).unwrap();
    for (window, value) in [(1, 1), (2, 2), (3, 13)] {
        scope.reducing_in(sum, &window).add(value).unwrap();
    }
    let mut merge = || scope.reducing_in(sum, &1).merge_namespaces(&[2, 3]);
    assert!(catch_unwind(AssertUnwindSafe(&mut merge)).is_err());
    for (window, value) in [(1, 1), (2, 2), (3, 13)] {
        assert_eq!(reduced_in(&mut b, &1, sum, &window), Some(value));
    }
}
