use crate::fake::{FakeJob, Row, Write, header, options, read_all, roomy_job, section};
use alluvium_checkpoint::{
    CancelFlag, Compression, SegmentOptions, SegmentOutput, SegmentParts, write_segment,
};
use alluvium_state_api::{
    Content, ErrorKind, KeyGroupRange, MaxParallelism, Result, SnapshotEstimate, SnapshotHeader,
    SnapshotJob, SnapshotReport, SnapshotSink, StateError,
};
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn written(job: FakeJob, options: SegmentOptions, threads: usize) -> FakeJob {
    let entries: usize = job.sections.iter().map(|(_, rows)| rows.len()).sum();
    let cancel = CancelFlag::new();
    let (segment, report) =
        write_segment(Box::new(job), Vec::new(), options, threads, &cancel).unwrap();
    assert_eq!(segment.length, segment.output.len() as u64);
    assert_eq!(
        (segment.entries, report.entries),
        (entries as u64, entries as u64)
    );
    read_all(&segment.output.into()).unwrap()
}

/// Many groups with some entries each.
fn wide(groups: u16, rows: u8, value: usize) -> FakeJob {
    let mut header = header(None);
    header.max_parallelism = MaxParallelism::new(u32::from(groups)).unwrap();
    header.groups = header.max_parallelism.all_groups();
    let sections = (0..groups).map(|group| {
        let rows = (0..rows).map(|row| Row::put(&[row, group as u8], &vec![row; value]));
        (section(0, group, Content::Full), rows.collect())
    });
    let sections = sections.collect();
    FakeJob { header, sections }
}

#[test]
fn all_threads_together_write_what_one_would_have() {
    for compression in [Compression::None, Compression::Zstd(1)] {
        for threads in [0, 1, 2, 3, 16, 100] {
            let mut expected = roomy_job();
            expected.sections = expected.told();
            assert_eq!(
                written(roomy_job(), options(200, compression), threads),
                expected
            );
            let job = wide(300, 7, 900);
            assert!(written(job.clone(), options(4_096, compression), threads) == job);
        }
    }
}

/// With sixteen parts each gathers 0.75 MiB: these are longer, and go on over several blocks.
#[test]
fn sections_longer_than_what_is_gathered_stay_in_one_piece() {
    let mut job = wide(16, 1, 10);
    for (place, (section, rows)) in job.sections.iter_mut().enumerate() {
        section.state = 1;
        let more = (0..30).map(|_| Row::new(b"more", Write::Append(vec![place as u8; 100_000])));
        rows.extend(more);
        rows.push(Row::put(b"long", &vec![7; 1_000_000]));
    }
    assert!(written(job.clone(), options(65_536, Compression::None), 16) == job);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_number_of_parts_on_any_threads(rows in 0..6u8, threads in 1..9usize, reverse: bool) {
        let job = wide(40, rows, 50);
        let cancel = CancelFlag::new();
        let (boxed, options) = (Box::new(job.clone()), options(100, Compression::None));
        let mut segment =
            SegmentParts::begin(boxed, Vec::new(), options, threads, &cancel).unwrap();
        let mut parts = segment.take_parts();
        if reverse {
            parts.reverse();
        }
        for part in parts {
            part.run().unwrap();
        }
        let mut expected = job.clone();
        expected.sections = job.told();
        let bytes = segment.finish().unwrap().output.into();
        prop_assert_eq!(read_all(&bytes).unwrap(), expected);
    }
}

/// Takes so many bytes; says when it is dropped.
struct Failing {
    left: usize,
    dropped: Arc<AtomicBool>,
}

impl SegmentOutput for Failing {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.left = self.left.checked_sub(bytes.len()).ok_or_else(|| {
            self.left = 0;
            StateError::storage("the disk is full")
        })?;
        Ok(())
    }
}

impl Drop for Failing {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_failed_output_stops_all_and_is_dropped() {
    let job = wide(64, 4, 1_000);
    let length = job.bytes(1_000).len();
    for left in (0..length).step_by(7_001) {
        let dropped = Arc::new(AtomicBool::new(false));
        let output = Failing {
            left,
            dropped: Arc::clone(&dropped),
        };
        let (job, cancel) = (Box::new(job.clone()), CancelFlag::new());
        let result = write_segment(job, output, options(1_000, Compression::None), 4, &cancel);
        let error = result.map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Storage, "{left}: {error}");
        assert!(dropped.load(Ordering::SeqCst));
        assert!(!cancel.is_cancelled());
    }
}

/// Does something at the beginning of one of the parts.
struct Spoilt {
    inner: Box<dyn SnapshotJob>,
    first: i32,
    spoil: fn(&CancelFlag) -> Result<()>,
    cancel: CancelFlag,
}

impl SnapshotJob for Spoilt {
    fn header(&self) -> &SnapshotHeader {
        self.inner.header()
    }

    fn estimate(&self) -> Option<SnapshotEstimate> {
        self.inner.estimate()
    }

    fn into_whole(self: Box<Self>) -> Box<dyn SnapshotJob> {
        self
    }

    fn split(self: Box<Self>, parts: usize) -> Vec<Box<dyn SnapshotJob>> {
        let (spoil, cancel) = (self.spoil, self.cancel);
        let parts = self.inner.split(parts).into_iter().enumerate();
        let part = |(place, inner)| {
            let (first, cancel) = (place as i32, cancel.clone());
            Box::new(Self {
                inner,
                first,
                spoil,
                cancel,
            }) as Box<dyn SnapshotJob>
        };
        parts.map(part).collect()
    }

    fn run(self: Box<Self>, sink: &mut dyn SnapshotSink) -> Result<SnapshotReport> {
        if self.first == 2 {
            (self.spoil)(&self.cancel)?;
        }
        self.inner.run(sink)
    }
}

fn spoilt(spoil: fn(&CancelFlag) -> Result<()>) -> (ErrorKind, bool) {
    let (cancel, dropped) = (CancelFlag::new(), Arc::new(AtomicBool::new(false)));
    let job = Spoilt {
        inner: Box::new(wide(64, 4, 1_000)),
        first: -1,
        spoil,
        cancel: cancel.clone(),
    };
    let output = Failing {
        left: usize::MAX,
        dropped: Arc::clone(&dropped),
    };
    let options = options(1_000, Compression::None);
    let result = write_segment(Box::new(job), output, options, 4, &cancel);
    let kind = result.map(drop).unwrap_err().kind();
    (kind, dropped.load(Ordering::SeqCst))
}

#[test]
fn one_part_that_fails_fails_the_segment_with_its_error() {
    let misuse = spoilt(|_| Err(StateError::misuse("cannot be encoded")));
    assert_eq!(misuse, (ErrorKind::Misuse, true));
    assert_eq!(
        spoilt(|_| panic!("a part panics")),
        (ErrorKind::Misuse, true)
    );
    let cancelled = spoilt(|cancel| {
        cancel.cancel();
        Ok(())
    });
    assert_eq!(cancelled, (ErrorKind::Cancelled, true));
}

#[test]
fn a_raised_flag_stops_a_single_writer_too() {
    let cancel = CancelFlag::new();
    let sink = alluvium_checkpoint::SegmentSink::in_memory();
    let mut sink = sink.with_cancel(cancel.clone());
    let job = wide(4, 1, 10);
    job.write(&mut sink).unwrap();
    cancel.cancel();
    assert_eq!(sink.finish().unwrap_err().kind(), ErrorKind::Cancelled);
}

#[test]
fn a_segment_is_not_finished_without_its_parts() {
    let begin = || {
        let (job, cancel) = (Box::new(wide(64, 4, 100)), CancelFlag::new());
        SegmentParts::begin(job, Vec::new(), SegmentOptions::default(), 4, &cancel).unwrap()
    };
    let mut dropped = begin();
    for part in dropped.take_parts().into_iter().skip(1) {
        // One was dropped: the others need not begin.
        assert_eq!(part.run().unwrap_err().kind(), ErrorKind::Cancelled);
    }
    assert_eq!(dropped.finish().unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(begin().finish().unwrap_err().kind(), ErrorKind::Cancelled);
    let mut early = begin();
    let parts = early.take_parts();
    assert_eq!(early.finish().unwrap_err().kind(), ErrorKind::Misuse);
    drop(parts);
}

#[test]
fn a_job_without_groups_is_a_segment_too() {
    let mut job = roomy_job();
    job.sections.clear();
    job.header.base = None;
    job.header.groups = KeyGroupRange::EMPTY;
    let cancel = CancelFlag::new();
    let result = write_segment(
        Box::new(job.clone()),
        Vec::new(),
        SegmentOptions::default(),
        4,
        &cancel,
    );
    let bytes = result.unwrap().0.output;
    assert_eq!(read_all(&bytes.into()).unwrap(), job);
}
