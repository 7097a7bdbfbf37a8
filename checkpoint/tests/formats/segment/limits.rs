use crate::fake::{FakeJob, Row, header, options, section, small_job};
use alluvium_checkpoint::{Compression, SegmentOptions, SegmentOutput, SegmentSink};
use alluvium_state_api::{Content, ErrorKind, Limit, Result, SharedFile, SnapshotSink, WholeFile};
use std::path::Path;

fn limited(bytes: u64) -> SegmentSink<Vec<u8>> {
    let limit = Limit {
        bytes,
        option: "memory.max-snapshot-size",
    };
    SegmentSink::in_memory().with_limit(limit, "the snapshot of subtask 3 of operator 'count'")
}

#[test]
fn the_limit_is_the_size_of_the_segment_to_the_byte() {
    let job = small_job();
    let size = job.bytes(SegmentOptions::DEFAULT_BLOCK_SIZE).len() as u64;
    let mut sink = limited(size);
    job.write(&mut sink).unwrap();
    assert_eq!(sink.finish().unwrap().length, size);
    let mut sink = limited(size - 1);
    let error = job
        .write(&mut sink)
        .and_then(|()| sink.finish().map(drop))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    let message = error.to_string();
    assert!(
        message.contains("subtask 3 of operator 'count'"),
        "{message}"
    );
    assert!(message.contains("'memory.max-snapshot-size'"), "{message}");
}

#[test]
fn the_limit_stops_the_job_at_once() {
    let mut sink = limited(10_000);
    sink.begin(&header(None)).unwrap();
    sink.section(section(0, 3, Content::Full)).unwrap();
    let row = Row::put(b"key", &[0; 100]);
    let taken = (0..1_000).take_while(|_| sink.entry(row.entry()).is_ok());
    let taken = taken.count();
    assert!((80..=100).contains(&taken), "{taken} entries");
    assert_eq!(
        sink.entry(row.entry()).unwrap_err().kind(),
        ErrorKind::Misuse
    );
}

/// Remembers the greatest piece that it was given.
#[derive(Default)]
struct Pieces {
    total: u64,
    greatest: usize,
}

impl SegmentOutput for Pieces {
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.total += bytes.len() as u64;
        self.greatest = self.greatest.max(bytes.len());
        Ok(())
    }
}

#[test]
fn what_is_held_back_is_a_block_at_most() {
    held_back(Compression::None);
    held_back(Compression::Zstd(1));
}

fn held_back(compression: Compression) {
    let job = FakeJob {
        header: header(None),
        sections: vec![(
            section(0, 3, Content::Full),
            vec![
                Row::put(b"small", b"value"),
                Row::put(b"great", &[7; 1_000_000]),
                Row::put(b"small", b"value"),
            ],
        )],
    };
    let options = options(4096, compression);
    let mut sink = SegmentSink::new(Pieces::default(), options);
    job.write(&mut sink).unwrap();
    let written = sink.finish().unwrap();
    assert_eq!(written.output.total, written.length);
    assert!(
        written.output.greatest <= 4096 + 16,
        "{}",
        written.output.greatest
    );
    if compression == Compression::None {
        let overhead = written.length - 1_000_000;
        assert!(overhead < 8_000, "{overhead}");
    } else {
        assert!(written.length < 20_000, "{}", written.length);
    }
}

#[test]
fn what_is_sure_to_pass_the_limit_is_not_begun() {
    let mut output = Pieces::default();
    let limit = Limit {
        bytes: 10_000,
        option: "memory.max-snapshot-size",
    };
    let options = options(1024, Compression::None);
    let mut sink = SegmentSink::new(&mut output, options).with_limit(limit, "a snapshot");
    sink.begin(&header(None)).unwrap();
    sink.section(section(0, 3, Content::Full)).unwrap();
    let error = sink
        .entry(Row::put(b"great", &vec![7; 1_000_000]).entry())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    drop(sink);
    assert!(output.total < 1_000, "{}", output.total);
}

#[test]
fn block_sizes_have_bounds() {
    for size in [0, 63, (16 << 20) + 1] {
        let error = SegmentOptions::default().with_block_size(size).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse);
    }
    for size in [64, 16 << 20] {
        let options = SegmentOptions::default().with_block_size(size).unwrap();
        assert_eq!(options.block_size(), size);
    }
}

#[test]
fn levels_have_bounds() {
    for level in [i32::MIN, -1, 0, 20, i32::MAX] {
        let options = SegmentOptions::default().with_compression(Compression::Zstd(level));
        assert_eq!(options.unwrap_err().kind(), ErrorKind::Misuse, "{level}");
    }
    let default = SegmentOptions::default();
    assert_eq!(default.compression(), Compression::Zstd(1));
    assert!(default.with_compression(Compression::Zstd(19)).is_ok());
}

#[test]
fn the_limit_counts_what_is_written() {
    let job = FakeJob {
        header: header(None),
        sections: vec![(
            section(0, 3, Content::Full),
            vec![Row::put(b"great", &[7; 1_000_000])],
        )],
    };
    let limited = |bytes| {
        let limit = Limit {
            bytes,
            option: "memory.max-snapshot-size",
        };
        let sink = SegmentSink::new(Vec::new(), options(4096, Compression::Zstd(1)));
        let mut sink = sink.with_limit(limit, "a snapshot");
        job.write(&mut sink)?;
        sink.finish()
    };
    let length = limited(1 << 20).unwrap().length;
    assert!(length < 20_000, "{length}");
    assert_eq!(limited(length).unwrap().length, length);
    let error = limited(length - 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
}

#[test]
fn files_are_refused_and_the_segment_goes_on() {
    let mut sink = SegmentSink::in_memory();
    sink.begin(&header(None)).unwrap();
    let file = WholeFile {
        name: "000012.sst",
        path: Path::new("x"),
        shareable: true,
    };
    assert_eq!(sink.file(file).unwrap_err().kind(), ErrorKind::Misuse);
    let shared = SharedFile {
        name: "000012.sst",
        file_id: "1",
    };
    let error = sink.shared(shared).unwrap_err();
    assert!(error.to_string().contains("000012.sst"), "{error}");
    sink.finish().unwrap();
}
