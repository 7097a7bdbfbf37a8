//! Writing one segment from several threads.
//!
//! Each part of a job encodes and compresses the sections of its key groups by itself. A section
//! stands in one piece in the segment: a part gathers blocks until sections are complete, and then
//! appends them under a lock. A section longer than what a part may gather is appended as it comes,
//! and the others wait with theirs until it ends.

use super::cancel::CancelFlag;
use super::codec::{Codec, Packed};
use super::encoder::{self, Encoder, SectionTarget};
use super::pack::{BlockTarget, Filling};
use super::sink::Body;
use super::{SegmentOptions, SegmentOutput, WrittenSegment};
use alluvium_state_api::{
    Entry, ErrorKind, Result, Section, SharedFile, SnapshotHeader, SnapshotJob, SnapshotReport,
    SnapshotSink, StateError, WholeFile,
};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// What all parts of a segment together gather, in bytes, before they append.
const GATHERED: usize = 12 << 20;
/// With so much of complete sections, a part appends them.
const ENOUGH: usize = 1 << 20;

/// A snapshot job on its way into one segment, in parts that can run on any threads.
///
/// Beyond what the output keeps, all parts together hold at most 12 MiB of finished blocks, and each
/// part what a [`SegmentSink`](super::SegmentSink) holds: about 32 MiB with sixteen parts, blocks of
/// the default size and zstd at level 1, however large the state is.
///
/// Dropping it and all parts drops the output, which is then to delete what it took.
pub struct SegmentParts<O> {
    shared: Arc<Shared<O>>,
    parts: Vec<SegmentPart<O>>,
}

/// One part of a job: [run](Self::run) it on some thread.
pub struct SegmentPart<O> {
    job: Option<Box<dyn SnapshotJob>>,
    shared: Arc<Shared<O>>,
    gather: usize,
}

struct Shared<O> {
    header: SnapshotHeader,
    options: SegmentOptions,
    body: Mutex<Body<O>>,
    cancel: CancelFlag,
    /// Parts that are not written yet.
    missing: AtomicUsize,
    entries: AtomicU64,
}

impl<O: SegmentOutput> SegmentParts<O> {
    /// The greatest number of parts: 16.
    pub const MAX_PARTS: usize = 16;

    /// Cuts `job` into up to `parts` parts, at most 16, that write one segment to `output`; raising
    /// `cancel` stops them all.
    ///
    /// # Errors
    /// `Misuse` if the job's header contradicts itself; what the output returns.
    pub fn begin(
        job: Box<dyn SnapshotJob>,
        output: O,
        options: SegmentOptions,
        parts: usize,
        cancel: &CancelFlag,
    ) -> Result<Self> {
        let header = job.header().clone();
        let mut body = Body::new(output);
        body.begin(&header, &mut Filling::new(options))?;
        let jobs = job.split(parts.clamp(1, Self::MAX_PARTS));
        let gather = GATHERED / jobs.len().max(1);
        let shared = Arc::new(Shared {
            header,
            options,
            body: Mutex::new(body),
            cancel: cancel.child(),
            missing: AtomicUsize::new(jobs.len()),
            entries: AtomicU64::new(0),
        });
        let part = |job| SegmentPart {
            job: Some(job),
            shared: Arc::clone(&shared),
            gather,
        };
        let parts = jobs.into_iter().map(part).collect();
        Ok(Self { shared, parts })
    }

    /// The parts, once; each must be run before the segment is finished.
    pub fn take_parts(&mut self) -> Vec<SegmentPart<O>> {
        std::mem::take(&mut self.parts)
    }

    /// Writes what comes after the last entry; all parts must have run.
    ///
    /// # Errors
    /// `Cancelled` if a part was dropped or has failed; `Misuse` if one is still there or a key
    /// group of a state was given in full and once more; what the output returns.
    pub fn finish(self) -> Result<WrittenSegment<O>> {
        drop(self.parts);
        self.shared.cancel.check()?;
        let shared = Arc::into_inner(self.shared).ok_or_else(|| {
            StateError::misuse("a segment was finished while parts of it were written")
        })?;
        if shared.missing.into_inner() > 0 {
            return Err(StateError::cancelled("a part of a segment was not written"));
        }
        let mut body = shared.body.into_inner().map_err(|_| panicked())?;
        body.finish(&shared.header, &mut Filling::new(shared.options))?;
        Ok(WrittenSegment {
            length: body.writer.offset,
            entries: shared.entries.into_inner(),
            output: body.writer.output,
        })
    }
}

impl<O: SegmentOutput> SegmentPart<O> {
    /// Writes the part. If it fails, the others stop.
    ///
    /// # Errors
    /// What the job or the output returned; `Cancelled` if the segment is given up, or another part
    /// has failed.
    pub fn run(mut self) -> Result<SnapshotReport> {
        let Some(job) = self.job.take() else {
            return Ok(SnapshotReport::default());
        };
        let shared = &*self.shared;
        shared.cancel.check()?;
        let mut sink = PartSink {
            encoder: Encoder::new(Filling::new(shared.options)).with_cancel(shared.cancel.clone()),
            target: PartTarget {
                shared,
                gather: self.gather,
                items: Vec::new(),
                bytes: 0,
                held: None,
            },
        };
        let report = job.run(&mut sink)?;
        let entries = sink.finish()?;
        shared.entries.fetch_add(entries, Ordering::Relaxed);
        shared.missing.fetch_sub(1, Ordering::AcqRel);
        self.gather = 0;
        Ok(report)
    }
}

/// A part that did not come to its end takes the segment with it, also if a thread panics.
impl<O> Drop for SegmentPart<O> {
    fn drop(&mut self) {
        if self.gather > 0 {
            self.shared.cancel.cancel();
        }
    }
}

struct PartSink<'s, O> {
    encoder: Encoder,
    target: PartTarget<'s, O>,
}

impl<O: SegmentOutput> PartSink<'_, O> {
    fn finish(mut self) -> Result<u64> {
        self.encoder.refuse_after_failure()?;
        let header = &self.target.shared.header;
        self.encoder.close(header, &mut self.target)?;
        drop(self.target.append()?);
        Ok(self.encoder.entries())
    }
}

impl<O: SegmentOutput> SnapshotSink for PartSink<'_, O> {
    fn begin(&mut self, header: &SnapshotHeader) -> Result<()> {
        if *header == self.target.shared.header {
            return Ok(());
        }
        let error = StateError::misuse("the parts of a snapshot job have different headers");
        self.encoder.note(Err(error))
    }

    fn section(&mut self, section: Section) -> Result<()> {
        self.encoder.refuse_after_failure()?;
        let header = &self.target.shared.header;
        let result = self
            .encoder
            .section(section, Some(header), &mut self.target);
        self.encoder.note(result)
    }

    fn entry(&mut self, entry: Entry<'_>) -> Result<()> {
        self.encoder.refuse_after_failure()?;
        let header = &self.target.shared.header;
        let target = &mut self.target;
        let result = self
            .encoder
            .entry(entry, Some(header), target, |_, _| Ok(()));
        self.encoder.note(result)
    }

    fn file(&mut self, file: WholeFile<'_>) -> Result<()> {
        Err(encoder::refuse_whole(file))
    }

    fn shared(&mut self, file: SharedFile<'_>) -> Result<()> {
        Err(encoder::refuse_shared(file))
    }
}

/// What a part has gathered.
enum Item {
    Begin(Section),
    Block {
        flags: u8,
        codec: Codec,
        raw: usize,
        stored: Box<[u8]>,
    },
    End {
        entries: u64,
    },
}

/// What an item takes beside its payload, in a list that may be half empty.
const ITEM: usize = 2 * size_of::<Item>();

struct PartTarget<'s, O> {
    shared: &'s Shared<O>,
    gather: usize,
    items: Vec<Item>,
    /// What the items take in memory.
    bytes: usize,
    /// The segment, while a section that was too long to be gathered is appended to it.
    held: Option<MutexGuard<'s, Body<O>>>,
}

impl<'s, O: SegmentOutput> PartTarget<'s, O> {
    /// Appends what was gathered; the segment is still held then.
    fn append(&mut self) -> Result<MutexGuard<'s, Body<O>>> {
        let mut body = self.shared.body.lock().map_err(|_| panicked())?;
        // The one who held it may have failed in the middle of a section.
        self.shared.cancel.check()?;
        for item in self.items.drain(..) {
            match item {
                Item::Begin(section) => body.begin_section(section),
                Item::Block {
                    flags,
                    codec,
                    raw,
                    stored,
                } => {
                    let stored = &*stored;
                    let appended = body.block(flags, Packed { codec, raw, stored });
                    // Before the lock is let go: nobody may write behind a torn block.
                    appended.inspect_err(|_| self.shared.cancel.cancel())?;
                }
                Item::End { entries } => body.end_section(entries)?,
            }
        }
        self.bytes = 0;
        Ok(body)
    }
}

impl<O: SegmentOutput> BlockTarget for PartTarget<'_, O> {
    fn block(&mut self, flags: u8, payload: Packed<'_>) -> Result<()> {
        if let Some(body) = &mut self.held {
            return body.block(flags, payload);
        }
        self.items.push(Item::Block {
            flags,
            codec: payload.codec,
            raw: payload.raw,
            stored: payload.stored.into(),
        });
        self.bytes += payload.stored.len() + ITEM;
        if self.bytes > self.gather {
            self.held = Some(self.append()?);
        }
        Ok(())
    }
}

impl<O: SegmentOutput> SectionTarget for PartTarget<'_, O> {
    fn begin_section(&mut self, section: Section) {
        self.items.push(Item::Begin(section));
        self.bytes += ITEM;
    }

    fn end_section(&mut self, entries: u64) -> Result<()> {
        if let Some(mut body) = self.held.take() {
            return body.end_section(entries);
        }
        self.items.push(Item::End { entries });
        self.bytes += ITEM;
        if self.bytes > ENOUGH.min(self.gather) {
            drop(self.append()?);
        }
        Ok(())
    }
}

/// A part that fails while it holds the segment leaves a torn section: nobody may go on.
impl<O> Drop for PartTarget<'_, O> {
    fn drop(&mut self) {
        if self.held.is_some() {
            self.shared.cancel.cancel();
        }
    }
}

#[cold]
fn panicked() -> StateError {
    StateError::cancelled("a thread that wrote to the segment has panicked")
}

/// What a part that panicked is told to have returned.
#[cold]
fn told(panic: &(dyn Any + Send)) -> StateError {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    StateError::misuse(format!("the writing of a snapshot panicked: {message}"))
}

/// Runs a part; what it panics with is its error, on whichever thread it ran.
fn run<O: SegmentOutput>(part: SegmentPart<O>) -> Result<SnapshotReport> {
    catch_unwind(AssertUnwindSafe(|| part.run())).unwrap_or_else(|panic| Err(told(&*panic)))
}

/// Writes a job as one segment on up to `threads` threads, at most 16, the calling one among them.
///
/// Holds in memory what [`SegmentParts`] say. Whatever happens, all threads have ended when it
/// returns; if it fails, the output is dropped.
///
/// # Errors
/// What the job or the output returned; `Cancelled` if `cancel` was raised; `Misuse` if the job
/// contradicts itself or panics.
pub fn write_segment<O: SegmentOutput + Send>(
    job: Box<dyn SnapshotJob>,
    output: O,
    options: SegmentOptions,
    threads: usize,
    cancel: &CancelFlag,
) -> Result<(WrittenSegment<O>, SnapshotReport)> {
    let mut segment = SegmentParts::begin(job, output, options, threads, cancel)?;
    let mut parts = segment.take_parts();
    let own = parts.pop();
    let results = std::thread::scope(|scope| {
        let running: Vec<_> = parts
            .into_iter()
            .map(|part| scope.spawn(move || run(part)))
            .collect();
        let own = own.map(run);
        let others = running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| Err(told(&*panic))));
        others.chain(own).collect::<Vec<_>>()
    });
    let mut report = SnapshotReport::default();
    let is_consequence = |error: &StateError| error.kind() == ErrorKind::Cancelled;
    let mut first = None;
    for result in results {
        match result {
            Ok(part) => report.add(part),
            Err(error) if first.as_ref().is_none_or(is_consequence) => first = Some(error),
            Err(_) => {}
        }
    }
    match first {
        Some(error) => Err(error),
        None => segment.finish().map(|written| (written, report)),
    }
}
