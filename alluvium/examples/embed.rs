//! The smallest engine around the library: it counts keys on a few subtasks, takes checkpoints,
//! dies, and goes on at another parallelism. `docs/guide/embed.md` goes through it.

use alluvium::checkpoint::{
    Action, ChainHistory, CheckpointMetadata, CheckpointOptions, CheckpointStore, Coordinator,
    DeclineReason, Event, FilePlace, JobId, JobStart, LocalStorage, OperatorRestore,
    OperatorSnapshot, OwnerId, ProgramOperator, SnapshotFiles, SnapshotFolder, Storage,
    StoreOptions, StoredSnapshot, SubtaskRestore, SubtaskSnapshot, Timestamp, Unclaimed,
    plan_restore, write_keyed, write_rest,
};
use alluvium::{
    CheckpointId, FreezeRequest, FsBackend, HeapOperatorState, KeyedBackend, KeyedBackendExt,
    MaxParallelism, OperatorListDescriptor, OperatorListHandle, OperatorStateStore, OrderedKey,
    Result, SnapshotLimits, SnapshotMode, StateBackend, StateError, ValueDescriptor, ValueHandle,
};
use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

const JOB: &str = "embedded";
const OPERATOR: &str = "count";
const KEYS: u64 = 100_000;
const COUNT: ValueDescriptor<u64> = ValueDescriptor::new("count");
const PROCESSED: OperatorListDescriptor<u64> = OperatorListDescriptor::split("processed");

/// A task is a subtask, by its index; its handle is what it contributes to a checkpoint.
type Told = Event<u32, Arc<SubtaskSnapshot>>;

struct Subtask {
    keyed: <FsBackend as StateBackend>::Keyed<u64>,
    count: ValueHandle<u64>,
    /// What has been written of the keyed state.
    history: ChainHistory,
    operator: HeapOperatorState,
    processed: OperatorListHandle<u64>,
    records: u64,
}

impl Subtask {
    fn open(backend: &FsBackend, restored: SubtaskRestore) -> Result<Self> {
        let mut keyed = backend.open(restored.keyed)?;
        let mut operator =
            HeapOperatorState::restore(restored.operator_state).for_subtask(&restored.subtask);
        let processed = operator.register_list(&PROCESSED)?;
        Ok(Self {
            count: keyed.register(&COUNT)?,
            keyed,
            history: ChainHistory::new(*backend.file_options()),
            records: operator.list_get(processed)?.iter().sum(),
            operator,
            processed,
        })
    }

    fn process(&mut self, key: u64) -> Result<()> {
        self.records += 1;
        let mut scope = self.keyed.key(&key)?;
        let mut count = scope.value(self.count);
        count.update(|count| *count.get_or_insert(0) += 1)
    }

    /// Freezes the state between two records. What comes back writes it, on any thread; its files
    /// are durable when that returns.
    fn freeze(
        &mut self,
        checkpoint: CheckpointId,
        mut snapshot: SubtaskSnapshot,
        folder: Arc<SnapshotFolder>,
        limits: SnapshotLimits,
    ) -> Result<impl FnOnce() -> Result<SubtaskSnapshot> + Send + use<>> {
        self.operator.list_set(self.processed, vec![self.records])?;
        let operator = self.operator.freeze()?;
        let mode = self.history.mode(SnapshotMode::Incremental, folder.bases());
        let keyed = self.keyed.freeze(FreezeRequest { checkpoint, mode })?;
        let base = self.history.begin(keyed.header())?;
        Ok(move || {
            let threshold = base.options().inline_threshold;
            snapshot.operator_state = operator.run()?;
            snapshot.keyed.push(write_keyed(keyed, base, &folder)?);
            write_rest(&mut snapshot, &folder, threshold)?;
            // The backend says how much there may be; that it is no more is for the engine to see.
            snapshot.check_limit(&limits)?;
            Ok(snapshot)
        })
    }
}

struct Engine {
    backend: FsBackend,
    max_parallelism: MaxParallelism,
    subtasks: Vec<Subtask>,
    store: CheckpointStore,
    coordinator: Coordinator<u32, Arc<SubtaskSnapshot>>,
    /// A clock that the example winds itself.
    now: Timestamp,
    tell: Sender<Told>,
    told: Receiver<Told>,
}

impl Engine {
    /// Starts the job, or goes on with it from its newest checkpoint.
    fn start(storage: &Arc<dyn Storage>, parallelism: u32, run: u8) -> Result<Self> {
        // An engine in earnest draws it at random: no two runs may have the same.
        let owner = OwnerId([run; 16]);
        let (job, options) = (JobId::new(JOB)?, StoreOptions::default());
        let (mut store, newest) = CheckpointStore::open(storage.clone(), job, owner, options)?;
        store.sweep()?;
        let program = ProgramOperator {
            uid: OPERATOR.to_owned(),
            parallelism,
            max_parallelism: None,
        };
        let restored = if let Some(newest) = newest {
            let metadata = CheckpointMetadata::from_bytes(&newest.metadata)?;
            let folder = format!("{JOB}/chk-{}", newest.checkpoint);
            let files = SnapshotFiles::new(storage.clone(), folder)?;
            let stored = StoredSnapshot::new(metadata, files);
            plan_restore(&stored, &[program], Unclaimed::Refuse)?.swap_remove(0)
        } else {
            OperatorRestore::fresh(&program)
        };
        let backend = FsBackend::default();
        let open = |index| Subtask::open(&backend, restored.subtask(index)?);
        let start = JobStart::new(0..parallelism, store.retained(), store.next_checkpoint())?;
        let options = CheckpointOptions::every(Duration::from_secs(1)).with_num_retained(2);
        let now = Timestamp::from_millis(0);
        let (tell, told) = channel();
        Ok(Self {
            max_parallelism: restored.max_parallelism()?,
            subtasks: (0..parallelism).map(open).collect::<Result<_>>()?,
            backend,
            coordinator: Coordinator::new(options, start, now)?,
            store,
            now,
            tell,
            told,
        })
    }

    /// Sends records to the subtasks that own their keys.
    fn process(&mut self, records: Range<u64>) -> Result<()> {
        let parallelism = self.subtasks.len() as u32;
        for key in records.map(|record| record % KEYS) {
            let group = self.max_parallelism.group_of(key.key_hash());
            let owner = self.max_parallelism.subtask_of(group, parallelism)?;
            let mut owner = self.subtasks.iter_mut().skip(owner as usize);
            owner.next().map_or(Ok(()), |owner| owner.process(key))?;
        }
        Ok(())
    }

    /// Lets the interval pass: a checkpoint begins.
    fn tick(&mut self) -> Result<()> {
        self.now = self.coordinator.next_deadline().unwrap_or(self.now);
        self.handle(Event::Tick)
    }

    /// Takes in what writers tell, until no checkpoint is unfinished.
    fn settle(&mut self) -> Result<()> {
        while self.coordinator.pending().next().is_some()
            && let Ok(event) = self.told.recv()
        {
            self.handle(event)?;
        }
        Ok(())
    }

    /// Does what the coordinator says about an event, and about what comes of that.
    fn handle(&mut self, event: Told) -> Result<()> {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for action in self.coordinator.handle(self.now, event) {
                events.extend(self.act(action)?);
            }
        }
        Ok(())
    }

    fn act(&mut self, action: Action<u32, Arc<SubtaskSnapshot>>) -> Result<Option<Told>> {
        let mut answer = None;
        match action {
            Action::StartCheckpoint { checkpoint, .. } => {
                let begun = self.begin(checkpoint);
                answer = begun.err().map(|error| self.failed(checkpoint, error));
            }
            Action::Complete {
                checkpoint,
                timestamp,
                handles,
                ..
            } => {
                let published = self.publish(checkpoint, timestamp, &handles);
                answer = Some(match published {
                    Ok(()) => Event::Published { checkpoint },
                    Err(error) => self.failed(checkpoint, error),
                });
            }
            Action::NotifyComplete { checkpoint } => {
                for subtask in &mut self.subtasks {
                    subtask.keyed.confirm(CheckpointId(checkpoint));
                    subtask.history.confirm(CheckpointId(checkpoint));
                }
            }
            Action::NotifyAborted { checkpoint, .. } => {
                self.store.abandon(checkpoint);
                for subtask in &mut self.subtasks {
                    subtask.keyed.abort(CheckpointId(checkpoint));
                    subtask.history.abort(CheckpointId(checkpoint));
                }
            }
            Action::Discard { checkpoint, .. } => self.store.abandon(checkpoint),
            Action::Retire { checkpoints } => self.store.retire(&checkpoints)?,
            // Here there is nothing that could start it again.
            Action::FailJob { cause } => return Err(StateError::cancelled(cause.to_string())),
            // The input has no end, and nobody asks for anything.
            Action::FinishJob { .. }
            | Action::Reply { .. }
            | Action::StopJob { .. }
            | Action::CancelJob { .. } => {}
        }
        Ok(answer)
    }

    fn failed(&self, checkpoint: u64, error: StateError) -> Told {
        Event::StoreFailed {
            checkpoint,
            error,
            outcome: self.store.failure_outcome(),
        }
    }

    /// The barrier reaches every subtask at once, as nothing is on its way to one.
    fn begin(&mut self, checkpoint: u64) -> Result<()> {
        let folder = self.store.begin(checkpoint)?;
        let (parallelism, limits) = (self.subtasks.len() as u32, self.backend.snapshot_limits());
        for (task, subtask) in (0..).zip(&mut self.subtasks) {
            let snapshot = SubtaskSnapshot::new(OPERATOR, task, parallelism);
            let frozen = subtask.freeze(CheckpointId(checkpoint), snapshot, folder.clone(), limits);
            let tell = self.tell.clone();
            std::thread::spawn(move || {
                let event = match frozen.and_then(|write| write()) {
                    Ok(snapshot) => Event::Acknowledged {
                        checkpoint,
                        task,
                        handle: Arc::new(snapshot),
                    },
                    Err(error) => Event::Declined {
                        checkpoint,
                        task,
                        reason: DeclineReason::failed(error),
                    },
                };
                // If nobody listens any more, the files go with the folder.
                drop(tell.send(event));
            });
        }
        Ok(())
    }

    /// The commit point: once this has returned, the checkpoint is what is restored.
    fn publish(
        &mut self,
        checkpoint: u64,
        timestamp: Timestamp,
        handles: &[(u32, Arc<SubtaskSnapshot>)],
    ) -> Result<()> {
        let (id, millis) = (CheckpointId(checkpoint), timestamp.as_millis());
        let mut metadata = CheckpointMetadata::new(id, millis, JOB, JOB);
        let snapshots = handles.iter().map(|(_, snapshot)| (**snapshot).clone());
        metadata.operators.push(OperatorSnapshot {
            uid: OPERATOR.to_owned(),
            max_parallelism: self.max_parallelism,
            parallelism: handles.len() as u32,
            subtasks: snapshots.collect(),
        });
        let bytes = metadata.to_bytes()?;
        metadata.check_limit(bytes.len() as u64, &self.backend.snapshot_limits())?;
        self.store.publish(checkpoint, &bytes)
    }

    /// How many layers each subtask has in a published checkpoint, and the files that can be shared.
    fn describe(&self, checkpoint: u64) -> Result<String> {
        let metadata = CheckpointMetadata::from_bytes(&self.store.read(checkpoint)?)?;
        let subtasks = metadata.operators.iter().flat_map(|one| &one.subtasks);
        let chains = subtasks.flat_map(|subtask| &subtask.keyed);
        let layers: Vec<_> = chains.map(|chain| chain.layers.len()).collect();
        let shared = metadata
            .files()
            .filter(|file| file.place == FilePlace::Shared);
        let files: BTreeSet<_> = shared.map(|file| &*file.name).collect();
        Ok(format!(
            "checkpoint {checkpoint}: layers {layers:?}, files {files:?}"
        ))
    }

    /// How many keys have this count.
    fn keys_counted(&mut self, times: u64) -> Result<usize> {
        let mut found = 0;
        for Subtask { keyed, count, .. } in &mut self.subtasks {
            for key in keyed.keys(*count, &())? {
                found += usize::from(keyed.key(&key)?.get(*count)?.as_deref() == Some(&times));
            }
        }
        Ok(found)
    }
}

pub(crate) fn run() -> Result<Vec<String>> {
    let directory = tempfile::tempdir()
        .map_err(|error| StateError::storage("no place for checkpoints").with_source(error))?;
    let storage: Arc<dyn Storage> = Arc::new(LocalStorage::open(directory.path())?);

    let mut engine = Engine::start(&storage, 2, 1)?;
    engine.process(0..200_000)?;
    engine.tick()?;
    // While other threads write; no part of the checkpoint.
    engine.process(200_000..230_000)?;
    engine.settle()?;
    let mut lines = vec![engine.describe(1)?];
    engine.tick()?;
    engine.settle()?;
    lines.push(engine.describe(2)?);
    engine.process(230_000..250_000)?;
    // The crash: what the newest checkpoint does not cover is lost.
    drop(engine);

    let mut engine = Engine::start(&storage, 3, 2)?;
    let position = engine.subtasks.iter().map(|subtask| subtask.records).sum();
    let retained = engine.store.retained();
    lines.push(format!(
        "retained are {retained:?}, goes on at record {position}"
    ));
    engine.process(position..300_000)?;
    let found = engine.keys_counted(3)?;
    lines.push(format!("{found} of {KEYS} keys counted 3 times"));
    Ok(lines)
}

fn main() -> Result<()> {
    for line in run()? {
        println!("{line}");
    }
    Ok(())
}
