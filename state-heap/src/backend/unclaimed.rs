//! A restored state that nobody has registered, shared with the snapshots that carry it on.

use super::gathered::GatheredState;
use super::job::FrozenState;
use alluvium_state_api::{
    Entry, KeyGroup, KeyGroupRange, Result, Section, SnapshotChain, SnapshotEstimate,
    SnapshotEvent, SnapshotReport, SnapshotSink, StateError, StateMeta,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A part of what a snapshot says.
pub(super) enum Shown<'a> {
    /// A section begins, of about so many entries; 0 is unknown.
    Start(u64),
    /// An entry of the section that began last.
    Entry(Entry<'a>),
}

/// Takes what a snapshot says, in the order in which it says it.
pub(super) type Visit<'v> = dyn FnMut(Section, Shown<'_>) -> Result<()> + 'v;

/// The snapshots that states were restored from.
pub(super) struct Stored(Mutex<Vec<SnapshotChain>>);

impl Stored {
    pub(super) const fn new(chains: Vec<SnapshotChain>) -> Self {
        Self(Mutex::new(chains))
    }

    /// Shows all that they say about the state called `name`, oldest layer first.
    fn read(&self, name: &str, groups: KeyGroupRange, visit: &mut Visit<'_>) -> Result<()> {
        // A source begins anew with every read, whatever became of the one before.
        let mut chains = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for source in chains.iter_mut().flatten() {
            let Some(index) = source.header().state_index(name) else {
                continue;
            };
            let expected: Vec<_> = groups
                .into_iter()
                .map(|group| source.expected_entries(index, group))
                .collect();
            let mut section = None;
            source.read(index, groups, &mut |event| match event {
                SnapshotEvent::Section(next) => {
                    section = Some(next);
                    let place = groups.index_of(next.group);
                    let expected = place.and_then(|place| expected.get(place));
                    visit(next, Shown::Start(expected.copied().unwrap_or(0)))
                }
                SnapshotEvent::Entry(entry) => {
                    let section = section.ok_or_else(|| {
                        StateError::corrupt(format!("state '{name}' has entries before a section"))
                    })?;
                    visit(section, Shown::Entry(entry))
                }
            })?;
        }
        Ok(())
    }
}

/// Where the entries of a state are.
#[derive(Clone)]
enum Held {
    Stored(Arc<Stored>),
    /// The stored snapshots may go away.
    Gathered(Arc<GatheredState>),
}

/// One restored state. A freeze takes a reference to it and no more: the first job that needs its
/// entries reads them, for all that come after, and for a registration.
pub(super) struct Unclaimed {
    meta: StateMeta,
    groups: KeyGroupRange,
    held: Mutex<Held>,
}

impl Unclaimed {
    pub(super) fn new(meta: StateMeta, groups: KeyGroupRange, stored: Arc<Stored>) -> Self {
        Self {
            meta,
            groups,
            held: Mutex::new(Held::Stored(stored)),
        }
    }

    pub(super) const fn meta(&self) -> &StateMeta {
        &self.meta
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows all that is known of the state; a snapshot that waits for it keeps what was read.
    pub(super) fn read(self: &Arc<Self>, visit: &mut Visit<'_>) -> Result<()> {
        if Arc::strong_count(self) > 1 {
            // Once the state is registered, no later job reads it before the stored snapshots go.
            return self.gather()?.show(visit);
        }
        let held = self.held().clone();
        match held {
            Held::Stored(stored) => stored.read(&self.meta.name, self.groups, visit),
            Held::Gathered(state) => state.show(visit),
        }
    }

    /// The entries in memory, where they are read to if they are not there yet.
    fn gather(&self) -> Result<Arc<GatheredState>> {
        let mut held = self.held();
        let stored = match &*held {
            Held::Stored(stored) => stored,
            Held::Gathered(state) => return Ok(Arc::clone(state)),
        };
        let mut state = GatheredState::default();
        stored.read(&self.meta.name, self.groups, &mut |section, shown| {
            state.apply(section, shown);
            Ok(())
        })?;
        state.measure();
        let state = Arc::new(state);
        *held = Held::Gathered(Arc::clone(&state));
        Ok(state)
    }
}

impl FrozenState for Arc<Unclaimed> {
    fn write_group(
        &self,
        group: KeyGroup,
        state: usize,
        since: Option<u32>,
        sink: &mut dyn SnapshotSink,
    ) -> Result<SnapshotReport> {
        if since.is_some() {
            // Nobody has changed it since it was restored, and whatever is built on has it.
            return Ok(SnapshotReport::default());
        }
        let gathered = self.gather().map_err(|error| {
            let name = &self.meta.name;
            error.context(format!(
                "restored state '{name}', which is not registered, cannot be read"
            ))
        })?;
        gathered.write(group, state, sink)
    }

    fn estimate_group(&self, group: KeyGroup, since: Option<u32>) -> Option<SnapshotEstimate> {
        let state = self.gather().ok()?.bytes(group);
        let snapshot = if since.is_some() { 0 } else { state };
        Some(SnapshotEstimate { state, snapshot })
    }
}
