//! What came of the job, for people and for programs.

use super::input::Input;
use super::job::JOB;
use crate::args::FlightsArgs;
use alluvium::config::{Location, Resolved};
use alluvium_state_tests::executor::{CheckpointStats, JobReport};
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// The summary; its fields are the keys of the JSON form. Durations are in milliseconds, sizes in
/// bytes.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    job: &'static str,
    job_id: String,
    /// Whether an earlier run had finished the job, so that there was nothing to do.
    already_finished: bool,
    /// Bytes that are no text are replaced, here and in the next.
    input: String,
    output: String,
    checkpoint_dir: String,
    backend: String,
    parallelism: u32,
    repeat: u64,
    /// All records of the input: lines × repeat.
    records: u64,
    /// The checkpoint that this run began from.
    restored_from: Option<u64>,
    /// Newer checkpoints that are damaged, and what is wrong with each.
    passed_over: Vec<PassedOver>,
    /// The records that it covers.
    records_before: u64,
    /// The records that this run has read; those read again after a failure count once.
    records_read: u64,
    /// The same, those read again counted again.
    records_processed: u64,
    /// Malformed lines in all of the input.
    skipped_lines: u64,
    restarts: u32,
    /// The savepoint that the job was stopped with.
    stopped_with: Option<String>,
    duration_ms: f64,
    records_per_second: f64,
    checkpoints: CheckpointSummary,
    /// The most memory that the process has had, where the system tells.
    peak_memory_bytes: Option<u64>,
}

/// A damaged checkpoint that an older one was restored instead of.
#[derive(Debug, Serialize)]
struct PassedOver {
    checkpoint: u64,
    reason: String,
}

/// What the checkpoints of this run have come to.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct CheckpointSummary {
    completed: u64,
    failed: u64,
    last: Option<u64>,
    last_bytes: u64,
    greatest_bytes: u64,
    mean_duration_ms: f64,
    greatest_duration_ms: f64,
}

impl CheckpointSummary {
    pub(super) fn add(&mut self, stats: &CheckpointStats) {
        let millis = millis(stats.duration);
        let before = self.completed as f64;
        self.completed += 1;
        self.last = Some(stats.checkpoint.0);
        self.last_bytes = stats.size;
        self.greatest_bytes = self.greatest_bytes.max(stats.size);
        self.mean_duration_ms += (millis - self.mean_duration_ms) / (before + 1.0);
        self.greatest_duration_ms = self.greatest_duration_ms.max(millis);
    }
}

fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// A size as people read it.
pub(super) fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}

/// What a run was given.
pub(super) struct Run<'a> {
    pub(super) args: &'a FlightsArgs,
    pub(super) input: &'a Input,
    pub(super) path: &'a Path,
    pub(super) settings: &'a Resolved,
}

impl Summary {
    pub(super) fn new(
        run: &Run<'_>,
        report: &JobReport,
        checkpoints: CheckpointSummary,
        duration: Duration,
    ) -> Self {
        let Run {
            args,
            input,
            path,
            settings,
        } = run;
        let directory = settings.checkpoint_dir.as_ref();
        let rate = report.records_processed as f64 / duration.as_secs_f64().max(1e-9);
        Self {
            job: JOB,
            job_id: args.job_id.clone(),
            already_finished: report.already_finished,
            input: path.display().to_string(),
            output: args.output.display().to_string(),
            checkpoint_dir: directory.map(Location::to_string).unwrap_or_default(),
            backend: format!("{:?}", settings.backend).to_lowercase(),
            parallelism: settings.parallelism,
            repeat: args.repeat,
            records: input.lines() * args.repeat,
            restored_from: report.restored_from.map(|checkpoint| checkpoint.0),
            passed_over: report
                .passed_over
                .iter()
                .map(|(checkpoint, reason)| PassedOver {
                    checkpoint: checkpoint.0,
                    reason: reason.clone(),
                })
                .collect(),
            records_before: report.records_before,
            records_read: report.records_read,
            records_processed: report.records_processed,
            skipped_lines: input.bad_lines() * args.repeat,
            restarts: report.restarts,
            stopped_with: report.stopped_with.as_ref().map(Location::to_string),
            duration_ms: millis(duration),
            records_per_second: rate.round(),
            checkpoints: CheckpointSummary {
                failed: report.failed_checkpoints,
                ..checkpoints
            },
            peak_memory_bytes: peak_memory(),
        }
    }

    /// A table for people.
    pub(super) fn to_table(&self) -> String {
        let checkpoints = &self.checkpoints;
        let mut rows: Vec<(&str, String)> = vec![
            ("input", self.input.clone()),
            ("output", self.output.clone()),
            (
                "restored_from",
                match self.restored_from {
                    Some(checkpoint) => format!("checkpoint {checkpoint}"),
                    None => "nothing: started from zero".to_owned(),
                },
            ),
            ("records_before", grouped(self.records_before)),
            ("records_read", grouped(self.records_read)),
            ("duration", format!("{:.2} s", self.duration_ms / 1e3)),
            (
                "throughput",
                format!("{} records/s", grouped(self.records_per_second as u64)),
            ),
            (
                "checkpoints",
                format!(
                    "{} completed, {} failed",
                    checkpoints.completed, checkpoints.failed
                ),
            ),
        ];
        for PassedOver { checkpoint, reason } in &self.passed_over {
            rows.push(("passed over", format!("checkpoint {checkpoint}: {reason}")));
        }
        if let Some(last) = checkpoints.last {
            rows.push((
                "last checkpoint",
                format!("{last}, {}", size(checkpoints.last_bytes)),
            ));
            rows.push((
                "checkpoint duration",
                format!(
                    "{:.1} ms on average, {:.1} ms at most",
                    checkpoints.mean_duration_ms, checkpoints.greatest_duration_ms
                ),
            ));
        }
        if let Some(path) = &self.stopped_with {
            rows.push(("stopped with", path.clone()));
        }
        if self.skipped_lines > 0 {
            rows.push(("skipped lines", grouped(self.skipped_lines)));
        }
        if self.restarts > 0 {
            rows.push(("restarts", self.restarts.to_string()));
        }
        if let Some(bytes) = self.peak_memory_bytes {
            rows.push(("peak memory", size(bytes)));
        }
        let mut table = Table::new();
        table.load_style(presets::UTF8_BORDERS_ONLY);
        for (name, value) in rows {
            table.add_row([name.to_owned(), value]);
        }
        if let Some(names) = table.column_mut(0) {
            names.set_cell_alignment(CellAlignment::Left);
        }
        table.to_string()
    }
}

fn grouped(number: u64) -> String {
    indicatif::HumanCount(number).to_string()
}

/// What Linux says about it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
