//! Operator state: the model and its state machine.

use crate::conformance::OperatorHarness;
use alluvium_state_api::{
    BroadcastDescriptor, OperatorListDescriptor, OperatorStateImage, OperatorStateStore,
    assign_operator_state,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::ControlFlow;

const SPLIT: OperatorListDescriptor<u32> = OperatorListDescriptor::split("split");
const UNION: OperatorListDescriptor<u32> = OperatorListDescriptor::union("union");
const RULES: BroadcastDescriptor<u8, u32> = BroadcastDescriptor::new("rules");

/// The union list, or the split one.
fn list(union: bool) -> OperatorListDescriptor<u32> {
    if union { UNION } else { SPLIT }
}

/// One step of a program on operator state.
#[derive(Clone, Debug)]
pub enum OperatorStep {
    /// Adds elements to a list of a subtask: the split one, or the union.
    Extend(usize, bool, Vec<u32>),
    /// Replaces a list of a subtask; likewise.
    Replace(usize, bool, Vec<u32>),
    /// Writes a rule in all subtasks.
    Put(u8, u32),
    /// Removes a rule in all subtasks.
    Remove(u8),
    /// Removes all rules in all subtasks.
    Clear,
    /// Takes a snapshot of all subtasks.
    Snapshot,
    /// Restores the last snapshot, at a parallelism.
    Restore(usize),
}

/// One subtask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Subtask {
    split: Vec<u32>,
    union: Vec<u32>,
    rules: BTreeMap<u8, u32>,
}

/// What should be.
#[derive(Clone, Debug)]
pub struct OperatorReference {
    live: Vec<Subtask>,
    snapshot: Vec<Subtask>,
}

/// Deals the elements out: each subtask takes its share of what is left, rounded up.
fn dealt(old: &[Subtask], parallelism: usize) -> Vec<Subtask> {
    let union: Vec<_> = old
        .iter()
        .flat_map(|subtask| subtask.union.clone())
        .collect();
    let mut left: Vec<_> = old
        .iter()
        .flat_map(|subtask| subtask.split.clone())
        .collect();
    let new = (0..parallelism).map(|index| {
        let split = if old.len() == parallelism {
            old[index].split.clone()
        } else {
            left.drain(..left.len().div_ceil(parallelism - index))
                .collect()
        };
        Subtask {
            split,
            union: union.clone(),
            rules: old[index % old.len()].rules.clone(),
        }
    });
    new.collect()
}

impl ReferenceStateMachine for OperatorReference {
    type State = Self;
    type Transition = OperatorStep;

    fn init_state() -> BoxedStrategy<Self> {
        let fresh = vec![Subtask::default(); 2];
        Just(Self {
            live: fresh.clone(),
            snapshot: fresh,
        })
        .boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<OperatorStep> {
        let items = || (0..8usize, any::<bool>(), vec(0..100u32, 0..6));
        prop_oneof![
            6 => items().prop_map(|(at, union, items)| OperatorStep::Extend(at, union, items)),
            2 => items().prop_map(|(at, union, items)| OperatorStep::Replace(at, union, items)),
            4 => (0..6u8, any::<u32>()).prop_map(|(key, value)| OperatorStep::Put(key, value)),
            2 => (0..6u8).prop_map(OperatorStep::Remove),
            1 => Just(OperatorStep::Clear),
            2 => Just(OperatorStep::Snapshot),
            2 => (1..6usize).prop_map(OperatorStep::Restore),
        ]
        .boxed()
    }

    fn apply(mut self_: Self, step: &OperatorStep) -> Self {
        let parallelism = self_.live.len();
        match step {
            OperatorStep::Extend(at, union, items) => {
                let subtask = &mut self_.live[at % parallelism];
                let list = if *union {
                    &mut subtask.union
                } else {
                    &mut subtask.split
                };
                list.extend(items);
            }
            OperatorStep::Replace(at, union, items) => {
                let subtask = &mut self_.live[at % parallelism];
                let list = if *union {
                    &mut subtask.union
                } else {
                    &mut subtask.split
                };
                list.clone_from(items);
            }
            OperatorStep::Snapshot => self_.snapshot.clone_from(&self_.live),
            OperatorStep::Restore(new) => self_.live = dealt(&self_.snapshot, *new),
            rule => {
                for subtask in &mut self_.live {
                    match rule {
                        OperatorStep::Put(key, value) => drop(subtask.rules.insert(*key, *value)),
                        OperatorStep::Remove(key) => drop(subtask.rules.remove(key)),
                        _ => subtask.rules.clear(),
                    }
                }
            }
        }
        self_
    }
}

/// Runs programs on stores of the harness `H`, beside the [`OperatorReference`].
#[derive(Debug)]
pub struct OperatorMachine<H>(PhantomData<H>);

/// The stores of all subtasks, and their last snapshots.
pub struct Stores<H: OperatorHarness> {
    harness: H,
    live: Vec<H::Store>,
    snapshot: Vec<Vec<OperatorStateImage>>,
}

impl<H: OperatorHarness> Stores<H> {
    /// Freezes all, changes what is live, and only then encodes; the change is undone by the
    /// model's not knowing of it.
    fn freeze(&mut self) -> Vec<Vec<OperatorStateImage>> {
        let freeze = |store: &mut H::Store| {
            let split = store.register_list(&SPLIT).unwrap();
            let job = store.freeze().unwrap();
            let before = store.list_get(split).unwrap();
            store.list_add(split, 4242).unwrap();
            let images = job.run().unwrap();
            store.list_set(split, before).unwrap();
            images
        };
        self.live.iter_mut().map(freeze).collect()
    }

    fn check(&mut self, model: &OperatorReference) {
        assert_eq!(self.live.len(), model.live.len());
        for (store, expected) in self.live.iter_mut().zip(&model.live) {
            let split = store.register_list(&SPLIT).unwrap();
            let union = store.register_list(&UNION).unwrap();
            let rules = store.register_broadcast(&RULES).unwrap();
            let mut found = Subtask {
                split: store.list_get(split).unwrap(),
                union: store.list_get(union).unwrap(),
                rules: BTreeMap::new(),
            };
            let scanned = store.broadcast_scan(rules, |key, value| {
                found.rules.insert(*key, *value);
                ControlFlow::Continue(())
            });
            scanned.unwrap();
            assert_eq!(found, *expected);
        }
    }
}

impl<H: OperatorHarness + Default + 'static> StateMachineTest for OperatorMachine<H> {
    type SystemUnderTest = Stores<H>;
    type Reference = OperatorReference;

    fn init_test(_: &OperatorReference) -> Stores<H> {
        let harness = H::default();
        let mut stores = Stores {
            live: (0..2).map(|_| harness.open(Vec::new())).collect(),
            harness,
            snapshot: Vec::new(),
        };
        stores.snapshot = stores.freeze();
        stores
    }

    fn apply(mut stores: Stores<H>, model: &OperatorReference, step: OperatorStep) -> Stores<H> {
        let parallelism = stores.live.len();
        match step {
            OperatorStep::Extend(at, union, items) => {
                let store = &mut stores.live[at % parallelism];
                let list = store.register_list(&list(union));
                store.list_add_all(list.unwrap(), items).unwrap();
            }
            OperatorStep::Replace(at, union, items) => {
                let store = &mut stores.live[at % parallelism];
                let list = store.register_list(&list(union));
                store.list_set(list.unwrap(), items).unwrap();
            }
            OperatorStep::Snapshot => stores.snapshot = stores.freeze(),
            OperatorStep::Restore(new) => {
                let old = &stores.snapshot;
                let images = (0..new).map(|index| assign_operator_state(old, index, new).unwrap());
                stores.live = images.map(|images| stores.harness.open(images)).collect();
            }
            rule => {
                for store in &mut stores.live {
                    let rules = store.register_broadcast(&RULES).unwrap();
                    let done = match &rule {
                        OperatorStep::Put(key, value) => store.broadcast_put(rules, *key, *value),
                        OperatorStep::Remove(key) => store.broadcast_remove(rules, key),
                        _ => store.broadcast_clear(rules),
                    };
                    done.unwrap();
                }
                // States are read, and so registered, at some steps only: the others leave what
                // was restored unclaimed.
                stores.check(model);
            }
        }
        stores
    }

    fn teardown(mut stores: Stores<H>, model: OperatorReference) {
        stores.check(&model);
    }
}
