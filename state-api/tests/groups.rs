//! Key groups: Flink's figures, bounds, and the agreement of ranges with owners.

#![forbid(unsafe_code)]
#![expect(clippy::expect_used, reason = "helpers of tests")]

use alluvium_state_api::{ErrorKind, KeyGroup, KeyGroupRange, MaxParallelism};
use proptest::prelude::*;

fn max(groups: u32) -> MaxParallelism {
    MaxParallelism::new(groups).expect("within bounds")
}

fn ranges(groups: u32, parallelism: u32) -> Vec<String> {
    (0..parallelism)
        .map(|index| {
            let range = max(groups).range_of(index, parallelism);
            range.expect("a subtask of the operator").to_string()
        })
        .collect()
}

#[test]
fn ranges_are_flinks() {
    assert_eq!(ranges(10, 3), ["[0, 3]", "[4, 6]", "[7, 9]"]);
    assert_eq!(ranges(128, 3), ["[0, 42]", "[43, 85]", "[86, 127]"]);
    assert_eq!(
        ranges(128, 7),
        [
            "[0, 18]",
            "[19, 36]",
            "[37, 54]",
            "[55, 73]",
            "[74, 91]",
            "[92, 109]",
            "[110, 127]"
        ]
    );
    assert_eq!(ranges(10, 4), ["[0, 2]", "[3, 4]", "[5, 7]", "[8, 9]"]);
    assert_eq!(ranges(7, 2), ["[0, 3]", "[4, 6]"]);
}

#[test]
fn default_max_parallelism_is_flinks() {
    for (parallelism, groups) in [
        (1, 128),
        (85, 128),
        (86, 256),
        (170, 256),
        (171, 256),
        (1000, 2048),
        (21_846, 32_768),
        (32_768, 32_768),
    ] {
        let chosen = MaxParallelism::default_for(parallelism).unwrap();
        assert_eq!(chosen.get(), groups, "{parallelism}");
    }
}

#[test]
fn bounds_are_kept() {
    let misuse = |error: alluvium_state_api::StateError| {
        assert_eq!(error.kind(), ErrorKind::Misuse);
        error.to_string()
    };
    for groups in [0, 32_769, 65_536, u32::MAX] {
        let error = misuse(MaxParallelism::new(groups).unwrap_err());
        assert!(error.contains(&groups.to_string()), "{error}");
    }
    assert_eq!(max(32_768).all_groups().len(), 32_768);
    for parallelism in [0, 32_769, u32::MAX] {
        misuse(MaxParallelism::default_for(parallelism).unwrap_err());
    }
    misuse(max(10).range_of(0, 11).unwrap_err());
    misuse(max(10).range_of(0, 0).unwrap_err());
    misuse(max(10).range_of(3, 3).unwrap_err());
    misuse(max(10).range_of(u32::MAX, 3).unwrap_err());
    misuse(max(10).subtask_of(KeyGroup(10), 3).unwrap_err());
    misuse(max(10).subtask_of(KeyGroup(0), 11).unwrap_err());
    for (first, last) in [(-1, 3), (-1, -2), (0, 32_768), (i32::MAX, i32::MAX)] {
        misuse(KeyGroupRange::new(first, last).unwrap_err());
    }
}

#[test]
fn inverted_and_disjoint_ranges_are_empty() {
    let range = |first, last| KeyGroupRange::new(first, last).unwrap();
    assert_eq!(range(5, 4), KeyGroupRange::EMPTY);
    assert_eq!(range(5, -1), KeyGroupRange::EMPTY);
    assert_eq!(range(0, 3).intersection(range(4, 9)), KeyGroupRange::EMPTY);
    assert_eq!(range(0, 5).intersection(range(4, 9)), range(4, 5));
    assert_eq!(
        range(0, 5).intersection(KeyGroupRange::EMPTY),
        KeyGroupRange::EMPTY
    );
    assert!(KeyGroupRange::EMPTY.iter().next().is_none());
}

#[test]
fn stored_keys_begin_with_one_or_two_bytes_of_group() {
    for (groups, width) in [(1, 1), (10, 1), (128, 1), (129, 2), (32_768, 2)] {
        assert_eq!(max(groups).prefix_width(), width, "{groups}");
    }
}

/// Checks every subtask of one pair: the ranges follow one another, cover all groups, and each
/// group's owner is the subtask whose range it is in.
fn check(groups: u32, parallelism: u32) {
    let max = max(groups);
    let mut next = 0;
    for index in 0..parallelism {
        let range = max.range_of(index, parallelism).expect("within bounds");
        assert_eq!(
            range.first(),
            Some(KeyGroup(next)),
            "{index} of {parallelism}, {groups}"
        );
        for group in range {
            let owner = max.subtask_of(group, parallelism).expect("within bounds");
            assert_eq!(owner, index, "group {group} of {groups} at {parallelism}");
        }
        next += range.len() as u16;
    }
    assert_eq!(u32::from(next), groups);
}

#[test]
fn small_and_extreme_pairs_agree() {
    for groups in 1..=64 {
        for parallelism in 1..=groups {
            check(groups, parallelism);
        }
    }
    for groups in [32_767, 32_768] {
        for parallelism in [1, 2, 3, 181, 32_766, 32_767, groups] {
            check(groups, parallelism);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn ranges_and_owners_agree(
        (groups, parallelism) in (1u32..=32_768).prop_flat_map(|max| (Just(max), 1..=max)),
    ) {
        check(groups, parallelism);
    }

    #[test]
    fn every_hash_has_a_group(groups in 1u32..=32_768, hash: i32) {
        let group = max(groups).group_of(hash);
        prop_assert!(max(groups).all_groups().contains(group));
        let spread = alluvium_state_api::murmur_int(hash);
        prop_assert_eq!(u32::from(group.0), spread % groups);
    }

    #[test]
    fn parts_of_a_range_cover_it(first in 0i32..32_768, length in 0i32..1000, parts in 0usize..40) {
        let range = KeyGroupRange::new(first, (first + length - 1).min(32_767)).unwrap();
        let cut = range.split(parts);
        prop_assert!(cut.len() <= parts.max(1));
        prop_assert!(cut.iter().all(|part| !part.is_empty()));
        let groups: Vec<_> = cut.iter().flat_map(|part| part.iter()).collect();
        prop_assert_eq!(groups, range.iter().collect::<Vec<_>>());
        let lengths = cut.iter().map(|part| part.len());
        prop_assert!(lengths.clone().max().unwrap_or(0) - lengths.min().unwrap_or(0) <= 1);
    }
}
