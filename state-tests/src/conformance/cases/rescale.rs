//! Rescaling: groups move between subtasks, each with all it holds.

use crate::conformance::harness::Harness;
use crate::conformance::support::{
    Layers, Rng, Timeline, Workload, fold_all, fresh_subtask, group_of, keys_in, restored_subtask,
    same, set, snapshot, value,
};
use alluvium_state_api::{KeyedBackend, KeyedBackendExt, MaxParallelism, ValueDescriptor};
use std::collections::BTreeMap;

fn groups() -> MaxParallelism {
    MaxParallelism::new(128).unwrap()
}

fn name(subtask: u32) -> ValueDescriptor<u64> {
    ValueDescriptor::named(format!("state of {subtask}"))
}

/// Every old subtask registers a state of a name that no other has; after redistribution each
/// (state, key) is with the owner of its group, and nowhere else.
fn moves<H: Harness>(h: &H, old: u32, new: u32) {
    let mut expected = BTreeMap::new();
    let snapshots: Vec<_> = (0..old)
        .map(|subtask| {
            let mut b = fresh_subtask::<H, i32>(h, subtask, old, groups());
            let state = b.register(&name(subtask)).unwrap();
            for key in keys_in(groups(), b.key_groups(), 20) {
                set(&mut b, &key, state, key as u64 + 1);
                expected.insert(key, subtask);
            }
            snapshot(h, &mut b, 1)
        })
        .collect();
    let mut found = BTreeMap::new();
    for subtask in 0..new {
        let mut b = restored_subtask::<H, i32>(h, &snapshots, subtask, new);
        assert_eq!(b.key_groups(), groups().range_of(subtask, new).unwrap());
        let range = b.key_groups();
        for owner in 0..old {
            let state = b.register(&name(owner)).unwrap();
            for key in b.keys(state, &()).unwrap() {
                assert!(range.contains(group_of(groups(), &key)), "{key} is foreign");
                assert_eq!(found.insert(key, owner), None, "{key} is there twice");
                assert_eq!(value(&mut b, &key, state), Some(key as u64 + 1));
            }
        }
        let rest = snapshot(h, &mut b, 2);
        assert!(rest.header().groups == range);
    }
    assert_eq!(found, expected);
}

/// A50: four subtasks become two.
pub fn a50_scale_down<H: Harness>(h: &H) {
    moves(h, 4, 2);
}

/// A51: two subtasks become four.
pub fn a51_scale_up<H: Harness>(h: &H) {
    moves(h, 2, 4);
}

/// A52: two subtasks stay two.
pub fn a52_same_parallelism<H: Harness>(h: &H) {
    moves(h, 2, 2);
}

/// A54: seventy-seven subtasks become fifteen, and the other way round.
pub fn a54_scale_unevenly<H: Harness>(h: &H) {
    moves(h, 77, 15);
    moves(h, 15, 77);
}

/// State of all kinds goes from one subtask through 3, 2 and 5 back to one, and nothing is lost,
/// doubled or changed; also when each subtask is given its own snapshot only.
pub fn rescaling_round_trip<H: Harness>(h: &H) {
    let mut b = fresh_subtask::<H, i32>(h, 0, 1, groups());
    let workload = Workload::register(&mut b);
    let keys: Vec<_> = (0..200).collect();
    workload.change(&mut b, &mut Rng::new(4), &keys, 5000);
    let mut snapshots = vec![snapshot(h, &mut b, 1)];
    let whole = fold_all(&snapshots);
    for (checkpoint, parallelism) in (2..).zip([3, 2, 2, 5, 1]) {
        let stay = snapshots.len() as u32 == parallelism;
        snapshots = (0..parallelism)
            .map(|subtask| {
                let own = snapshots.get(subtask as usize..=subtask as usize);
                let given = own.filter(|_| stay).unwrap_or(&snapshots);
                let mut b = restored_subtask::<H, i32>(h, given, subtask, parallelism);
                if checkpoint % 2 == 0 {
                    Workload::register(&mut b);
                }
                snapshot(h, &mut b, checkpoint)
            })
            .collect();
        same(
            &fold_all(&snapshots),
            &whole,
            format!("at parallelism {parallelism}"),
        );
    }
}

/// Chains of increments of two subtasks are restored to three: deltas apply group by group.
pub fn rescaling_from_increments<H: Harness>(h: &H) {
    let mut rng = Rng::new(5);
    let mut chains: Vec<Layers> = Vec::new();
    for subtask in 0..2 {
        let mut b = fresh_subtask::<H, i32>(h, subtask, 2, groups());
        let keys = keys_in(groups(), b.key_groups(), 60);
        let workload = Workload::register(&mut b);
        let mut timeline = Timeline::default();
        for checkpoint in 1..=6 {
            workload.change(&mut b, &mut rng, &keys, 400 / checkpoint as usize);
            timeline.increment(h, &mut b, checkpoint);
            timeline.confirm(&mut b, checkpoint);
        }
        chains.push(timeline.chain(6));
    }
    let whole = fold_all(&chains);
    let parts: Vec<_> = (0..3)
        .map(|subtask| {
            let mut b = restored_subtask::<H, i32>(h, &chains, subtask, 3);
            Workload::register(&mut b);
            snapshot(h, &mut b, 7)
        })
        .collect();
    same(&fold_all(&parts), &whole, "rescaled");
}
