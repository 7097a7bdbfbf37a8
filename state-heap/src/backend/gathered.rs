//! The entries of a restored state without types, held encoded.

use super::list_wire::append_elements;
use super::unclaimed::{Shown, Visit};
use alluvium_state_api::{
    Change, Content, Entry, KeyGroup, Result, Section, SnapshotReport, SnapshotSink,
};
use std::collections::BTreeMap;

/// Key, namespace and user key, encoded: their order is the order of sorted sections.
type Path = (Vec<u8>, Vec<u8>, Vec<u8>);

/// The entries of one state, by group.
#[derive(Debug, Default)]
pub(super) struct GatheredState(BTreeMap<KeyGroup, GatheredGroup>);

#[derive(Debug, Default)]
struct GatheredGroup {
    entries: BTreeMap<Path, Vec<u8>>,
    /// Of keys and values together, once they are measured.
    bytes: u64,
}

impl GatheredState {
    /// Applies what a snapshot says, in the order in which it says it.
    pub(super) fn apply(&mut self, section: Section, shown: Shown<'_>) {
        let group = &mut self.0.entry(section.group).or_default().entries;
        let Shown::Entry(entry) = shown else {
            if section.content == Content::Full {
                group.clear();
            }
            return;
        };
        let path = (
            entry.key.to_vec(),
            entry.namespace.to_vec(),
            entry.user_key.to_vec(),
        );
        match entry.change {
            Change::Put(value) => {
                group.insert(path, value.to_vec());
            }
            Change::Append(items) => append_elements(group.entry(path).or_default(), items),
            Change::Delete => {
                group.remove(&path);
            }
        }
    }

    /// Counts the bytes, when all has been applied.
    pub(super) fn measure(&mut self) {
        for group in self.0.values_mut() {
            group.bytes = group.iter().map(|entry| entry.len() as u64).sum();
        }
    }

    /// The bytes of the entries of `group`.
    pub(super) fn bytes(&self, group: KeyGroup) -> u64 {
        self.0.get(&group).map_or(0, |group| group.bytes)
    }

    /// Shows all entries, as a snapshot would.
    pub(super) fn show(&self, visit: &mut Visit<'_>) -> Result<()> {
        for (group, entries) in &self.0 {
            let section = section(*group, 0);
            visit(section, Shown::Start(entries.entries.len() as u64))?;
            let mut entries = entries.iter();
            entries.try_for_each(|entry| visit(section, Shown::Entry(entry)))?;
        }
        Ok(())
    }

    /// Writes the entries of `group`, as those of state number `state`.
    pub(super) fn write(
        &self,
        group: KeyGroup,
        state: usize,
        sink: &mut dyn SnapshotSink,
    ) -> Result<SnapshotReport> {
        let mut report = SnapshotReport::default();
        let Some(entries) = self.0.get(&group) else {
            return Ok(report);
        };
        if entries.entries.is_empty() {
            return Ok(report);
        }
        sink.section(section(group, state))?;
        for entry in entries.iter() {
            report.entries += 1;
            report.bytes += entry.len() as u64;
            sink.entry(entry)?;
        }
        Ok(report)
    }
}

impl GatheredGroup {
    fn iter(&self) -> impl Iterator<Item = Entry<'_>> {
        let entries = self.entries.iter();
        entries.map(|((key, namespace, user_key), value)| Entry {
            key,
            namespace,
            user_key,
            change: Change::Put(value),
        })
    }
}

const fn section(group: KeyGroup, state: usize) -> Section {
    Section {
        group,
        state,
        content: Content::Full,
        sorted: true,
    }
}
