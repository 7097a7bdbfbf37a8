//! The same state as `snapshots`, through files on disk as the filesystem backend writes them:
//! durable when a figure is printed.

use super::snapshots::{State, restore};
use crate::measure::{Report, now, timed};
use crate::rng::Rng;
use crate::settings::Settings;
use alluvium::checkpoint::{
    CancelFlag, Compression, FilePlace, FileRef, LocalStorage, SegmentOptions, SegmentSource,
    SnapshotFiles, SnapshotFolder, StoredSegment, hide_voided, write_segment,
};
use alluvium::{
    CheckpointId, KeyedBackend, Result, SnapshotChain, SnapshotJob, SnapshotSource, StateError,
};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// How a snapshot is written.
#[derive(Clone, Copy)]
struct How {
    compression: Compression,
    threads: usize,
}

const PLAIN: How = How {
    compression: Compression::None,
    threads: 1,
};
const PLAIN_ON_TWO: How = How {
    compression: Compression::None,
    threads: 2,
};
const ZSTD: How = How {
    compression: Compression::Zstd(1),
    threads: 1,
};
const ZSTD_ON_TWO: How = How {
    compression: Compression::Zstd(1),
    threads: 2,
};

/// Where snapshots go.
struct Folder {
    folder: SnapshotFolder,
    files: SnapshotFiles,
}

impl Folder {
    fn open(dir: &Path) -> Result<Self> {
        let storage = Arc::new(LocalStorage::open(dir)?);
        let folder = SnapshotFolder::savepoint(storage, "snapshots")?;
        let files = folder.files();
        Ok(Self { folder, files })
    }

    fn write(&self, job: Box<dyn SnapshotJob>, how: How) -> Result<FileRef> {
        let output = self.folder.create(FilePlace::Own)?;
        let options = SegmentOptions::default().with_compression(how.compression)?;
        let (segment, _) = write_segment(job, output, options, how.threads, &CancelFlag::new())?;
        segment.output.finish()
    }

    fn chain(&self, layers: &[FileRef]) -> Result<SnapshotChain> {
        let open = |file: &FileRef| {
            let input = StoredSegment::File(self.files.open(file)?);
            SegmentSource::open(input, self.files.locate(file))
        };
        let mut layers = layers.iter().map(open).collect::<Result<Vec<_>>>()?;
        hide_voided(&mut layers);
        let boxed = layers
            .into_iter()
            .map(|layer| Box::new(layer) as Box<dyn SnapshotSource>);
        Ok(boxed.collect())
    }
}

pub(super) fn run(report: &Report, settings: &Settings) -> Result<()> {
    let dir = settings.dir.join("files");
    // What an earlier run left is as large as this one's.
    drop(fs::remove_dir_all(&dir));
    let folder = Folder::open(&dir)?;
    let keys = settings.keys(1_000_000);
    let mut rng = Rng::new(5);
    let mut state = State::open(0, 1, Vec::new())?;
    (0..keys).try_for_each(|key| state.set(key, &mut rng))?;

    let plain = whole(
        &mut state,
        &folder,
        report,
        1,
        ("files_full_plain", PLAIN),
        None,
    )?;
    say_disk(&dir, plain.length, report)?;
    let logical = Some(plain.length);
    let mut base = plain;
    for (id, kind) in [
        (2, ("files_full_plain_2_threads", PLAIN_ON_TWO)),
        (3, ("files_full_zstd1_2_threads", ZSTD_ON_TWO)),
        (4, ("files_full_zstd1", ZSTD)),
    ] {
        state.backend.abort(CheckpointId(id - 1));
        base = whole(&mut state, &folder, report, id, kind, logical)?;
    }
    state.backend.confirm(CheckpointId(4));

    for _ in 0..keys / 100 {
        let key = rng.below(keys);
        state.set(key, &mut rng)?;
    }
    let (time, delta) = timed(|| folder.write(state.freeze(5)?, ZSTD));
    let delta = delta?;
    report.say_ms("files_1pct", time);
    report.say("files_1pct_bytes", "bytes", delta.length as f64);
    drop(state);

    let both = [base, delta];
    let whole_chain = || Ok(vec![folder.chain(&both)?]);
    restore("files_restore", (0, 1), whole_chain, report)?;
    restore("files_restore_half", (0, 2), whole_chain, report)?;
    let mut halves = Vec::new();
    for subtask in 0..2 {
        let mut half = State::open(subtask, 2, whole_chain()?)?;
        halves.push([folder.write(half.freeze(1)?, ZSTD)?]);
    }
    let halves = || halves.iter().map(|half| folder.chain(half)).collect();
    restore("files_restore_two_halves", (0, 1), halves, report)
}

/// Writes a whole snapshot; says how long the task stood still, how long it took in all, its rate in
/// bytes before compression, and how much memory was needed beside the state.
fn whole(
    state: &mut State,
    folder: &Folder,
    report: &Report,
    checkpoint: u64,
    (work, how): (&str, How),
    logical: Option<u64>,
) -> Result<FileRef> {
    let resident = resident("VmRSS")?;
    // What counts as the peak begins anew.
    fs::write("/proc/self/clear_refs", "5").map_err(|error| no_proc(&error))?;
    let start = now();
    let job = state.freeze(checkpoint)?;
    report.say_ms(&format!("{work}_sync"), start.elapsed());
    let file = folder.write(job, how)?;
    let time = start.elapsed();
    report.say_ms(work, time);
    let logical = logical.unwrap_or(file.length);
    report.say(
        &format!("{work}_rate"),
        "MB/s",
        logical as f64 / time.as_secs_f64() / 1e6,
    );
    report.say(&format!("{work}_bytes"), "bytes", file.length as f64);
    let beside = self::resident("VmHWM")?.saturating_sub(resident);
    report.say(&format!("{work}_memory"), "bytes", beside as f64);
    Ok(file)
}

fn no_proc(error: &std::io::Error) -> StateError {
    StateError::storage(format!("/proc/self cannot be used: {error}"))
}

/// A figure of this process, in bytes.
fn resident(name: &str) -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status").map_err(|error| no_proc(&error))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let figure = line.and_then(|rest| rest.trim_matches([':', ' ', '\t', 'k', 'B']).parse().ok());
    let kibibytes: u64 = figure.unwrap_or(0);
    Ok(kibibytes * 1_024)
}

/// The disk's own rate: as many bytes, written straight through and synced.
fn say_disk(dir: &Path, bytes: u64, report: &Report) -> Result<()> {
    let path = dir.join("disk");
    let block = vec![0x5a; 1 << 20];
    let (time, written) = timed(|| {
        let mut file = File::create(&path)?;
        for _ in 0..bytes >> 20 {
            file.write_all(&block)?;
        }
        file.sync_all()
    });
    written.map_err(|error| StateError::storage("cannot write to the disk").with_source(error))?;
    drop(fs::remove_file(&path));
    report.say(
        "files_disk_rate",
        "MB/s",
        bytes as f64 / time.as_secs_f64() / 1e6,
    );
    Ok(())
}
