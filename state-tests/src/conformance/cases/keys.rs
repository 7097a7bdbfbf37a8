//! Keys of every type, and the groups that they land in.

use crate::conformance::harness::{Harness, open};
use crate::conformance::support::{
    fresh, fresh_subtask, group_of, keys_in, refused, restored, set, snapshot, sorted, ten, value,
};
use alluvium_state_api::{
    ErrorKind, KeyGroup, KeyGroupRange, KeyedBackend, KeyedBackendExt, MaxParallelism, OpenRequest,
    OrderedKey, TotalF64, ValueDescriptor,
};
use std::fmt::Debug;

const NUMBER: ValueDescriptor<u64> = ValueDescriptor::new("number");

fn kept<H: Harness, K: OrderedKey + Debug>(h: &H, keys: &[K]) {
    let mut b = fresh::<H, K>(h);
    let number = b.register(&NUMBER).unwrap();
    for (index, key) in (0..).zip(keys) {
        assert_eq!(value(&mut b, key, number), None, "{key:?}");
        set(&mut b, key, number, index);
    }
    let stored = snapshot(h, &mut b, 1);
    let mut b = restored::<H, K>(h, &stored);
    let number = b.register(&NUMBER).unwrap();
    for (index, key) in (0..).zip(keys) {
        assert_eq!(value(&mut b, key, number), Some(index), "{key:?}");
    }
    let listed = sorted(b.keys(number, &()).unwrap());
    assert_eq!(listed, sorted(keys.to_vec()));
}

/// Keys without and of fixed and variable width are told apart, listed and restored.
pub fn keys_of_every_width<H: Harness>(h: &H) {
    kept(h, &[()]);
    kept(h, &[0i64, -1, 1, i64::MIN, i64::MAX, 1 << 32, -(1 << 32)]);
    kept(
        h,
        &["", "a", "ab", "b", "a\0", "ä", "\u{10000}"].map(str::to_owned),
    );
    let pairs = [(1u32, "a"), (1, ""), (0, "z"), (u32::MAX, "a")];
    kept(h, &pairs.map(|(number, text)| (number, text.to_owned())));
}

fn lands<H: Harness, K: OrderedKey + Debug>(h: &H, goldens: &[(K, u16)]) {
    let max = MaxParallelism::new(128).unwrap();
    let mut b = fresh_subtask::<H, K>(h, 0, 1, max);
    for (key, group) in goldens {
        let found = b.key(key).unwrap().group();
        assert_eq!(found, KeyGroup(*group), "{key:?}");
    }
}

/// E01: keys land in the groups where Flink puts them.
pub fn e01_groups_of_keys<H: Harness>(h: &H) {
    let numbers = [
        (0, 94),
        (1, 86),
        (2, 127),
        (3, 113),
        (42, 29),
        (-1, 80),
        (100, 64),
        (127, 27),
        (128, 41),
        (i32::MAX, 62),
        (i32::MIN, 108),
    ];
    lands(h, &numbers);
    let texts = [("a", 81), ("b", 22), ("hello", 35), ("", 94)];
    lands(h, &texts.map(|(text, group)| (text.to_owned(), group)));
    let max = MaxParallelism::new(128).unwrap();
    let others = [
        (group_of(max, &1i64), 86),
        (group_of(max, &1u64), 86),
        (group_of(max, &1_234_567_890_123i64), 92),
        (group_of(max, &TotalF64(1.5)), 65),
        (group_of(max, &true), 77),
        (group_of(max, &'c'), 62),
    ];
    for (found, golden) in others {
        assert_eq!(found, KeyGroup(golden));
    }
}

/// First and last group by subtask.
type Ranges = [(u16, u16)];

fn range<H: Harness>(h: &H, subtask: u32, parallelism: u32, max: u32) -> (u16, u16) {
    let max = MaxParallelism::new(max).unwrap();
    let groups = fresh_subtask::<H, i32>(h, subtask, parallelism, max).key_groups();
    (groups.first().unwrap().0, groups.last().unwrap().0)
}

/// E02: the groups of each subtask are those that Flink deals it.
pub fn e02_ranges_of_subtasks<H: Harness>(h: &H) {
    let goldens: [(u32, u32, &Ranges); 5] = [
        (10, 3, &[(0, 3), (4, 6), (7, 9)]),
        (10, 4, &[(0, 2), (3, 4), (5, 7), (8, 9)]),
        (7, 2, &[(0, 3), (4, 6)]),
        (128, 3, &[(0, 42), (43, 85), (86, 127)]),
        (
            128,
            7,
            &[
                (0, 18),
                (19, 36),
                (37, 54),
                (55, 73),
                (74, 91),
                (92, 109),
                (110, 127),
            ],
        ),
    ];
    for (max, parallelism, ranges) in goldens {
        for (subtask, expected) in (0..).zip(ranges) {
            assert_eq!(range(h, subtask, parallelism, max), *expected);
        }
    }
}

/// E04: a job that names no max parallelism gets the one that Flink computes.
pub fn e04_default_max_parallelism<H: Harness>(h: &H) {
    let goldens = [
        (1, 128),
        (85, 128),
        (86, 256),
        (170, 256),
        (171, 256),
        (172, 512),
        (1000, 2048),
        (21_846, 32_768),
    ];
    for (parallelism, expected) in goldens {
        let b = open::<H, i32>(h, OpenRequest::fresh(0, parallelism)).unwrap();
        assert_eq!(b.max_parallelism().get(), expected, "at {parallelism}");
    }
}

/// E05: max parallelism, parallelism, subtask and group ranges keep within their bounds.
pub fn e05_bounds<H: Harness>(h: &H) {
    for wrong in [0, 32_769] {
        refused(MaxParallelism::new(wrong), ErrorKind::Misuse, &["32768"]);
    }
    for (subtask, parallelism) in [(0, 0), (0, 11), (3, 3), (7, 3)] {
        let request = OpenRequest::fresh(subtask, parallelism).with_max_parallelism(ten());
        refused(open::<H, i32>(h, request), ErrorKind::Misuse, &[]);
    }
    let request = OpenRequest::fresh(0, 32_769);
    refused(open::<H, i32>(h, request), ErrorKind::Misuse, &["32769"]);
    refused(KeyGroupRange::new(-1, 3), ErrorKind::Misuse, &["-1"]);
    assert!(KeyGroupRange::new(5, 4).unwrap().is_empty());
    let (low, high) = (KeyGroupRange::new(0, 3), KeyGroupRange::new(4, 9));
    assert!(low.unwrap().intersection(high.unwrap()).is_empty());
}

/// E06: a key group takes one byte in front of a stored key up to 128 groups, two above; with one
/// group, with 128, with one more, and with the most there can be, state is held and restored.
pub fn e06_least_and_most_groups<H: Harness>(h: &H) {
    let widths = [(1, 1), (128, 1), (129, 2), (256, 2), (257, 2), (32_768, 2)];
    for (groups, width) in widths {
        let max = MaxParallelism::new(groups).unwrap();
        let mut b = fresh_subtask::<H, i32>(h, 0, 1, max);
        assert_eq!(b.max_parallelism().prefix_width(), width, "{groups}");
        let number = b.register(&NUMBER).unwrap();
        for key in 0..300 {
            set(&mut b, &key, number, key as u64);
        }
        let stored = snapshot(h, &mut b, 1);
        let written = stored.header().max_parallelism;
        assert_eq!(written.prefix_width(), width, "{groups}");
        let mut b = restored::<H, i32>(h, &stored);
        assert_eq!(b.max_parallelism(), max);
        let number = b.register(&NUMBER).unwrap();
        for key in 0..300 {
            assert_eq!(value(&mut b, &key, number), Some(key as u64));
        }
    }
}

/// A key of another subtask's group is refused when the scope is made, and nothing has changed.
pub fn key_outside_the_range<H: Harness>(h: &H) {
    let mut b = fresh_subtask::<H, i32>(h, 0, 2, ten());
    let number = b.register(&NUMBER).unwrap();
    let inside = keys_in(ten(), b.key_groups(), 1)[0];
    let outside = keys_in(ten(), ten().range_of(1, 2).unwrap(), 1)[0];
    set(&mut b, &inside, number, 1);
    refused(b.key(&outside), ErrorKind::Misuse, &["[0, 4]"]);
    assert_eq!(b.entries(number).unwrap(), 1);
    assert_eq!(value(&mut b, &inside, number), Some(1));
    assert_eq!(b.keys(number, &()).unwrap(), [inside]);
}
