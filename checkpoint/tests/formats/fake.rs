//! A snapshot job made by hand: sections and entries as they are told.

use alluvium_checkpoint::{Compression, SegmentOptions, SegmentSink, SegmentSource};
use alluvium_state_api::{
    Change, CheckpointId, Content, Entry, Field, KeyGroup, KeyGroupRange, MaxParallelism, Result,
    Schema, Section, SnapshotEstimate, SnapshotEvent, SnapshotHeader, SnapshotJob, SnapshotReport,
    SnapshotSink, SnapshotSource, StateKind, StateMeta,
};
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    Put(Vec<u8>),
    Append(Vec<u8>),
    Delete,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub key: Vec<u8>,
    pub namespace: Vec<u8>,
    pub user_key: Vec<u8>,
    pub write: Write,
}

impl Row {
    pub(crate) fn put(key: &[u8], value: &[u8]) -> Self {
        Self::new(key, Write::Put(value.to_vec()))
    }

    pub(crate) fn new(key: &[u8], write: Write) -> Self {
        Self {
            key: key.to_vec(),
            namespace: Vec::new(),
            user_key: Vec::new(),
            write,
        }
    }

    pub(crate) fn entry(&self) -> Entry<'_> {
        Entry {
            key: &self.key,
            namespace: &self.namespace,
            user_key: &self.user_key,
            change: match &self.write {
                Write::Put(value) => Change::Put(value),
                Write::Append(value) => Change::Append(value),
                Write::Delete => Change::Delete,
            },
        }
    }

    fn of(entry: Entry<'_>) -> Self {
        Self {
            key: entry.key.to_vec(),
            namespace: entry.namespace.to_vec(),
            user_key: entry.user_key.to_vec(),
            write: match entry.change {
                Change::Put(value) => Write::Put(value.to_vec()),
                Change::Append(value) => Write::Append(value.to_vec()),
                Change::Delete => Write::Delete,
            },
        }
    }
}

pub(crate) type Rows = Vec<(Section, Vec<Row>)>;

/// What a job would write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FakeJob {
    pub header: SnapshotHeader,
    pub sections: Rows,
}

impl FakeJob {
    pub(crate) fn write(&self, sink: &mut dyn SnapshotSink) -> Result<()> {
        sink.begin(&self.header)?;
        for (section, rows) in &self.sections {
            sink.section(*section)?;
            rows.iter().try_for_each(|row| sink.entry(row.entry()))?;
        }
        Ok(())
    }

    /// A segment that is not compressed.
    pub(crate) fn bytes(&self, block_size: usize) -> Arc<[u8]> {
        self.bytes_with(options(block_size, Compression::None))
    }

    pub(crate) fn bytes_with(&self, options: SegmentOptions) -> Arc<[u8]> {
        let mut sink = SegmentSink::new(Vec::new(), options);
        self.write(&mut sink).unwrap();
        let written = sink.finish().unwrap();
        assert_eq!(written.length, written.output.len() as u64);
        written.output.into()
    }

    /// The sections as a reader shows them: by state and group, without those that say nothing.
    pub(crate) fn told(&self) -> Rows {
        let voids =
            |section: &Section| self.header.base.is_some() && section.content == Content::Full;
        let mut rows = self.sections.clone();
        rows.retain(|(section, rows)| !rows.is_empty() || voids(section));
        rows.sort_by_key(|(section, _)| (section.state, section.group));
        rows
    }
}

impl SnapshotJob for FakeJob {
    fn header(&self) -> &SnapshotHeader {
        &self.header
    }

    fn estimate(&self) -> Option<SnapshotEstimate> {
        None
    }

    fn into_whole(self: Box<Self>) -> Box<dyn SnapshotJob> {
        self
    }

    fn split(self: Box<Self>, parts: usize) -> Vec<Box<dyn SnapshotJob>> {
        let ranges = self.header.groups.split(parts);
        let part = |groups: KeyGroupRange| {
            let mut part = (*self).clone();
            part.sections
                .retain(|(section, _)| groups.contains(section.group));
            Box::new(part) as Box<dyn SnapshotJob>
        };
        ranges.into_iter().map(part).collect()
    }

    fn run(self: Box<Self>, sink: &mut dyn SnapshotSink) -> Result<SnapshotReport> {
        self.write(sink)?;
        let entries = self.sections.iter().map(|(_, rows)| rows.len() as u64);
        Ok(SnapshotReport {
            entries: entries.sum(),
            bytes: 0,
        })
    }
}

pub(crate) fn options(block_size: usize, compression: Compression) -> SegmentOptions {
    let options = SegmentOptions::default().with_block_size(block_size);
    options.unwrap().with_compression(compression).unwrap()
}

pub(crate) fn state(name: &str, kind: StateKind) -> StateMeta {
    StateMeta {
        name: name.to_owned(),
        kind,
        namespace: Schema::Unit,
        user_key: (kind == StateKind::Map).then_some(Schema::String),
        value: Schema::Struct {
            name: "Visit".to_owned(),
            fields: vec![Field {
                name: "at".to_owned(),
                schema: Schema::Option(Box::new(Schema::I64)),
            }],
        },
    }
}

/// A header over key groups 2 to 9 of 16 with a value, a list and a map state.
pub(crate) fn header(base: Option<u64>) -> SnapshotHeader {
    SnapshotHeader {
        checkpoint: CheckpointId(300),
        base: base.map(CheckpointId),
        max_parallelism: MaxParallelism::new(16).unwrap(),
        groups: KeyGroupRange::new(2, 9).unwrap(),
        key: Schema::Tuple(vec![Schema::U32, Schema::String]),
        states: vec![
            state("count", StateKind::Value),
            state("visits", StateKind::List),
            state("routes", StateKind::Map),
        ],
    }
}

pub(crate) const fn section(state: usize, group: u16, content: Content) -> Section {
    Section {
        group: KeyGroup(group),
        state,
        content,
        sorted: group.is_multiple_of(2),
    }
}

/// A small snapshot with something of everything.
pub(crate) fn small_job() -> FakeJob {
    let mut in_map = Row::put(b"k", b"map value");
    in_map.user_key = b"user key".to_vec();
    in_map.namespace = b"window".to_vec();
    let list = Row::put(b"long", &[1, 7, 1, 8]);
    let more = Row::new(b"long", Write::Append(vec![9; 150]));
    FakeJob {
        header: header(Some(299)),
        sections: vec![
            (section(2, 4, Content::Full), vec![in_map]),
            (
                section(0, 9, Content::Delta),
                vec![Row::put(b"", b""), Row::new(b"gone", Write::Delete)],
            ),
            (section(1, 2, Content::Full), vec![list, more]),
            (section(0, 3, Content::Full), vec![]),
        ],
    }
}

/// Every kind of state with values that compress, over several blocks.
pub(crate) fn roomy_job() -> FakeJob {
    let mut job = small_job();
    let key = |number: u8| [&b"the same beginning "[..], &[number]].concat();
    let rows = (0..20).map(|number| Row::put(&key(number), &[number; 40]));
    job.sections
        .push((section(0, 5, Content::Full), rows.collect()));
    let long = vec![
        Row::put(&key(0), &[1; 700]),
        Row::new(&key(0), Write::Append(vec![2; 90])),
    ];
    job.sections.push((section(1, 6, Content::Delta), long));
    let in_map = (0..20).map(|number| Row {
        namespace: b"window".to_vec(),
        user_key: key(number),
        ..Row::put(&key(7), &[number; 30])
    });
    job.sections
        .push((section(2, 7, Content::Delta), in_map.collect()));
    job
}

pub(crate) fn open(bytes: &Arc<[u8]>) -> Result<SegmentSource<Arc<[u8]>>> {
    SegmentSource::open(Arc::clone(bytes), "the test's segment")
}

/// Everything that the source tells of `groups`.
pub(crate) fn read(source: &mut impl SnapshotSource, groups: KeyGroupRange) -> Result<Rows> {
    let mut told: Rows = Vec::new();
    for state in 0..source.header().states.len() {
        source.read(state, groups, &mut |event| {
            match event {
                SnapshotEvent::Section(section) => told.push((section, Vec::new())),
                SnapshotEvent::Entry(entry) => told.last_mut().unwrap().1.push(Row::of(entry)),
            }
            Ok(())
        })?;
    }
    Ok(told)
}

/// Opens a segment and reads all of it.
pub(crate) fn read_all(bytes: &Arc<[u8]>) -> Result<FakeJob> {
    let mut source = open(bytes)?;
    let header = source.header().clone();
    let sections = read(&mut source, header.groups)?;
    Ok(FakeJob { header, sections })
}
