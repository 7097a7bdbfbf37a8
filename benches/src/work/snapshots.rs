//! String keys with 128-byte values: filling, snapshots, updates meanwhile, restore, rescaling.

use super::open;
use crate::measure::{Report, now, timed};
use crate::rng::{Rng, big_key, big_value};
use crate::settings::Settings;
use alluvium::checkpoint::{SegmentSink, SegmentSource};
use alluvium::{
    AnyBackend, CheckpointId, FreezeRequest, KeyedBackend, KeyedBackendExt, MaxParallelism,
    OrderedKey, Result, SnapshotChain, SnapshotJob, SnapshotMode, SnapshotSource, StateError,
    ValueDescriptor, ValueHandle,
};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const BIG: ValueDescriptor<Vec<u8>> = ValueDescriptor::new("big");

/// An update is looked at this often at least while a snapshot is written.
const LEAST_UPDATES: u64 = 20_000;

pub(super) struct State {
    pub(super) backend: AnyBackend<String>,
    big: ValueHandle<Vec<u8>>,
}

impl State {
    pub(super) fn open(
        subtask: u32,
        parallelism: u32,
        restore: Vec<SnapshotChain>,
    ) -> Result<Self> {
        let mut backend = open(subtask, parallelism, restore)?;
        let big = backend.register(&BIG)?;
        Ok(Self { backend, big })
    }

    pub(super) fn set(&mut self, key: u64, rng: &mut Rng) -> Result<()> {
        let value = big_value(rng);
        self.backend.key(&big_key(key))?.value(self.big).set(value)
    }

    pub(super) fn freeze(&mut self, checkpoint: u64) -> Result<Box<dyn SnapshotJob>> {
        let mode = SnapshotMode::Incremental;
        self.backend.freeze(FreezeRequest {
            checkpoint: CheckpointId(checkpoint),
            mode,
        })
    }

    /// Takes a snapshot, makes it durable, confirms it, and prints what it took.
    fn snapshot(
        &mut self,
        checkpoint: u64,
        path: &Path,
        report: &Report,
        work: &str,
    ) -> Result<()> {
        let start = now();
        let job = self.freeze(checkpoint)?;
        report.say_ms(&format!("{work}_sync"), start.elapsed());
        let bytes = write(job, path)?;
        report.say_ms(&format!("{work}_total"), start.elapsed());
        report.say(&format!("{work}_bytes"), "bytes", bytes as f64);
        self.backend.confirm(CheckpointId(checkpoint));
        Ok(())
    }
}

fn io_error(path: &Path, error: std::io::Error) -> StateError {
    StateError::storage(format!("cannot use '{}'", path.display())).with_source(error)
}

/// Writes a snapshot to a file and syncs it; returns its size.
fn write(job: Box<dyn SnapshotJob>, path: &Path) -> Result<u64> {
    let mut sink = SegmentSink::in_memory();
    job.run(&mut sink)?;
    let segment = sink.finish()?.output;
    fs::write(path, &segment).map_err(|error| io_error(path, error))?;
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|error| io_error(path, error))?;
    Ok(segment.len() as u64)
}

fn read(path: &Path) -> Result<Box<dyn SnapshotSource>> {
    let bytes = fs::read(path).map_err(|error| io_error(path, error))?;
    let source = SegmentSource::open(Arc::<[u8]>::from(bytes), path.display().to_string())?;
    Ok(Box::new(source))
}

fn chain(paths: &[PathBuf]) -> Result<SnapshotChain> {
    paths.iter().map(|path| read(path)).collect()
}

pub(super) fn run(report: &Report, settings: &Settings) -> Result<()> {
    let dir = &settings.dir;
    fs::create_dir_all(dir).map_err(|error| io_error(dir, error))?;
    let (whole, delta) = (dir.join("whole"), dir.join("delta"));
    let keys = settings.keys(1_000_000);
    let mut rng = Rng::new(5);
    let mut state = State::open(0, 1, Vec::new())?;
    let (time, filled) = timed(|| (0..keys).try_for_each(|key| state.set(key, &mut rng)));
    filled?;
    report.say("fill", "ops/s", keys as f64 / time.as_secs_f64());
    state.snapshot(1, &whole, report, "snapshot_full")?;
    for _ in 0..keys / 100 {
        let key = rng.below(keys);
        state.set(key, &mut rng)?;
    }
    state.snapshot(2, &delta, report, "snapshot_1pct")?;
    update_during_snapshot(&mut state, keys, &mut rng, &dir.join("third"), report)?;
    drop(state);

    let both = [whole, delta];
    restore("restore", (0, 1), || Ok(vec![chain(&both)?]), report)?;
    restore("rescale_out", (0, 2), || Ok(vec![chain(&both)?]), report)?;
    let halves = [half(0, &both, dir)?, half(1, &both, dir)?];
    let halves = || {
        halves
            .iter()
            .map(|half| chain(std::slice::from_ref(half)))
            .collect()
    };
    restore("rescale_in", (0, 1), halves, report)
}

/// Updates while another thread writes a snapshot: their rate, and the longest; the least of five
/// runs' maxima.
fn update_during_snapshot(
    state: &mut State,
    keys: u64,
    rng: &mut Rng,
    path: &Path,
    report: &Report,
) -> Result<()> {
    let (mut least_worst, mut rate) = (Duration::MAX, 0.0f64);
    for checkpoint in 3..8 {
        let job = state.freeze(checkpoint)?;
        let written = Arc::new(AtomicBool::new(false));
        let (flag, path) = (Arc::clone(&written), path.to_owned());
        let writer = std::thread::spawn(move || {
            let result = write(job, &path);
            flag.store(true, Ordering::Release);
            result
        });
        let (start, mut done, mut worst) = (now(), 0, Duration::ZERO);
        while done < LEAST_UPDATES || !written.load(Ordering::Acquire) {
            let key = big_key(rng.below(keys));
            let value = big_value(rng);
            let (time, result) = timed(|| state.backend.key(&key)?.value(state.big).set(value));
            result?;
            worst = worst.max(time);
            done += 1;
        }
        rate = rate.max(done as f64 / start.elapsed().as_secs_f64());
        least_worst = least_worst.min(worst);
        match writer.join() {
            Ok(result) => result.map(drop)?,
            Err(_) => return Err(StateError::storage("the thread that writes has panicked")),
        }
        state.backend.abort(CheckpointId(checkpoint));
    }
    report.say("update_during_snapshot", "ops/s", rate);
    report.say_ms("update_during_snapshot_worst", least_worst);
    Ok(())
}

/// Restores half of the key groups and writes a whole snapshot of them.
fn half(subtask: u32, both: &[PathBuf], dir: &Path) -> Result<PathBuf> {
    let mut state = State::open(subtask, 2, vec![chain(both)?])?;
    let path = dir.join(format!("half-{subtask}"));
    write(state.freeze(1)?, &path)?;
    Ok(path)
}

/// Opens a backend from snapshots and reads those of the first 1,000 keys that it owns.
pub(super) fn restore(
    work: &str,
    (subtask, parallelism): (u32, u32),
    chains: impl FnOnce() -> Result<Vec<SnapshotChain>>,
    report: &Report,
) -> Result<()> {
    let start = now();
    let mut state = State::open(subtask, parallelism, chains()?)?;
    let found = found_of_first_thousand(&mut state)?;
    report.say_ms(work, start.elapsed());
    report.say(&format!("{work}_found"), "keys", f64::from(found));
    Ok(())
}

/// How many of the first 1,000 keys are there.
fn found_of_first_thousand(state: &mut State) -> Result<u32> {
    let (range, max) = (state.backend.key_groups(), MaxParallelism::new(128)?);
    let mut found = 0;
    for key in (0..1_000).map(big_key) {
        if range.contains(max.group_of(key.key_hash())) {
            found += u32::from(state.backend.key(&key)?.get(state.big)?.is_some());
        }
    }
    Ok(found)
}
