//! Reading from something that does not lend its bytes, as files do not.

use crate::fake::{FakeJob, Row, header, options, read, roomy_job, section};
use alluvium_checkpoint::{Compression, MemoryStorage, SegmentInput, SegmentSource, Storage};
use alluvium_state_api::{Content, ErrorKind, KeyGroupRange, Result, SnapshotSource, StateError};
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// Bytes that are read, not lent, and what was read of them.
#[derive(Clone)]
struct Distant {
    bytes: Arc<[u8]>,
    reads: Arc<Mutex<Vec<Range<u64>>>>,
}

impl Distant {
    fn new(bytes: Arc<[u8]>) -> Self {
        let reads = Arc::default();
        Self { bytes, reads }
    }
}

impl SegmentInput for Distant {
    fn length(&self) -> u64 {
        self.bytes.length()
    }

    fn lend(&self, _offset: u64, _length: usize) -> Option<&[u8]> {
        None
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        let read = offset..offset + into.len() as u64;
        self.reads.lock().unwrap().push(read);
        self.bytes.read_at(offset, into)
    }
}

#[test]
fn whatever_is_read_at_once_the_same_is_told() {
    let job = roomy_job();
    for compression in [Compression::None, Compression::Zstd(1)] {
        let bytes = job.bytes_with(options(300, compression));
        for size in [1, 16, 17, 100, 1_000, 1 << 20] {
            let input = Distant::new(Arc::clone(&bytes));
            let source = SegmentSource::open(input, "distant").unwrap();
            let mut source = source.with_read_size(size).unwrap();
            assert_eq!(
                read(&mut source, job.header.groups).unwrap(),
                job.told(),
                "{size}"
            );
        }
    }
}

#[test]
fn segments_are_read_from_any_store() {
    let storage = MemoryStorage::new();
    let bytes = roomy_job().bytes_with(options(300, Compression::Zstd(1)));
    let mut file = storage.write("segment").unwrap();
    bytes
        .chunks(100)
        .try_for_each(|chunk| file.append(chunk))
        .unwrap();
    file.finish().unwrap();
    let file = storage.open("segment").unwrap().unwrap();
    let mut source = SegmentSource::open(file, storage.locate("segment")).unwrap();
    assert_eq!(
        read(&mut source, roomy_job().header.groups).unwrap(),
        roomy_job().told()
    );
}

/// A section of 5 kB for each of the groups 2 to 9.
fn eight() -> (Distant, SegmentSource<Distant>) {
    let sections = (2..10).map(|group| {
        let rows = (0..50).map(|number| Row::put(&[number], &[group as u8; 100]));
        (section(0, group, Content::Full), rows.collect())
    });
    let job = FakeJob {
        header: header(None),
        sections: sections.collect(),
    };
    let input = Distant::new(job.bytes(1_000));
    let source = SegmentSource::open(input.clone(), "distant").unwrap();
    input.reads.lock().unwrap().clear();
    (input, source)
}

#[test]
fn what_lies_side_by_side_is_read_at_once_and_nothing_more() {
    let (input, mut source) = eight();
    let groups = KeyGroupRange::new(4, 6).unwrap();
    assert_eq!(read(&mut source, groups).unwrap().len(), 3);
    let reads = std::mem::take(&mut *input.reads.lock().unwrap());
    assert_eq!(reads.len(), 1);
    assert_eq!(reads[0].end - reads[0].start, source.stored_length(groups));

    let mut source = source.with_read_size(6_000).unwrap();
    assert_eq!(read(&mut source, groups).unwrap().len(), 3);
    let reads = input.reads.lock().unwrap();
    assert!((3..=4).contains(&reads.len()), "{reads:?}");
    assert_eq!(
        reads.last().unwrap().end,
        reads[0].start + source.stored_length(groups)
    );
}

#[test]
fn clones_read_their_groups_on_other_threads() {
    let (_, mut source) = eight();
    let groups = source.header().groups;
    let whole = read(&mut source, groups).unwrap();
    let parts = groups.split(3);
    let parts: Vec<_> = std::thread::scope(|scope| {
        let read = |groups| {
            let mut clone = source.clone();
            scope.spawn(move || read(&mut clone, groups).unwrap())
        };
        let threads: Vec<_> = parts.into_iter().map(read).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(parts, whole);
}

/// Fails from a certain read on.
struct Failing(Distant, usize);

impl SegmentInput for Failing {
    fn length(&self) -> u64 {
        self.0.length()
    }

    fn lend(&self, _offset: u64, _length: usize) -> Option<&[u8]> {
        None
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        self.0.read_at(offset, into)?;
        if self.0.reads.lock().unwrap().len() > self.1 {
            into.fill(0);
            return Err(StateError::storage("the disk is gone"));
        }
        Ok(())
    }
}

#[test]
fn failed_reads_are_told_and_leave_nothing_behind() {
    let (distant, mut clean) = eight();
    let groups = clean.header().groups;
    read(&mut clean, groups).unwrap();
    for good in 0..30 {
        let failing = Failing(Distant::new(Arc::clone(&distant.bytes)), good);
        let opened = SegmentSource::open(failing, "the file");
        let source = opened.and_then(|source| source.with_read_size(3_000));
        let error = match source {
            Ok(mut source) => match read(&mut source, groups) {
                Ok(_) => return assert!(good > 10),
                Err(error) => {
                    // What was read before is not taken for what could not be read.
                    let again = read(&mut source, groups).unwrap_err();
                    assert_eq!(again.kind(), ErrorKind::Storage);
                    error
                }
            },
            Err(error) => error,
        };
        assert_eq!(error.kind(), ErrorKind::Storage, "{good}: {error}");
        assert!(error.to_string().contains("the file"), "{error}");
    }
    panic!("it never ends");
}

#[test]
fn read_sizes_have_bounds() {
    for size in [0, (64 << 20) + 1] {
        let error = eight().1.with_read_size(size).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Misuse);
    }
}
