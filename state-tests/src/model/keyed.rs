//! The state machine of keyed state: the model beside the backends.

use super::plain::Plain;
use super::step::{Step, step};
use super::system::System;
use crate::conformance::Harness;
use alluvium_state_api::SnapshotMode;
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// The most checkpoints that a program has in flight.
const MOST_IN_FLIGHT: usize = 2;

/// What should be: the live state, and every checkpoint that was frozen.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    live: Plain,
    frozen: BTreeMap<u64, Plain>,
    in_flight: Vec<u64>,
    stored: Vec<u64>,
    last: u64,
    /// Whether everything may be read now, or states are to stay unclaimed until they are used.
    open: bool,
}

impl ReferenceStateMachine for Reference {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        let open = true;
        Just(Self {
            open,
            ..Self::default()
        })
        .boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Step> {
        step()
    }

    fn apply(mut self_: Self, step: &Step) -> Self {
        match step {
            Step::Change(key, namespace, change) => self_.live.change((*key, *namespace), change),
            Step::Freeze { .. } if self_.in_flight.len() < MOST_IN_FLIGHT => {
                self_.last += 1;
                self_.in_flight.push(self_.last);
                self_.frozen.insert(self_.last, self_.live.clone());
            }
            Step::Write { pick, .. } => {
                if let Some(index) = chosen(*pick, self_.in_flight.len()) {
                    let checkpoint = self_.in_flight.remove(index);
                    self_.stored.push(checkpoint);
                }
            }
            Step::Drop { pick } => {
                if let Some(index) = chosen(*pick, self_.in_flight.len()) {
                    self_.in_flight.remove(index);
                }
            }
            Step::Restore { pick, eager, .. } => {
                if let Some(index) = chosen(*pick, self_.stored.len()) {
                    self_.live = self_.frozen[&self_.stored[index]].clone();
                    self_.in_flight.clear();
                    self_.open = *eager;
                }
            }
            Step::Freeze { .. } | Step::Confirm { .. } | Step::Abort { .. } => {}
        }
        self_
    }
}

/// What a number picks out of so many.
fn chosen(pick: usize, among: usize) -> Option<usize> {
    pick.checked_rem(among)
}

/// Runs programs on backends of the harness `H`, beside the [`Reference`].
#[derive(Debug)]
pub struct KeyedMachine<H>(PhantomData<H>);

impl<H: Harness + Default + 'static> StateMachineTest for KeyedMachine<H> {
    type SystemUnderTest = System<H>;
    type Reference = Reference;

    fn init_test(_: &Reference) -> System<H> {
        System::new(H::default(), 2)
    }

    fn apply(mut system: System<H>, model: &Reference, step: Step) -> System<H> {
        match step {
            Step::Change(key, namespace, change) => {
                system.change((key, namespace), &change);
                if model.open {
                    system.check_key(key, &model.live);
                }
            }
            Step::Freeze { incremental } if system.in_flight.len() < MOST_IN_FLIGHT => {
                let mode = if incremental {
                    SnapshotMode::Incremental
                } else {
                    SnapshotMode::Full
                };
                system.freeze(model.last, mode);
            }
            Step::Write { pick, parts } => {
                if let Some(index) = chosen(pick, system.in_flight.len()) {
                    let checkpoint = system.write(index, parts);
                    system.check_stored(&model.frozen[&checkpoint]);
                }
            }
            Step::Drop { pick } => {
                if let Some(index) = chosen(pick, system.in_flight.len()) {
                    system.drop_unwritten(index);
                }
            }
            Step::Confirm { pick, heard } => {
                if let Some(index) = chosen(pick, system.stored.len()) {
                    system.confirm(system.stored[index].0, heard);
                }
            }
            Step::Abort { pick, heard } => {
                if let Some(index) = chosen(pick, system.stored.len()) {
                    system.abort(system.stored[index].0, heard);
                }
            }
            Step::Restore {
                pick, parallelism, ..
            } => {
                if let Some(index) = chosen(pick, system.stored.len()) {
                    system.restore(index, parallelism);
                    if model.open {
                        system.check_all(&model.live);
                    }
                }
            }
            Step::Freeze { .. } => {}
        }
        system
    }

    fn teardown(mut system: System<H>, model: Reference) {
        system.check_all(&model.live);
        system.in_flight.clear();
        system.freeze(model.last + 1, SnapshotMode::Incremental);
        system.write(0, 1);
        system.check_stored(&model.live);
        let newest = system.stored.len() - 1;
        system.restore(newest, Some(3));
        system.check_all(&model.live);
    }
}
