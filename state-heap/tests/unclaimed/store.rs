//! Snapshots in memory, whose reads are counted and can be made to fail.

use alluvium_state_api::{
    Change, Content, Entry, KeyGroup, KeyGroupRange, Result, Section, SharedFile, SnapshotEvent,
    SnapshotHeader, SnapshotJob, SnapshotSink, SnapshotSource, StateError, WholeFile,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// State, key group, key and user key, encoded.
pub(crate) type Path = (String, KeyGroup, Vec<u8>, Vec<u8>);

pub(crate) type Entries = BTreeMap<Path, Vec<u8>>;

/// An entry that owns its parts.
#[derive(Clone, Debug)]
struct Owned {
    key: Vec<u8>,
    user_key: Vec<u8>,
    /// `None` if the entry is gone.
    value: Option<Vec<u8>>,
}

impl Owned {
    fn lend(&self) -> Entry<'_> {
        let change = self.value.as_deref().map_or(Change::Delete, Change::Put);
        Entry {
            key: &self.key,
            namespace: &[],
            user_key: &self.user_key,
            change,
        }
    }
}

/// What a job has written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    header: Option<SnapshotHeader>,
    sections: Vec<(Section, Vec<Owned>)>,
}

impl Snapshot {
    pub(crate) fn of(job: Box<dyn SnapshotJob>) -> Result<Self> {
        let mut snapshot = Self::default();
        job.run(&mut snapshot)?;
        Ok(snapshot)
    }

    pub(crate) fn header(&self) -> &SnapshotHeader {
        self.header.as_ref().unwrap()
    }

    /// How many entries it has of the state.
    pub(crate) fn len_of(&self, name: &str) -> usize {
        let state = self.header().state_index(name);
        let sections = self.sections.iter();
        let sections = sections.filter(|(section, _)| Some(section.state) == state);
        sections.map(|(_, entries)| entries.len()).sum()
    }

    /// Puts it upon what `entries` say, as a restore does.
    pub(crate) fn apply(&self, entries: &mut Entries) {
        for (section, changes) in &self.sections {
            let group = section.group;
            let name = &self.header().states.get(section.state).unwrap().name;
            if section.content == Content::Full {
                entries.retain(|(state, of, ..), _| (state, *of) != (name, group));
            }
            for Owned {
                key,
                user_key,
                value,
            } in changes
            {
                let path = (name.clone(), group, key.clone(), user_key.clone());
                match value {
                    Some(value) => entries.insert(path, value.clone()),
                    None => entries.remove(&path),
                };
            }
        }
    }

    pub(crate) fn entries(&self) -> Entries {
        let mut entries = Entries::new();
        self.apply(&mut entries);
        entries
    }
}

impl SnapshotSink for Snapshot {
    fn begin(&mut self, header: &SnapshotHeader) -> Result<()> {
        self.header = Some(header.clone());
        Ok(())
    }

    fn section(&mut self, section: Section) -> Result<()> {
        self.sections.push((section, Vec::new()));
        Ok(())
    }

    fn entry(&mut self, entry: Entry<'_>) -> Result<()> {
        let value = match entry.change {
            Change::Put(value) => Some(value.to_vec()),
            Change::Delete => None,
            Change::Append(_) => unreachable!("the tests have no lists"),
        };
        let (_, entries) = self.sections.last_mut().unwrap();
        entries.push(Owned {
            key: entry.key.to_vec(),
            user_key: entry.user_key.to_vec(),
            value,
        });
        Ok(())
    }

    fn file(&mut self, _file: WholeFile<'_>) -> Result<()> {
        unreachable!("the heap has no files")
    }

    fn shared(&mut self, _file: SharedFile<'_>) -> Result<()> {
        unreachable!("the heap has no files")
    }
}

/// A snapshot in a store that counts what is read of it.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    snapshot: Arc<Snapshot>,
    reads: Arc<AtomicUsize>,
    gone: Arc<AtomicBool>,
}

impl Watched {
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        Self {
            snapshot: Arc::new(snapshot),
            reads: Arc::default(),
            gone: Arc::default(),
        }
    }

    pub(crate) fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }

    /// Makes reads fail, or not.
    pub(crate) fn set_gone(&self, gone: bool) {
        self.gone.store(gone, Ordering::Relaxed);
    }
}

impl SnapshotSource for Watched {
    fn header(&self) -> &SnapshotHeader {
        self.snapshot.header()
    }

    fn expected_entries(&self, _state: usize, _group: KeyGroup) -> u64 {
        0
    }

    fn read(
        &mut self,
        state: usize,
        groups: KeyGroupRange,
        visit: &mut dyn FnMut(SnapshotEvent<'_>) -> Result<()>,
    ) -> Result<()> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        if self.gone.load(Ordering::Relaxed) {
            return Err(StateError::storage("'chk-1/segment' cannot be read"));
        }
        for (section, entries) in &self.snapshot.sections {
            if section.state == state && groups.contains(section.group) {
                visit(SnapshotEvent::Section(*section))?;
                entries
                    .iter()
                    .try_for_each(|entry| visit(SnapshotEvent::Entry(entry.lend())))?;
            }
        }
        Ok(())
    }
}
