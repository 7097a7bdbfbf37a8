//! Dealing state out to new subtasks.

use crate::checkpoint::{GROUPS, metadata, operator, operator_of, segment, segment_without_states};
use crate::subtask::list;
use alluvium_checkpoint::{
    KeyedChain, OperatorRestore, OperatorSnapshot, ProgramOperator, StoredSnapshot, SubtaskRestore,
    SubtaskSnapshot, Unclaimed, plan_restore,
};
use alluvium_state_api::{
    ErrorKind, KeyGroupRange, MaxParallelism, OperatorStateKind, RawKeyedState, SnapshotChain,
    SnapshotEvent, StateError,
};

fn program(uid: &str, parallelism: u32) -> ProgramOperator {
    ProgramOperator {
        uid: uid.to_owned(),
        parallelism,
        max_parallelism: None,
    }
}

/// A snapshot without files, which is what all of these are.
fn inside() -> StoredSnapshot {
    metadata(Vec::new()).into()
}

fn restore(old: &OperatorSnapshot, parallelism: u32) -> Vec<SubtaskRestore> {
    let new = program(&old.uid, parallelism);
    let restore = OperatorRestore::from_snapshot(&new, old, &inside()).unwrap();
    (0..parallelism)
        .map(|index| restore.subtask(index).unwrap())
        .collect()
}

fn refused(old: &OperatorSnapshot, new: &ProgramOperator) -> StateError {
    OperatorRestore::from_snapshot(new, old, &inside()).unwrap_err()
}

/// The keys, of one byte each, that the chains hold of `groups`.
fn keys(chains: &mut [SnapshotChain], groups: KeyGroupRange) -> Vec<u16> {
    let mut keys = Vec::new();
    for source in chains.iter_mut().flatten() {
        source
            .read(0, groups, &mut |event| {
                if let SnapshotEvent::Entry(entry) = event {
                    keys.extend(entry.key.iter().copied().map(u16::from));
                }
                Ok(())
            })
            .unwrap();
    }
    keys
}

fn items(restore: &SubtaskRestore, name: &str) -> Vec<Vec<u8>> {
    let mut states = restore.operator_state.iter();
    let state = states.find(|state| state.meta.name == name).unwrap();
    state.items.iter().map(|item| item.value.clone()).collect()
}

#[test]
fn every_key_group_lands_once_where_it_belongs() {
    for (from, to) in (1..=5).flat_map(|from| (1..=5).map(move |to| (from, to))) {
        let old = operator("count", from);
        for (index, mut restore) in restore(&old, to).into_iter().enumerate() {
            let (max, groups) = restore.keyed.resolve().unwrap();
            assert_eq!(max.get(), GROUPS);
            assert_eq!(groups, max.range_of(index as u32, to).unwrap());
            let expected: Vec<_> = groups.iter().map(|group| group.0).collect();
            assert_eq!(
                keys(&mut restore.keyed.restore, groups),
                expected,
                "{from} to {to}"
            );
            let raw: Vec<_> = restore.raw_keyed.iter().map(|(group, _)| group.0).collect();
            assert_eq!(raw, expected, "{from} to {to}");
            for chain in &restore.keyed.restore {
                let held = chain[0].header().groups;
                assert!(!held.intersection(groups).is_empty(), "{from} to {to}");
            }
        }
    }
}

#[test]
fn the_same_parallelism_gives_each_subtask_its_own() {
    let old = operator("count", 3);
    for (index, restore) in restore(&old, 3).into_iter().enumerate() {
        let me = vec![index as u8];
        assert_eq!(restore.keyed.restore.len(), 1);
        assert_eq!(items(&restore, "split"), [me.clone(), b"x".to_vec()]);
        assert_eq!(items(&restore, "union"), [[0], [1], [2]]);
        assert_eq!(items(&restore, "rules"), std::slice::from_ref(&me));
        assert_eq!(restore.raw_operator.partitions, [me.clone(), me]);
        assert!(restore.is_restored && !restore.is_finished);
    }
}

/// F02: also where dealing out anew would even out what the subtasks hold.
#[test]
fn the_same_parallelism_leaves_lists_of_unequal_lengths() {
    let mut old = operator("count", 3);
    for (subtask, more) in old.subtasks.iter_mut().zip([4, 0, 1]) {
        let me = subtask.subtask as u8;
        for index in 0..more {
            let item = subtask.operator_state[0].items[0].clone();
            subtask.operator_state[0].items.push(item);
            subtask.raw_operator.partitions.push(vec![me, index]);
        }
    }
    for (restore, own) in restore(&old, 3).into_iter().zip(&old.subtasks) {
        assert_eq!(restore.operator_state[0], own.operator_state[0]);
        assert_eq!(restore.raw_operator, own.raw_operator);
    }
}

/// K02, K03: with 13 key groups, 13 subtasks become 2 and 2 become 13; state of all four sorts goes
/// where it belongs.
#[test]
fn k02_k03_thirteen_subtasks_and_two() {
    const GROUPS_EACH: [usize; 2] = [7, 6];
    let max = MaxParallelism::new(13).unwrap();
    for (from, to) in [(13, 2), (2, 13)] {
        let old = operator_of("count", from, max);
        let mut split = Vec::new();
        let mut raw_operator = Vec::new();
        for (index, mut restore) in restore(&old, to).into_iter().enumerate() {
            let (resolved, groups) = restore.keyed.resolve().unwrap();
            assert_eq!(resolved, max);
            assert_eq!(groups, max.range_of(index as u32, to).unwrap());
            let count = if to == 2 { GROUPS_EACH[index] } else { 1 };
            let expected: Vec<_> = groups.iter().map(|group| group.0).collect();
            assert_eq!(expected.len(), count);
            assert_eq!(keys(&mut restore.keyed.restore, groups), expected);
            let raw: Vec<_> = restore.raw_keyed.iter().collect();
            let expected: Vec<_> = groups.iter().map(|group| vec![group.0 as u8]).collect();
            assert!(raw.iter().map(|(group, _)| *group).eq(groups.iter()));
            assert!(raw.iter().map(|(_, bytes)| *bytes).eq(expected.iter()));
            // Each old subtask has two elements and two partitions: 26 for 2, or 4 for 13.
            let share = if to == 2 { 13 } else { usize::from(index < 4) };
            assert_eq!(items(&restore, "split").len(), share, "{from} to {to}");
            assert_eq!(restore.raw_operator.partitions.len(), share);
            split.extend(items(&restore, "split"));
            raw_operator.extend(restore.raw_operator.partitions.clone());
            let all: Vec<_> = (0..from as u8).map(|old| [old]).collect();
            assert_eq!(items(&restore, "union"), all);
            assert_eq!(items(&restore, "rules"), [[(index as u32 % from) as u8]]);
        }
        let olds = || 0..from as u8;
        let expected: Vec<_> = olds().flat_map(|old| [vec![old], b"x".to_vec()]).collect();
        assert_eq!(split, expected, "{from} to {to}");
        let expected: Vec<_> = olds().flat_map(|old| [[old], [old]]).collect();
        assert_eq!(raw_operator, expected, "{from} to {to}");
    }
}

#[test]
fn operator_state_is_dealt_out_again() {
    let restores = restore(&operator("source", 2), 3);
    let split: Vec<_> = restores
        .iter()
        .map(|restore| items(restore, "split"))
        .collect();
    assert_eq!(
        split,
        [
            vec![vec![0], b"x".to_vec()],
            vec![vec![1]],
            vec![b"x".to_vec()]
        ]
    );
    let rules: Vec<_> = restores
        .iter()
        .map(|restore| items(restore, "rules"))
        .collect();
    assert_eq!(rules, [[[0]], [[1]], [[0]]]);
    let raw: Vec<_> = restores
        .iter()
        .map(|restore| &restore.raw_operator.partitions)
        .collect();
    assert_eq!(
        raw,
        [&vec![vec![0], vec![0]], &vec![vec![1]], &vec![vec![1]]]
    );
}

#[test]
fn parts_of_one_subtask_are_chains_of_their_own() {
    let mut old = operator("count", 1);
    let again = old.subtasks[0].keyed[0].clone();
    old.subtasks[0].keyed.push(again);
    let restores = restore(&old, 2);
    assert!(
        restores
            .iter()
            .all(|restore| restore.keyed.restore.len() == 2)
    );
    assert!(
        restores
            .iter()
            .all(|r| r.keyed.restore.iter().all(|chain| chain.len() == 1))
    );
}

#[test]
fn the_order_of_old_subtasks_does_not_matter() {
    let mut old = operator("count", 3);
    let ordered = restore(&old, 2);
    old.subtasks.rotate_left(1);
    for (a, b) in restore(&old, 2).iter().zip(&ordered) {
        assert_eq!(a.operator_state, b.operator_state);
        assert_eq!(a.raw_operator, b.raw_operator);
    }
}

#[test]
fn another_number_of_key_groups_is_refused() {
    let old = operator("count", 2);
    let mut new = program("count", 2);
    new.max_parallelism = Some(MaxParallelism::new(128).unwrap());
    let error = refused(&old, &new);
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    assert_eq!(
        error.to_string(),
        "operator 'count': Max parallelism mismatch: the snapshot was taken with 16, the program \
         asks for 128"
    );
    new.max_parallelism = Some(old.max_parallelism);
    OperatorRestore::from_snapshot(&new, &old, &inside()).unwrap();
}

#[test]
fn a_parallelism_above_the_key_groups_is_refused() {
    let old = operator("count", 2);
    assert_eq!(restore(&old, GROUPS).len(), 16);
    let error = refused(&old, &program("count", GROUPS + 1));
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    assert!(error.to_string().contains("asks for 17"), "{error}");
    let new = OperatorRestore::from_snapshot(&program("count", 2), &old, &inside()).unwrap();
    assert_eq!(new.subtask(2).unwrap_err().kind(), ErrorKind::Misuse);
    let none = OperatorRestore::from_snapshot(&program("count", 0), &old, &inside()).unwrap();
    assert_eq!(none.subtask(0).unwrap_err().kind(), ErrorKind::Misuse);
}

#[test]
fn missing_subtasks_are_found() {
    for missing in 0..3 {
        let mut old = operator("count", 3);
        old.subtasks.remove(missing);
        let error = refused(&old, &program("count", 3));
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        let message = error.to_string();
        assert!(
            message.contains(&format!("that of subtask {missing}")),
            "{message}"
        );
        assert!(message.contains("3 subtasks, found 2"), "{message}");
    }
}

#[test]
fn a_segment_of_another_subtask_is_found() {
    let mut old = operator("count", 2);
    old.subtasks[0].keyed = vec![segment(1, 2)];
    let new = OperatorRestore::from_snapshot(&program("count", 2), &old, &inside()).unwrap();
    assert_eq!(new.subtask(0).unwrap_err().kind(), ErrorKind::Corrupt);
    new.subtask(1).unwrap();
}

#[test]
fn operators_without_a_home_are_named() {
    let only = |uid: &str, keyed| {
        let mut subtask = SubtaskSnapshot::new(uid, 0, 1);
        subtask.keyed = keyed;
        OperatorSnapshot {
            subtasks: vec![subtask],
            ..operator(uid, 1)
        }
    };
    let old = metadata(vec![
        operator("a", 1),
        only("map", vec![]),
        operator("b", 2),
        only("c", vec![segment(0, 1)]),
        only("keyed", vec![segment_without_states()]),
        only("unreadable", vec![KeyedChain::inline(*b"segment?")]),
    ]);
    let new = [program("b", 3), program("new", 2)];
    let error = plan_restore(&old.clone().into(), &new, Unclaimed::Refuse).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    assert!(
        error
            .to_string()
            .contains("does not have: 'a', 'c', 'unreadable';"),
        "{error}"
    );
    let plan = plan_restore(&old.clone().into(), &new, Unclaimed::Drop).unwrap();
    assert_eq!(
        plan.iter().map(OperatorRestore::uid).collect::<Vec<_>>(),
        ["b", "new"]
    );
    assert_eq!(plan[0].max_parallelism().unwrap().get(), GROUPS);
    assert_eq!(plan[1].max_parallelism().unwrap().get(), 128);
}

#[test]
fn new_operators_start_empty() {
    let old = metadata(Vec::new());
    let plan = plan_restore(&old.into(), &[program("new", 2)], Unclaimed::Refuse).unwrap();
    let fresh = plan[0].subtask(1).unwrap();
    assert!(!fresh.is_restored && !fresh.is_finished);
    assert!(fresh.keyed.restore.is_empty() && fresh.operator_state.is_empty());
    assert!(fresh.raw_operator.is_empty());
    assert_eq!(fresh.raw_keyed, RawKeyedState::default());
    assert_eq!(
        fresh.keyed.resolve().unwrap().1,
        KeyGroupRange::new(64, 127).unwrap()
    );
}

#[test]
fn a_program_has_each_uid_once() {
    let twice = [program("a", 1), program("a", 1)];
    let error = plan_restore(&inside(), &twice, Unclaimed::Refuse).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("'a'"), "{error}");
}

#[test]
fn an_operator_has_finished_if_all_its_subtasks_have() {
    let mut old = operator("source", 2);
    old.subtasks[0].finished = true;
    assert!(restore(&old, 2).iter().all(|restore| !restore.is_finished));
    old.subtasks[1].finished = true;
    assert!(restore(&old, 3).iter().all(|restore| restore.is_finished));
}

#[test]
fn a_union_list_does_not_lose_the_share_of_a_finished_subtask() {
    let mut old = operator("source", 2);
    old.subtasks[0].finished = true;
    old.subtasks[0].operator_state = vec![list(OperatorStateKind::SplitList, "split", &[b"x"])];
    let error = refused(&old, &program("source", 2));
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    assert!(error.to_string().contains("subtask 0"), "{error}");
    assert!(error.to_string().contains("union list 'union'"), "{error}");
    old.subtasks[1].finished = true;
    OperatorRestore::from_snapshot(&program("source", 2), &old, &inside()).unwrap();
}
