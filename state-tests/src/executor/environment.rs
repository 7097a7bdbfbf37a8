//! Where jobs are put together.

use super::Record;
use super::channel::ChannelSettings;
use super::clock::{Clock, SystemClock};
use super::failure::FailurePlan;
use super::graph::{Node, Port, SharedGraph};
use super::job::{
    Driver, Given, JobControl, JobHandle, JobListener, JobReport, JobSettings, RestartStrategy,
    RestoreFrom, RestoreOptions, SharedStatus,
};
use super::source::{Collection, SourceVertex, SplitSource};
use super::stream::Stream;
use alluvium::checkpoint::storage::{Location, StorageOptions};
use alluvium::checkpoint::{CheckpointOptions, Storage, StoreOptions, Unclaimed};
use alluvium::{AnyStateBackend, MaxParallelism, Result, SnapshotMode};
use std::fmt::Display;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Where a job is put together, set up, and executed; see the [module](crate::executor).
///
/// What is set wrongly is told by [`execute`](Self::execute), before anything is read or written.
pub struct Environment {
    graph: SharedGraph,
    settings: JobSettings,
}

impl Environment {
    /// A job without operators, on the memory backend, with parallelism 1 and no checkpoints.
    pub fn new(job_name: &str) -> Self {
        Self {
            graph: SharedGraph::default(),
            settings: JobSettings {
                name: job_name.to_owned(),
                job_id: None,
                parallelism: 1,
                max_parallelism: None,
                backend: AnyStateBackend::default(),
                checkpoints: CheckpointOptions::default(),
                checkpoint_every: None,
                checkpoint_dir: None,
                savepoint_dir: None,
                local_backup_dir: None,
                storage: StorageOptions::default(),
                wrap_storage: None,
                restore_from: None,
                store: StoreOptions::default(),
                fresh: false,
                snapshot_mode: SnapshotMode::Incremental,
                unclaimed: Unclaimed::Refuse,
                restart: None,
                channels: ChannelSettings::default(),
                max_raw: 64 << 20,
                writers: 2,
                rate: None,
                progress_interval: Duration::from_millis(100),
                cancellation_timeout: Some(Duration::from_mins(3)),
                failures: FailurePlan::default(),
                listener: None,
                clock: SystemClock::shared(),
                status: SharedStatus::default(),
            },
        }
    }

    /// What is set.
    #[cfg(test)]
    pub(crate) const fn settings(&self) -> &JobSettings {
        &self.settings
    }

    /// The number of subtasks of operators that do not say otherwise: 1 to the max parallelism.
    pub fn set_parallelism(&mut self, parallelism: u32) -> &mut Self {
        self.settings.parallelism = parallelism;
        self
    }

    /// The number of key groups. Default: that of the checkpoint that the job is restored from, or
    /// what [`MaxParallelism::default_for`] says.
    pub fn set_max_parallelism(&mut self, max_parallelism: MaxParallelism) -> &mut Self {
        self.settings.max_parallelism = Some(max_parallelism);
        self
    }

    /// Where keyed state is kept.
    pub fn set_state_backend(&mut self, backend: impl Into<AnyStateBackend>) -> &mut Self {
        self.settings.backend = backend.into();
        self
    }

    /// Takes a checkpoint every `interval`, at least 10 ms; off until asked for. Without, a job can
    /// still have savepoints.
    pub fn enable_checkpointing(&mut self, interval: Duration) -> &mut Self {
        self.settings.checkpoints.interval = Some(interval);
        self
    }

    /// Sets everything about checkpoints at once, the interval included.
    pub fn set_checkpoint_options(&mut self, options: CheckpointOptions) -> &mut Self {
        self.settings.checkpoints = options;
        self
    }

    /// The options of checkpoints, to be changed one by one.
    pub const fn checkpoint_options(&mut self) -> &mut CheckpointOptions {
        &mut self.settings.checkpoints
    }

    /// Beside those of the interval, has every subtask of a source ask for a checkpoint after each
    /// `records` records, and wait until it has begun, or cannot: checkpoints then fall at the same records in
    /// every run. Needs checkpointing to be enabled.
    pub const fn set_checkpoint_every(&mut self, records: u64) -> &mut Self {
        self.settings.checkpoint_every = Some(records);
        self
    }

    /// Keeps checkpoints in this directory, so that the job survives the death of its process: a
    /// `Path`, or text that is a path or a URL, such as `"s3://bucket/prefix"`. Default: in memory,
    /// where they survive the failure of tasks only.
    pub fn set_checkpoint_dir<L>(&mut self, directory: L) -> &mut Self
    where
        L: TryInto<Location>,
        L::Error: Display,
    {
        self.settings.checkpoint_dir = Some(Given::new(directory));
        self
    }

    /// Where savepoints go for which no directory is given, a path or a URL. Default: each needs
    /// one.
    pub fn set_savepoint_dir<L>(&mut self, directory: L) -> &mut Self
    where
        L: TryInto<Location>,
        L::Error: Display,
    {
        self.settings.savepoint_dir = Some(Given::new(directory));
        self
    }

    /// The local directory in which a copy of the latest checkpoint is kept, which a start or restart
    /// on this machine reads first. Default: none is kept.
    pub fn set_local_backup_dir(&mut self, directory: impl Into<PathBuf>) -> &mut Self {
        self.settings.local_backup_dir = Some(directory.into());
        self
    }

    /// How the stores are reached in which checkpoints and savepoints are kept, if they are no
    /// local directories.
    pub fn set_storage_options(&mut self, options: StorageOptions) -> &mut Self {
        self.settings.storage = options;
        self
    }

    /// Puts `wrap` around the store of the checkpoints whenever it is opened: what counts, delays or
    /// fails its calls, such as a [`FaultStorage`](alluvium::checkpoint::storage::FaultStorage).
    pub fn wrap_storage(
        &mut self,
        wrap: impl Fn(Arc<dyn Storage>) -> Arc<dyn Storage> + Send + Sync + 'static,
    ) -> &mut Self {
        self.settings.wrap_storage = Some(Arc::new(wrap));
        self
    }

    /// Starts from the savepoint or checkpoint at `path`, a path or a URL: its folder or the
    /// `_metadata` in it, whatever checkpoints the job has; it may have been copied there. Restarts after a failure
    /// go on from the newest checkpoint that was taken since, or from `path` if there is none; and so
    /// does the next execution with the same checkpoint directory, if this one dies, once all tasks
    /// were opened. Checkpoints of earlier executions stay until there is a new one.
    ///
    /// [`execute`](Self::execute) tells what is wrong with it: `Misuse` if there is no snapshot;
    /// `Incompatible` if it is of a newer version, has another max parallelism, or state of
    /// operators that the job does not have; `Corrupt`; `Storage`. All name the path.
    pub fn restore_from<L>(&mut self, path: L, options: RestoreOptions) -> &mut Self
    where
        L: TryInto<Location>,
        L::Error: Display,
    {
        let path = Given::new(path);
        self.settings.restore_from = Some(RestoreFrom { path, options });
        self
    }

    /// How the checkpoints in the directory are read and written, and the snapshot that the job is
    /// [restored from](Self::restore_from).
    pub fn set_store_options(&mut self, options: StoreOptions) -> &mut Self {
        self.settings.store = options;
        self
    }

    /// Begins from nothing, or from [what is named](Self::restore_from), whatever checkpoints the
    /// directory holds; they are left behind, once all tasks were opened if a snapshot is named. If the
    /// process dies before the job has a checkpoint again, [`inspect`](alluvium::checkpoint::inspect)
    /// tells the next one that it was started over.
    pub const fn start_fresh(&mut self) -> &mut Self {
        self.settings.fresh = true;
        self
    }

    /// The id under which the checkpoints of the job are found again. Default: its name.
    pub fn set_job_id(&mut self, job_id: &str) -> &mut Self {
        self.settings.job_id = Some(job_id.to_owned());
        self
    }

    /// Leaves behind what a checkpoint says about operators that the job does not have, instead of
    /// refusing to start.
    pub const fn allow_unclaimed_state(&mut self) -> &mut Self {
        self.settings.unclaimed = Unclaimed::Drop;
        self
    }

    /// How often the job is restarted when it fails. Default: three times, a second apart, with
    /// checkpoints; never without.
    pub const fn set_restart_strategy(&mut self, strategy: RestartStrategy) -> &mut Self {
        self.settings.restart = Some(strategy);
        self
    }

    /// How long a job that is cancelled or suspended waits for its tasks, and for storage that does
    /// not answer, before it ends without them; `None` is for ever. Default: three minutes. Threads
    /// that are left behind end as soon as what they wait for answers; nothing is published by them
    /// that was not under way.
    pub const fn set_cancellation_timeout(&mut self, timeout: Option<Duration>) -> &mut Self {
        self.settings.cancellation_timeout = timeout;
        self
    }

    /// The bounds of channels between tasks.
    pub const fn set_channels(&mut self, channels: ChannelSettings) -> &mut Self {
        self.settings.channels = channels;
        self
    }

    /// The greatest size of the raw state of one subtask, of each kind, in bytes. Default 64 MiB.
    pub const fn set_max_raw_state(&mut self, bytes: u64) -> &mut Self {
        self.settings.max_raw = bytes;
        self
    }

    /// The number of threads that write checkpoints, and of those that write savepoints. Default 2.
    pub const fn set_snapshot_writers(&mut self, threads: usize) -> &mut Self {
        self.settings.writers = threads;
        self
    }

    /// The number of records a second that all sources together read at most. Default: no limit.
    pub const fn set_rate(&mut self, records_a_second: u64) -> &mut Self {
        self.settings.rate = Some(records_a_second);
        self
    }

    /// Who hears what happens to the job.
    pub fn set_listener(&mut self, listener: impl JobListener) -> &mut Self {
        self.settings.listener = Some(Arc::new(listener));
        self
    }

    /// The time between two [`Progress`](super::JobEvent::Progress) events. Default 100 ms.
    pub const fn set_progress_interval(&mut self, interval: Duration) -> &mut Self {
        self.settings.progress_interval = interval;
        self
    }

    /// What fails on purpose, for tests.
    pub fn set_failures(&mut self, plan: FailurePlan) -> &mut Self {
        self.settings.failures = plan;
        self
    }

    /// What tells the time. Default: the clock of the machine.
    pub fn set_clock(&mut self, clock: Arc<dyn Clock>) -> &mut Self {
        self.settings.clock = clock;
        self
    }

    /// A stream of these records, in order: a source with one subtask.
    pub fn from_collection<T: Record + Sync>(
        &self,
        items: impl IntoIterator<Item = T>,
    ) -> Stream<T> {
        self.source(Collection::new(items, 1)).parallelism(1)
    }

    /// A stream of the records of a source, read in parallel.
    pub fn source<S: SplitSource>(&self, source: S) -> Stream<S::Record> {
        let node = self.graph.next_node();
        let port = Port::new(node);
        let vertex = Arc::new(SourceVertex {
            node,
            source: Arc::new(source),
            port: Arc::clone(&port),
        });
        self.graph.with(|graph| {
            graph.nodes.push(Node {
                kind: "source",
                name: None,
                uid: None,
                parallelism: None,
                inputs: Vec::new(),
                vertex,
            });
        });
        Stream::from_port(self.graph.clone(), port)
    }

    /// Runs the job to its end.
    ///
    /// # Errors
    /// `Misuse` if the job or its settings make no sense; `Incompatible`, `Corrupt` or `Storage`
    /// if it cannot be restored; the first cause if it fails more often than the restart strategy
    /// allows.
    pub fn execute(&self) -> Result<JobReport> {
        let (driver, _) = self.driver();
        driver.run()
    }

    /// Runs the job in the background.
    ///
    /// # Errors
    /// `Misuse` if the job or its settings make no sense.
    pub fn start(&self) -> Result<JobHandle> {
        let (driver, control) = self.driver();
        driver.check()?;
        JobHandle::spawn(driver, control)
    }

    #[cfg(test)]
    pub(super) const fn graph(&self) -> &SharedGraph {
        &self.graph
    }

    /// A run of its own of the job, and what controls it.
    fn driver(&self) -> (Driver, JobControl) {
        let mut settings = self.settings.clone();
        let started = settings.clock.millis();
        settings.status = SharedStatus::new(settings.job_id(), &settings.name, started);
        let (control, listening) = JobControl::new(settings.status.clone());
        let driver = Driver {
            graph: self.graph.clone(),
            settings,
            listening,
        };
        (driver, control)
    }
}
