//! Writing frozen groups: whole, or as a delta.

use super::estimate::{self, Sample};
use super::groups::FrozenGroup;
use super::job::FrozenState;
use alluvium_state_api::{
    Change, Content, Entry, KeyGroup, KeyGroupRange, OrderedKey, Result, Section, SnapshotEstimate,
    SnapshotReport, SnapshotSink,
};

/// Buffers reused from entry to entry.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) key: Vec<u8>,
    pub(super) namespace: Vec<u8>,
    pub(super) user_key: Vec<u8>,
    pub(super) value: Vec<u8>,
    pub(super) element: Vec<u8>,
    /// Where the encodings of several entries end that lie one behind the other.
    pub(super) ends: Vec<Ends>,
}

/// The ends of the encodings of one entry; without a value there is no entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    pub(super) key: usize,
    pub(super) namespace: usize,
    pub(super) value: Option<usize>,
}

/// How many entries are encoded together.
const BATCH: usize = 64;

/// With so many bytes, encodings of several entries are written.
pub(super) const BATCH_BYTES: usize = 64 << 10;

/// Where entries go, counted.
pub(super) struct Out<'a> {
    pub(super) sink: &'a mut dyn SnapshotSink,
    pub(super) scratch: Scratch,
    pub(super) report: SnapshotReport,
}

impl Out<'_> {
    /// Encodes the owner of the next entry.
    pub(super) fn owner<K: OrderedKey, N: OrderedKey>(&mut self, (key, namespace): &(K, N)) {
        self.scratch.key.clear();
        self.scratch.namespace.clear();
        key.encode_key(&mut self.scratch.key);
        namespace.encode_key(&mut self.scratch.namespace);
    }

    /// Encodes the user key of the next entry.
    pub(super) fn user_key<UK: OrderedKey>(&mut self, user_key: &UK) {
        self.scratch.user_key.clear();
        user_key.encode_key(&mut self.scratch.user_key);
    }

    /// Writes that the next entry has the encoded value.
    pub(super) fn put_value(&mut self) -> Result<()> {
        self.put(Change::Put)
    }

    /// Writes a run of list elements, and makes room for the next one.
    pub(super) fn put_run(&mut self, append: bool) -> Result<()> {
        self.put(if append { Change::Append } else { Change::Put })?;
        self.scratch.value.clear();
        Ok(())
    }

    /// Writes that the next entry is gone.
    pub(super) fn put_delete(&mut self) -> Result<()> {
        self.put(|_| Change::Delete)
    }

    /// Writes that entries have the values that were encoded one behind the other, as had their
    /// owners.
    pub(super) fn put_values(&mut self) -> Result<()> {
        let Scratch {
            key: keys,
            namespace: namespaces,
            value: values,
            ends,
            ..
        } = &self.scratch;
        let (mut keys, mut namespaces, mut values) = (&**keys, &**namespaces, &**values);
        let (mut key_at, mut namespace_at, mut value_at) = (0, 0, 0);
        for ends in ends {
            let key = cut(&mut keys, &mut key_at, ends.key);
            let namespace = cut(&mut namespaces, &mut namespace_at, ends.namespace);
            let Some(end) = ends.value else { continue };
            let entry = Entry {
                key,
                namespace,
                user_key: &[],
                change: Change::Put(cut(&mut values, &mut value_at, end)),
            };
            self.report.entries += 1;
            self.report.bytes += entry.len() as u64;
            self.sink.entry(entry)?;
        }
        Ok(())
    }

    fn put<'v>(&'v mut self, change: impl FnOnce(&'v [u8]) -> Change<'v>) -> Result<()> {
        let Scratch {
            key,
            namespace,
            user_key,
            value,
            ..
        } = &self.scratch;
        let entry = Entry {
            key,
            namespace,
            user_key,
            change: change(value),
        };
        self.report.entries += 1;
        self.report.bytes += entry.len() as u64;
        self.sink.entry(entry)
    }
}

/// Takes what lies between `at` and `end` off the front of `rest`.
fn cut<'a>(rest: &mut &'a [u8], at: &mut usize, end: usize) -> &'a [u8] {
    let (front, behind) = rest.split_at_checked(end - *at).unwrap_or_default();
    (*rest, *at) = (behind, end);
    front
}

/// Knows how the entries of one kind of state become logical entries.
pub(super) trait EntryWriter<KS, VS>: Send + Sync + 'static {
    /// Writes what is held; of a list, only what came after the epoch `since`.
    fn write(&self, key: &KS, value: &VS, since: Option<u32>, out: &mut Out<'_>) -> Result<()>;

    /// Writes several entries. What is held lies all over the memory: a writer that looks at many
    /// entries before it waits for the first gets through several times as many.
    fn write_batch(
        &self,
        batch: &[(&KS, &VS)],
        since: Option<u32>,
        out: &mut Out<'_>,
    ) -> Result<()> {
        let mut batch = batch.iter();
        batch.try_for_each(|(key, value)| self.write(key, value, since, out))
    }

    /// About how many bytes [`write`](Self::write) would write; what cannot be encoded has none.
    fn measure(&self, key: &KS, value: &VS, since: Option<u32>, sample: &mut Sample) -> u64 {
        sample.measure(|out| self.write(key, value, since, out))
    }

    /// Writes that the entry is gone.
    fn delete(&self, key: &KS, out: &mut Out<'_>) -> Result<()>;

    /// The hash of a held key, and whether a held key is this one.
    fn is_present(&self, group: &FrozenGroup<KS, VS>, key: &KS) -> bool;
}

/// One frozen state: its groups, and how to write them.
pub(super) struct FrozenGroups<KS, VS, W> {
    pub(super) range: KeyGroupRange,
    pub(super) groups: Vec<FrozenGroup<KS, VS>>,
    pub(super) writer: W,
    /// The greatest share of a group that is written as a delta.
    pub(super) share: f64,
}

impl<KS, VS, W> FrozenState for FrozenGroups<KS, VS, W>
where
    KS: Send + Sync + 'static,
    VS: Send + Sync + 'static,
    W: EntryWriter<KS, VS>,
{
    fn write_group(
        &self,
        group: KeyGroup,
        state: usize,
        since: Option<u32>,
        sink: &mut dyn SnapshotSink,
    ) -> Result<SnapshotReport> {
        let Some(entries) = self
            .range
            .index_of(group)
            .and_then(|index| self.groups.get(index))
        else {
            return Ok(SnapshotReport::default());
        };
        let delta = entries.delta_since(since, self.share);
        let content = if delta.is_some() {
            Content::Delta
        } else {
            Content::Full
        };
        let mut out = Out {
            sink,
            scratch: Scratch::default(),
            report: SnapshotReport::default(),
        };
        if is_silent(entries, since, delta) {
            return Ok(out.report);
        }
        out.sink.section(Section {
            group,
            state,
            content,
            sorted: false,
        })?;
        for key in delta
            .into_iter()
            .flat_map(|since| entries.tombstones_since(since))
        {
            if !self.writer.is_present(entries, key) {
                self.writer.delete(key, &mut out)?;
            }
        }
        let mut batch = Vec::with_capacity(BATCH);
        for (key, value, _) in entries.table.since(delta) {
            batch.push((key, value));
            if batch.len() == BATCH {
                self.writer.write_batch(&batch, delta, &mut out)?;
                batch.clear();
            }
        }
        self.writer.write_batch(&batch, delta, &mut out)?;
        Ok(out.report)
    }

    fn estimate_group(&self, group: KeyGroup, since: Option<u32>) -> Option<SnapshotEstimate> {
        let index = self.range.index_of(group);
        let Some(entries) = index.and_then(|index| self.groups.get(index)) else {
            return Some(SnapshotEstimate::default());
        };
        let groups = self.range.len();
        let estimate = estimate::group(entries, &self.writer, since, self.share, groups);
        Some(estimate)
    }
}

/// Whether a group need not be mentioned: nothing changed, or it is empty and there is no base
/// whose entries would have to be voided.
fn is_silent<KS, VS>(group: &FrozenGroup<KS, VS>, since: Option<u32>, delta: Option<u32>) -> bool {
    match delta {
        Some(since) => {
            group.table.since(Some(since)).next().is_none()
                && group.tombstones_since(since).next().is_none()
        }
        None => since.is_none() && group.table.is_empty(),
    }
}
