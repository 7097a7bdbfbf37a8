//! A job from its first run to its last.

use super::attempt::{Attempt, AttemptReport, Outcome};
use super::listener::JobEvent;
use super::restore::max_parallelism;
use super::retained::Retained;
use super::{JobReport, JobSettings, RestartStrategy, Restore};
use crate::executor::graph::{Plan, SharedGraph};
use alluvium::{Result, StateError};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// Runs a job, again and again if it fails.
pub(crate) struct Driver {
    pub(crate) graph: SharedGraph,
    pub(crate) settings: JobSettings,
    /// Somebody wants the job to stop.
    pub(crate) cancel: Receiver<()>,
}

impl JobSettings {
    pub(super) fn tell(&self, event: &JobEvent<'_>) {
        if let Some(listener) = &self.listener {
            listener.on_event(event);
        }
    }

    fn check(&self) -> Result<()> {
        self.checkpoints.validate()?;
        if self.name.is_empty() {
            return Err(StateError::misuse("a job needs a name, found an empty one"));
        }
        if self.checkpoint_every.is_some() && !self.checkpointing() {
            return Err(StateError::misuse(
                "sources are to ask for checkpoints, but checkpointing is not enabled",
            ));
        }
        if self.checkpoint_every == Some(0) {
            return Err(StateError::misuse(
                "the number of records between two checkpoints must be at least 1, found 0",
            ));
        }
        if self.rate == Some(0) {
            return Err(StateError::misuse(
                "the rate must be at least 1 record a second, found 0",
            ));
        }
        Ok(())
    }
}

impl Driver {
    /// Checks what can be checked without reading or writing anything.
    pub(crate) fn check(&self) -> Result<()> {
        self.settings.check()?;
        let plan = self.plan(self.settings.max_parallelism)?;
        let known = |uid: &str| plan.nodes.iter().any(|node| &*node.uid == uid);
        match self.settings.failures.uids().find(|uid| !known(uid)) {
            None => Ok(()),
            Some(uid) => Err(StateError::misuse(format!(
                "the failure plan names operator '{uid}', which the job does not have"
            ))),
        }
    }

    fn plan(&self, max: Option<alluvium::MaxParallelism>) -> Result<Plan> {
        self.graph
            .with(|graph| Plan::new(graph, self.settings.parallelism, max))
    }

    /// Runs the job to its end.
    pub(crate) fn run(self) -> Result<JobReport> {
        let named = |error: StateError| error.context(format_args!("job '{}'", self.settings.name));
        self.check().map_err(named)?;
        // Channels belong to the graph: a second run at the same time would mix them up.
        let Some(_alone) = self.graph.claim() else {
            return Err(named(StateError::misuse(
                "the environment is executing already",
            )));
        };
        self.run_all().map_err(named)
    }

    fn run_all(&self) -> Result<JobReport> {
        let mut retained = Retained::open(&self.settings)?;
        let mut report = JobReport::default();
        let mut first_cause = None;
        loop {
            let first = report.restarts == 0;
            let attempt = self.run_once(&mut retained, &mut report)?;
            if first {
                report.records_before = attempt.records_before;
            }
            report.records_processed += attempt.records;
            let (cause, retry) = match attempt.outcome {
                Outcome::Finished => {
                    if report.already_finished {
                        retained.finish();
                    }
                    let all = attempt.records_before + attempt.records;
                    report.records_read = all.saturating_sub(report.records_before);
                    return Ok(report);
                }
                Outcome::Cancelled => return Err(cancelled()),
                Outcome::Failed { cause, retry } => (cause, retry),
            };
            let Some(delay) = self.delay(report.restarts).filter(|_| retry) else {
                return Err(match first_cause {
                    None => cause,
                    Some(first) => exhausted(report.restarts, first, &cause),
                });
            };
            self.settings.tell(&JobEvent::Restarting {
                cause: &cause,
                delay,
            });
            tracing::warn!(%cause, ?delay, "the job has failed and restarts");
            first_cause.get_or_insert(cause);
            report.restarts += 1;
            match self.cancel.recv_timeout(delay) {
                Ok(()) => return Err(cancelled()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => wait(delay),
            }
        }
    }

    /// The delay before the next restart, if there may be one.
    fn delay(&self, restarts: u32) -> Option<Duration> {
        match self.settings.restart() {
            RestartStrategy::FixedDelay { attempts, delay } if restarts < attempts => Some(delay),
            RestartStrategy::None | RestartStrategy::FixedDelay { .. } => None,
        }
    }

    fn run_once(&self, retained: &mut Retained, report: &mut JobReport) -> Result<AttemptReport> {
        let latest = retained.latest()?;
        let metadata = latest.as_ref().map(|stored| &**stored.metadata());
        let plan = self.plan(max_parallelism(&self.settings, metadata))?;
        let restore = Restore::new(&plan, latest.as_ref(), &self.settings)?;
        let ended = metadata.filter(|metadata| metadata.is_final);
        let ended = ended.map(|metadata| metadata.checkpoint);
        if report.restarts == 0 {
            report.restored_from = restore.checkpoint();
            report.already_finished = ended.is_some();
        }
        drop(latest);
        Attempt {
            graph: &self.graph,
            plan: &plan,
            settings: &self.settings,
            cancel: &self.cancel,
            retained,
            report,
        }
        .run(restore, ended)
    }
}

/// Waits where nobody can cancel any more.
fn wait(delay: Duration) {
    let (_keep, never) = crossbeam_channel::bounded::<()>(0);
    let _: Result<(), _> = never.recv_timeout(delay);
}

fn cancelled() -> StateError {
    StateError::cancelled("the job was cancelled")
}

fn exhausted(restarts: u32, first: StateError, last: &StateError) -> StateError {
    let (first_text, last_text) = (first.to_string(), last.to_string());
    let mut message = format!("failed again after {restarts} restarts; the first cause");
    if first_text != last_text {
        message = format!(
            "failed again after {restarts} restarts, the last time because of: {last_text}; the \
             first cause"
        );
    }
    first.context(message)
}
