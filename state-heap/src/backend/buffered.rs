//! Synchronous snapshots: encoded before freezing returns, replayed into the sink later.

use super::epochs::Token;
use alluvium_state_api::{
    Change, Entry, KeyGroupRange, Result, Section, SharedFile, SnapshotEstimate, SnapshotHeader,
    SnapshotJob, SnapshotReport, SnapshotSink, StateError, WholeFile,
};
use std::sync::Arc;

/// Runs `job` now; returns a job that repeats what it wrote, and that counts as unfinished, by
/// `token`, as long as it lives: it holds all the bytes.
pub(super) fn run_now(job: Box<dyn SnapshotJob>, token: Token) -> Result<Box<dyn SnapshotJob>> {
    let (header, estimate) = (job.header().clone(), job.estimate());
    let mut buffer = Buffer::default();
    job.run(&mut buffer)?;
    Ok(Box::new(BufferedJob {
        groups: header.groups,
        header,
        estimate,
        buffer: Arc::new(buffer),
        token,
    }))
}

/// One entry; the parts lie one behind the other in the buffer's bytes.
#[derive(Clone, Copy, Debug)]
struct Stored {
    start: usize,
    key: usize,
    namespace: usize,
    user_key: usize,
    value: usize,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Put,
    Append,
    Delete,
}

/// Sections with their entries, encoded.
#[derive(Debug, Default)]
struct Buffer {
    sections: Vec<(Section, Vec<Stored>)>,
    bytes: Vec<u8>,
}

impl Buffer {
    fn entry_of(&self, stored: &Stored) -> Option<Entry<'_>> {
        let rest = self.bytes.get(stored.start..)?;
        let (key, rest) = rest.split_at_checked(stored.key)?;
        let (namespace, rest) = rest.split_at_checked(stored.namespace)?;
        let (user_key, rest) = rest.split_at_checked(stored.user_key)?;
        let value = rest.get(..stored.value)?;
        let change = match stored.kind {
            Kind::Put => Change::Put(value),
            Kind::Append => Change::Append(value),
            Kind::Delete => Change::Delete,
        };
        Some(Entry {
            key,
            namespace,
            user_key,
            change,
        })
    }
}

impl SnapshotSink for Buffer {
    fn begin(&mut self, _header: &SnapshotHeader) -> Result<()> {
        Ok(())
    }

    fn section(&mut self, section: Section) -> Result<()> {
        self.sections.push((section, Vec::new()));
        Ok(())
    }

    fn entry(&mut self, entry: Entry<'_>) -> Result<()> {
        let (kind, value): (_, &[u8]) = match entry.change {
            Change::Put(value) => (Kind::Put, value),
            Change::Append(value) => (Kind::Append, value),
            Change::Delete => (Kind::Delete, &[]),
        };
        let stored = Stored {
            start: self.bytes.len(),
            key: entry.key.len(),
            namespace: entry.namespace.len(),
            user_key: entry.user_key.len(),
            value: value.len(),
            kind,
        };
        for part in [entry.key, entry.namespace, entry.user_key, value] {
            self.bytes.extend_from_slice(part);
        }
        match self.sections.last_mut() {
            Some((_, entries)) => {
                entries.push(stored);
                Ok(())
            }
            None => Err(StateError::misuse(
                "an entry was written before any section",
            )),
        }
    }

    fn file(&mut self, _file: WholeFile<'_>) -> Result<()> {
        Err(StateError::misuse("heap snapshots have no files"))
    }

    fn shared(&mut self, _file: SharedFile<'_>) -> Result<()> {
        Err(StateError::misuse("heap snapshots have no files"))
    }
}

/// A snapshot that is encoded already; cut into parts, each has a range of groups.
struct BufferedJob {
    header: SnapshotHeader,
    /// That of the whole job; a part cannot tell.
    estimate: Option<SnapshotEstimate>,
    groups: KeyGroupRange,
    buffer: Arc<Buffer>,
    token: Token,
}

impl SnapshotJob for BufferedJob {
    fn header(&self) -> &SnapshotHeader {
        &self.header
    }

    fn estimate(&self) -> Option<SnapshotEstimate> {
        self.estimate
    }

    fn into_whole(self: Box<Self>) -> Box<dyn SnapshotJob> {
        self
    }

    fn split(self: Box<Self>, parts: usize) -> Vec<Box<dyn SnapshotJob>> {
        if self.groups.is_empty() {
            return vec![self];
        }
        let part = |groups| {
            let (header, buffer) = (self.header.clone(), Arc::clone(&self.buffer));
            Box::new(Self {
                header,
                estimate: None,
                groups,
                buffer,
                token: Arc::clone(&self.token),
            }) as Box<dyn SnapshotJob>
        };
        self.groups.split(parts).into_iter().map(part).collect()
    }

    fn run(self: Box<Self>, sink: &mut dyn SnapshotSink) -> Result<SnapshotReport> {
        let mut report = SnapshotReport::default();
        sink.begin(&self.header)?;
        for (section, entries) in &self.buffer.sections {
            if !self.groups.contains(section.group) {
                continue;
            }
            sink.section(*section)?;
            for entry in entries
                .iter()
                .filter_map(|stored| self.buffer.entry_of(stored))
            {
                report.entries += 1;
                report.bytes += entry.len() as u64;
                sink.entry(entry)?;
            }
        }
        Ok(report)
    }
}
