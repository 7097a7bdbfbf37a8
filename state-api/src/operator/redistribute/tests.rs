//! The goldens were taken from Flink 2.3: each old subtask h holds the split elements h·10 + 0..4.

use super::*;
use crate::schema::Schema;

fn meta(name: &str, kind: OperatorStateKind) -> OperatorStateMeta {
    let key = (kind == OperatorStateKind::Broadcast).then_some(Schema::U8);
    OperatorStateMeta {
        name: name.to_owned(),
        kind,
        key,
        value: Schema::U8,
    }
}

fn image(meta: &OperatorStateMeta, values: impl IntoIterator<Item = u8>) -> OperatorStateImage {
    let items = values.into_iter().map(|value| OperatorItem {
        key: vec![],
        value: vec![value],
    });
    OperatorStateImage {
        meta: meta.clone(),
        items: items.collect(),
    }
}

fn dealt(old: &[Vec<OperatorStateImage>], name: &str, parallelism: usize) -> Vec<Vec<u8>> {
    (0..parallelism)
        .map(|index| {
            let new = assign_operator_state(old, index, parallelism).unwrap();
            let image = new.iter().find(|image| image.meta.name == name).unwrap();
            image.items.iter().map(|item| item.value[0]).collect()
        })
        .collect()
}

fn old(parallelism: u8) -> Vec<Vec<OperatorStateImage>> {
    let split = meta("split", OperatorStateKind::SplitList);
    let union = meta("union", OperatorStateKind::UnionList);
    let broadcast = meta("broadcast", OperatorStateKind::Broadcast);
    (0..parallelism)
        .map(|h| {
            vec![
                image(&split, (0..5).map(|i| h * 10 + i)),
                image(&union, [h * 10, h * 10 + 1]),
                image(&broadcast, [h]),
            ]
        })
        .collect()
}

#[test]
fn split_two_to_three() {
    assert_eq!(
        dealt(&old(2), "split", 3),
        [vec![0, 1, 2, 3], vec![4, 10, 11], vec![12, 13, 14]]
    );
    assert_eq!(dealt(&old(2), "broadcast", 3), [[0], [1], [0]]);
    assert_eq!(dealt(&old(2), "union", 3), vec![vec![0, 1, 10, 11]; 3]);
}

#[test]
fn split_three_to_two() {
    assert_eq!(
        dealt(&old(3), "split", 2),
        [
            vec![0, 1, 2, 3, 4, 10, 11, 12],
            vec![13, 14, 20, 21, 22, 23, 24]
        ]
    );
}

#[test]
fn split_two_to_four() {
    assert_eq!(
        dealt(&old(2), "split", 4),
        [vec![0, 1, 2], vec![3, 4, 10], vec![11, 12], vec![13, 14]]
    );
}

#[test]
fn split_one_to_three_and_back() {
    assert_eq!(
        dealt(&old(1), "split", 3),
        [vec![0, 1], vec![2, 3], vec![4]]
    );
    assert_eq!(dealt(&old(3), "split", 1)[0].len(), 15);
}

#[test]
fn same_parallelism_leaves_splits_and_expands_unions() {
    assert_eq!(
        dealt(&old(2), "split", 2),
        [vec![0, 1, 2, 3, 4], vec![10, 11, 12, 13, 14]]
    );
    assert_eq!(dealt(&old(2), "union", 2), vec![vec![0, 1, 10, 11]; 2]);
    assert_eq!(dealt(&old(2), "broadcast", 2), [[0], [1]]);
}

/// Where all lists are equally long, dealing them out anew would change nothing.
#[test]
fn c18_same_parallelism_leaves_lists_of_unequal_lengths() {
    let lengths = [7, 0, 1];
    let meta = meta("split", OperatorStateKind::SplitList);
    let own = |h: usize| (0..lengths[h]).map(move |i| h as u8 * 10 + i);
    let old: Vec<_> = (0..3).map(|h| vec![image(&meta, own(h))]).collect();
    let found = dealt(&old, "split", 3);
    for (h, found) in found.into_iter().enumerate() {
        assert!(found.into_iter().eq(own(h)), "subtask {h}");
    }
}

#[test]
fn state_of_some_subtasks_reaches_all_that_should_have_it() {
    let mut old = old(3);
    old[0].clear();
    old[2].clear();
    assert_eq!(dealt(&old, "union", 2), vec![vec![10, 11]; 2]);
    assert_eq!(dealt(&old, "broadcast", 4), [[1], [1], [1], [1]]);
}

#[test]
fn subtasks_that_disagree_are_refused() {
    let split = meta("s", OperatorStateKind::SplitList);
    let union = meta("s", OperatorStateKind::UnionList);
    let error = assign_operator_state(&[vec![image(&split, [1])], vec![image(&union, [2])]], 0, 1)
        .unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::Incompatible);
}

#[test]
fn list_and_broadcast_may_share_a_name() {
    let list = meta("s", OperatorStateKind::SplitList);
    let map = meta("s", OperatorStateKind::Broadcast);
    let new = assign_operator_state(&[vec![image(&list, [1]), image(&map, [2])]], 0, 1).unwrap();
    assert_eq!(new.len(), 2);
}
