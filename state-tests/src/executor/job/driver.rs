//! A job from its first run to its last.

use super::attempt::{Attempt, AttemptReport, Outcome};
use super::control::Listening;
use super::listener::JobEvent;
use super::origin::Origin;
use super::request::{EndNow, Owed};
use super::retained::Retained;
use super::{JobReport, JobSettings, JobState, RestartStrategy, Restore, retention};
use crate::executor::graph::{Plan, SharedGraph};
use alluvium::checkpoint::{CheckpointMetadata, JobEnd};
use alluvium::{CheckpointId, ErrorKind, Result, StateError};
use std::time::Duration;

/// Runs a job, again and again if it fails.
pub(crate) struct Driver {
    pub(crate) graph: SharedGraph,
    pub(crate) settings: JobSettings,
    /// What is asked of it.
    pub(crate) listening: Listening,
}

impl JobSettings {
    pub(super) fn tell(&self, event: &JobEvent<'_>) {
        self.status.on_event(event);
        if let Some(listener) = &self.listener {
            listener.on_event(event);
        }
    }

    fn check(&self) -> Result<()> {
        self.checkpoints.validate()?;
        self.storage.check()?;
        self.checkpoint_dir()?;
        self.savepoint_dir()?;
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
        let plan = self.plan(None)?;
        let known = |uid: &str| plan.nodes.iter().any(|node| &*node.uid == uid);
        match self.settings.failures.uids().find(|uid| !known(uid)) {
            None => Ok(()),
            Some(uid) => Err(StateError::misuse(format!(
                "the failure plan names operator '{uid}', which the job does not have"
            ))),
        }
    }

    /// The layout of a run from this checkpoint: an operator that is there keeps its key groups, unless
    /// the program says how many all have.
    fn plan(&self, metadata: Option<&CheckpointMetadata>) -> Result<Plan> {
        let of_checkpoint = |uid: &str| Some(metadata?.operator(uid)?.max_parallelism);
        let max = |uid: &str| self.settings.max_parallelism.or_else(|| of_checkpoint(uid));
        self.graph
            .with(|graph| Plan::new(graph, self.settings.parallelism, max))
    }

    /// Runs the job to its end.
    pub(crate) fn run(self) -> Result<JobReport> {
        let mut owed = None;
        let (end, result) = match self.begin(&mut owed) {
            Ok((end, report)) => (end, end_of(end).map_or(Ok(report), Err)),
            Err(error) => (JobEnd::Failed, Err(error)),
        };
        let result =
            result.map_err(|error| error.context(format_args!("job '{}'", self.settings.name)));
        let failure = result.as_ref().err().filter(|_| end == JobEnd::Failed);
        let now = self.settings.clock.millis();
        let cause = failure.map(ToString::to_string);
        self.settings.status.ended(end.into(), cause, now);
        if let Some(owed) = owed {
            owed.tell(failure);
        }
        result
    }

    /// Opens what the job has had before, runs it, and clears up behind it.
    fn begin(&self, owed: &mut Option<Owed>) -> Result<(JobEnd, JobReport)> {
        self.check()?;
        // Channels belong to the graph: a second run at the same time would mix them up.
        let Some(_alone) = self.graph.claim() else {
            return Err(StateError::misuse("the environment is executing already"));
        };
        let mut origin = Origin::open(&self.settings)?;
        let mut retained = self.open_retained()?;
        origin.take_over(&mut retained, &self.settings)?;
        let mut life = Life {
            retained,
            origin,
            report: JobReport::default(),
            has_run: false,
            owed,
        };
        let ended = self.run_through(&mut life);
        // What never ran has changed nothing, and must not.
        if life.has_run {
            let end = *ended.as_ref().unwrap_or(&JobEnd::Failed);
            retention::apply(&self.settings, &mut life, end);
        }
        ended.map(|end| (end, life.report))
    }

    /// What the job has had before.
    fn open_retained(&self) -> Result<Retained> {
        let settings = &self.settings;
        let Some(root) = settings.checkpoint_dir()? else {
            return Retained::open(settings, None);
        };
        let storage = root.open(&settings.storage).map_err(|error| {
            error.context(format_args!(
                "the checkpoint directory '{root}' ('execution.checkpointing.dir')"
            ))
        })?;
        let storage = match &settings.wrap_storage {
            Some(wrap) => wrap(storage),
            None => storage,
        };
        Retained::open(settings, Some(storage))
    }

    /// Runs the job until it ends.
    fn run_through(&self, life: &mut Life<'_>) -> Result<JobEnd> {
        let mut first_cause = None;
        loop {
            let first = life.report.restarts == 0;
            let attempt = self.run_once(life)?;
            life.has_run |= attempt.began;
            if first {
                life.report.records_before = attempt.records_before;
            }
            life.report.records_processed += attempt.records;
            let (cause, retry) = match attempt.outcome {
                Outcome::Finished => {
                    if life.report.already_finished {
                        life.retained.finish();
                    }
                    let all = attempt.records_before + attempt.records;
                    life.report.records_read = all.saturating_sub(life.report.records_before);
                    return Ok(JobEnd::Finished);
                }
                Outcome::Cancelled => return Ok(JobEnd::Cancelled),
                Outcome::Suspended => return Ok(JobEnd::Suspended),
                Outcome::Failed { cause, .. }
                    if !attempt.began && falls_back(life, attempt.restored_from, &cause) =>
                {
                    continue;
                }
                Outcome::Failed { cause, retry } => (cause, retry),
            };
            let Some(delay) = self.delay(life.report.restarts).filter(|_| retry) else {
                return Err(match first_cause {
                    None => cause,
                    Some(first) => exhausted(life.report.restarts, first, &cause),
                });
            };
            self.settings.tell(&JobEvent::Restarting {
                cause: &cause,
                delay,
            });
            tracing::warn!(%cause, ?delay, "the job has failed and restarts");
            first_cause.get_or_insert(cause);
            life.report.restarts += 1;
            match self.listening.end.recv_timeout(delay) {
                Ok(EndNow::Cancel) => return Ok(JobEnd::Cancelled),
                Ok(EndNow::Suspend) => return Ok(JobEnd::Suspended),
                Err(_) => {}
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

    fn run_once(&self, life: &mut Life<'_>) -> Result<AttemptReport> {
        let latest = life.origin.latest(&mut life.retained, &self.settings)?;
        let metadata = latest.as_ref().map(|stored| &**stored.metadata());
        let named = |error| life.origin.name(&life.retained, error);
        let plan = self.plan(metadata).map_err(named)?;
        let begins = latest.is_none() || life.origin.is_in_use(&life.retained);
        let restore = Restore::new(&plan, latest.as_ref(), begins, &self.settings);
        let restore = restore.map_err(named)?;
        // A job that was stopped, and failed before all was committed, has only that left to do.
        let stopped = life.report.stopped_with.is_some();
        let ended = metadata.filter(|metadata| metadata.is_final || stopped);
        let ended = ended.map(|metadata| metadata.checkpoint);
        let passed_over = life.retained.passed_over().into_iter();
        life.report.passed_over = passed_over
            .map(|(checkpoint, reason)| (CheckpointId(checkpoint), reason))
            .collect();
        if life.report.restarts == 0 {
            life.report.restored_from = restore.checkpoint();
            life.report.already_finished = ended.is_some();
        }
        drop(latest);
        Attempt {
            graph: &self.graph,
            plan: &plan,
            settings: &self.settings,
            listening: &self.listening,
            retained: &mut life.retained,
            origin: &mut life.origin,
            report: &mut life.report,
            owed: life.owed,
        }
        .run(restore, ended)
    }
}

/// What a job carries through its restarts.
pub(super) struct Life<'a> {
    pub(super) retained: Retained,
    pub(super) origin: Origin,
    pub(super) report: JobReport,
    /// Whether its tasks have ever begun.
    has_run: bool,
    owed: &'a mut Option<Owed>,
}

/// Whether an older checkpoint is to be tried, as the one that tasks were to be opened with is
/// damaged.
fn falls_back(life: &mut Life<'_>, from: Option<CheckpointId>, cause: &StateError) -> bool {
    let damaged = cause.kind() == ErrorKind::Corrupt && !life.origin.is_in_use(&life.retained);
    match from.filter(|_| damaged) {
        Some(checkpoint) => life.retained.distrust(checkpoint, cause),
        None => false,
    }
}

/// What those hear who wait for a job that has ended so.
fn end_of(end: JobEnd) -> Option<StateError> {
    match end {
        JobEnd::Finished => None,
        JobEnd::Suspended => Some(StateError::cancelled("the job was suspended")),
        JobEnd::Cancelled | JobEnd::Failed => Some(cancelled()),
    }
}

impl From<JobEnd> for JobState {
    fn from(end: JobEnd) -> Self {
        match end {
            JobEnd::Finished => Self::Finished,
            JobEnd::Cancelled => Self::Cancelled,
            JobEnd::Failed => Self::Failed,
            JobEnd::Suspended => Self::Suspended,
        }
    }
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
