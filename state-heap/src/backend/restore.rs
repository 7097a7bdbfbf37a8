//! What was restored and nobody has registered yet.

use super::job::FrozenState;
use super::unclaimed::{Stored, Unclaimed, Visit};
use alluvium_state_api::{KeyGroupRange, MaxParallelism, Result, Schema, SnapshotChain, StateMeta};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The restored states that are left, by name.
pub(super) struct Restored(BTreeMap<String, Arc<Unclaimed>>);

impl Restored {
    /// Checks that all snapshots fit the program's keys and each other.
    pub(super) fn new(
        chains: Vec<SnapshotChain>,
        key: &Schema,
        max_parallelism: MaxParallelism,
        groups: KeyGroupRange,
    ) -> Result<Self> {
        let mut metas: BTreeMap<String, StateMeta> = BTreeMap::new();
        for source in chains.iter().flatten() {
            source.header().check_restorable(key, max_parallelism)?;
            for meta in &source.header().states {
                let known = metas
                    .entry(meta.name.clone())
                    .or_insert_with(|| meta.clone());
                if known != meta {
                    known.check_readable_as(meta)?;
                }
            }
        }
        let stored = Arc::new(Stored::new(chains));
        let unclaimed = |(name, meta)| {
            let state = Unclaimed::new(meta, groups, Arc::clone(&stored));
            (name, Arc::new(state))
        };
        Ok(Self(metas.into_iter().map(unclaimed).collect()))
    }

    /// The states that are left.
    pub(super) fn metas(&self) -> impl Iterator<Item = &StateMeta> {
        self.0.values().map(|state| state.meta())
    }

    /// What the state called `name` was written as, if it was restored and is left.
    pub(super) fn meta(&self, name: &str) -> Option<&StateMeta> {
        self.0.get(name).map(|state| state.meta())
    }

    /// Shows all that the snapshots say about the state called `name`, oldest layer first.
    pub(super) fn read(&self, name: &str, visit: &mut Visit<'_>) -> Result<()> {
        match self.0.get(name) {
            Some(state) => state.read(visit),
            None => Ok(()),
        }
    }

    /// Notes that the state called `name` has been taken over.
    pub(super) fn claim(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// The states that are left for a snapshot to carry on, in the order of
    /// [`metas`](Self::metas); none is read.
    pub(super) fn freeze(&self) -> impl Iterator<Item = Box<dyn FrozenState>> {
        let states = self.0.values();
        states.map(|state| Box::new(Arc::clone(state)) as Box<dyn FrozenState>)
    }
}
