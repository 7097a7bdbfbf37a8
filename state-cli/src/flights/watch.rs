//! Telling people what happens to the job, on stderr.

use super::summary::{CheckpointSummary, size};
use crate::output::{say, with_rate};
use alluvium_state_tests::executor::{JobEvent, JobListener};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::{Arc, Mutex, PoisonError};

/// A progress bar, if stderr is a terminal, and a line for everything that matters.
#[derive(Clone)]
pub(super) struct Watch {
    bar: ProgressBar,
    records: u64,
    checkpoints: Arc<Mutex<CheckpointSummary>>,
}

impl Watch {
    /// Watches a job that reads `records`.
    pub(super) fn new(records: u64) -> Self {
        const TEMPLATE: &str = "{bar:30} {percent:>3} %  {human_pos} records  {rate}  {eta} left";
        let bar = ProgressBar::with_draw_target(Some(records), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(with_rate(style));
        }
        Self {
            bar,
            records,
            checkpoints: Arc::default(),
        }
    }

    /// Takes the progress bar away; what checkpoints have come to.
    pub(super) fn finish(&self) -> CheckpointSummary {
        self.bar.finish_and_clear();
        *self.lock()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, CheckpointSummary> {
        // Whatever panicked did not do so in the midst of a change.
        self.checkpoints
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, line: &str) {
        self.bar.suspend(|| say(&line));
    }
}

impl JobListener for Watch {
    fn on_event(&self, event: &JobEvent<'_>) {
        match event {
            JobEvent::Started {
                restored_from,
                records_before,
                ..
            } => {
                self.bar.reset();
                self.bar.set_position(*records_before);
                self.bar.reset_eta();
                self.say(&match restored_from {
                    Some(checkpoint) => format!(
                        "resuming from checkpoint {checkpoint} at record {records_before} of {}",
                        self.records
                    ),
                    None => format!("starting at record 0 of {}", self.records),
                });
            }
            JobEvent::Progress { records } => self.bar.set_position(*records),
            JobEvent::CheckpointCompleted(stats) => {
                self.lock().add(stats);
                self.say(&format!(
                    "checkpoint {}: {} in {:.1} ms{}",
                    stats.checkpoint,
                    size(stats.size),
                    stats.duration.as_secs_f64() * 1e3,
                    if stats.last { ", the last one" } else { "" }
                ));
            }
            JobEvent::SavepointCompleted {
                checkpoint,
                path,
                size: bytes,
                duration,
            } => self.say(&format!(
                "savepoint {checkpoint}: {} in {:.1} ms, in '{path}'",
                size(*bytes),
                duration.as_secs_f64() * 1e3,
            )),
            JobEvent::CheckpointFailed {
                checkpoint,
                is_savepoint,
                reason,
            } => {
                let what = if *is_savepoint {
                    "savepoint"
                } else {
                    "checkpoint"
                };
                self.say(&format!("{what} {checkpoint} was given up: {reason}"));
            }
            JobEvent::Restarting { cause, delay } => {
                self.say(&format!("restarting in {delay:?}, because of: {cause}"));
            }
            JobEvent::AlreadyFinished { checkpoint } => self.say(&format!(
                "the job has finished, with checkpoint {checkpoint}: there is nothing left to do"
            )),
            _ => {}
        }
    }
}
