//! A log of checkpoints that cannot be written to, and files that cannot.

use super::{Gate, holding};
use alluvium::checkpoint::storage::Operation;
use alluvium::{CheckpointId, ErrorKind, FsBackend, FsSettings};
use alluvium_state_tests::executor::{Collection, Environment, JobEvent, JobHandle};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Long enough that no test that ends in time could be waiting for it.
const NEVER: Duration = Duration::from_hours(1);
const SOON: Duration = Duration::from_millis(50);

/// A job that takes checkpoints, and a store that can be held.
struct Rig {
    environment: Environment,
    gate: Arc<Gate>,
    held: Receiver<()>,
    started: Receiver<Option<CheckpointId>>,
    begun: Receiver<CheckpointId>,
    progress: Receiver<u64>,
    completed: Receiver<CheckpointId>,
}

impl Rig {
    fn new(root: &Path, held_back: fn(Operation<'_>) -> bool) -> Self {
        let gate = Arc::new(Gate::default());
        let (tell_held, held) = channel();
        let (tell_started, started) = channel();
        let (tell_begun, begun) = channel();
        let (tell_progress, progress) = channel();
        let (tell_completed, completed) = channel();
        let mut settings = FsSettings::default();
        settings.files.inline_threshold = 0;
        let mut environment = Environment::new("blocked");
        environment
            .enable_checkpointing(Duration::from_millis(20))
            .set_state_backend(FsBackend::new(settings).unwrap())
            .set_checkpoint_dir(root.join("checkpoints"))
            .set_rate(2_000)
            .set_progress_interval(Duration::from_millis(5))
            .set_cancellation_timeout(Some(NEVER))
            .set_listener(move |event: &JobEvent<'_>| {
                // Nobody listens at the end.
                let _: Result<(), _> = match event {
                    JobEvent::Started { restored_from, .. } => {
                        tell_started.send(*restored_from).map_err(drop)
                    }
                    JobEvent::CheckpointStarted(id) => tell_begun.send(*id).map_err(drop),
                    JobEvent::Progress { records } => tell_progress.send(*records).map_err(drop),
                    JobEvent::CheckpointCompleted(stats) => {
                        tell_completed.send(stats.checkpoint).map_err(drop)
                    }
                    _ => Ok(()),
                };
            })
            .wrap_storage(holding(&gate, &tell_held, held_back));
        environment
            .source(Collection::new(0..10_000_000, 2))
            .uid("numbers")
            .key_by(|n| n % 100)
            .map_with_state(|n, seen: Option<u64>| (n, Some(seen.unwrap_or(0) + 1)))
            .uid("count");
        Self {
            environment,
            gate,
            held,
            started,
            begun,
            progress,
            completed,
        }
    }

    /// The job, in the midst of an operation that does not return; its newest checkpoint.
    fn start_and_hold(&self) -> (JobHandle, CheckpointId) {
        let handle = self.environment.start().unwrap();
        self.started.recv().unwrap();
        let first = self.completed.recv().unwrap();
        self.gate.set(true);
        self.held.recv().unwrap();
        let newest = self.completed.try_iter().last().unwrap_or(first);
        (handle, newest)
    }

    /// Lets the store go on, and the job end behind the checkpoint that comes next.
    fn release_and_end(&self, handle: JobHandle) -> CheckpointId {
        while self.completed.try_recv().is_ok() {}
        self.gate.set(false);
        let next = self.completed.recv().unwrap();
        handle.cancel();
        assert_eq!(handle.wait().unwrap_err().kind(), ErrorKind::Cancelled);
        next
    }

    /// Runs the job again for a while; what it was restored from.
    fn start_again(&self) -> CheckpointId {
        let handle = self.environment.start().unwrap();
        let restored_from = self.started.recv().unwrap().unwrap();
        self.completed.recv().unwrap();
        handle.cancel();
        handle.wait().unwrap_err();
        restored_from
    }

    /// Waits until the job has told of more records than when this was called, twice.
    fn hear_progress(&self) {
        let before = self.progress.try_iter().last().unwrap_or_default();
        let mut later = self.progress.iter().filter(|records| *records > before);
        let first = later.next().unwrap();
        later.find(|records| *records > first).unwrap();
    }
}

fn appends_to_log(operation: Operation<'_>) -> bool {
    operation.name == "create" && operation.path.contains("/log/")
}

fn writes_files(operation: Operation<'_>) -> bool {
    matches!(operation.name, "write" | "append" | "finish")
}

fn retires(operation: Operation<'_>) -> bool {
    // Others delete files, too, of checkpoints that were given up.
    operation.name == "delete" && operation.path.ends_with("/_metadata")
}

/// The store is behind with what it removes when a checkpoint begins, and knows of it only after the
/// barriers of a savepoint have passed, which does not wait for the store.
#[test]
fn a_checkpoint_that_a_savepoint_overtakes_is_given_up_at_once() {
    let root = tempfile::tempdir().unwrap();
    let rig = Rig::new(root.path(), retires);
    let (handle, newest) = rig.start_and_hold();
    let late = rig.begun.iter().find(|id| *id > newest).unwrap();
    let target = root.path().join("savepoints");
    handle.savepoint(Some(&target.into())).unwrap();
    let control = handle.control();
    let next = rig.release_and_end(handle);
    assert!(next.0 > late.0 + 1, "{next}");
    assert_eq!(control.status().restarts, 0);
}

/// Sources wait until the checkpoints have begun that they ask for, or cannot begin.
#[test]
fn sources_go_on_when_no_checkpoint_can_begin() {
    let root = tempfile::tempdir().unwrap();
    let mut rig = Rig::new(root.path(), retires);
    let options = rig.environment.checkpoint_options();
    options.interval = Some(NEVER);
    options.timeout = Duration::from_secs(2);
    options.tolerable_failed = u32::MAX;
    rig.environment.set_checkpoint_every(50);
    let (handle, _) = rig.start_and_hold();
    rig.hear_progress();
    assert!(handle.status().failed > 0);
    rig.release_and_end(handle);
}

/// The store does not take a stop in within the time-out: no source has stopped, and none has to be
/// started again.
#[test]
fn a_job_goes_on_when_its_store_does_not_take_in_that_it_stops() {
    let root = tempfile::tempdir().unwrap();
    let mut rig = Rig::new(root.path(), retires);
    let options = rig.environment.checkpoint_options();
    options.timeout = Duration::from_secs(2);
    options.tolerable_failed = u32::MAX;
    let (handle, _) = rig.start_and_hold();
    let target = root.path().join("savepoints");
    let error = handle.stop(Some(&target.into()), false).unwrap_err();
    assert!(
        error.to_string().contains("before its barriers were sent"),
        "{error}"
    );
    rig.hear_progress();
    let control = handle.control();
    rig.release_and_end(handle);
    assert_eq!(control.status().restarts, 0);
}

#[test]
fn while_the_log_cannot_be_written_the_job_tells_progress_and_has_savepoints() {
    let root = tempfile::tempdir().unwrap();
    let rig = Rig::new(root.path(), appends_to_log);
    let (handle, _) = rig.start_and_hold();
    rig.hear_progress();
    let target = root.path().join("savepoints");
    let savepoint = handle.savepoint(Some(&target.into())).unwrap();
    assert!(savepoint.local_path().unwrap().join("_metadata").exists());
    rig.hear_progress();
    rig.release_and_end(handle);
}

#[test]
fn while_no_checkpoint_can_be_written_there_are_savepoints_elsewhere() {
    let root = tempfile::tempdir().unwrap();
    let rig = Rig::new(root.path(), writes_files);
    let (handle, newest) = rig.start_and_hold();
    let target = root.path().join("savepoints").into();
    for _ in 0..2 {
        handle.savepoint(Some(&target)).unwrap();
    }
    let last = handle.status().last_checkpoint.unwrap();
    assert_eq!(last.checkpoint, newest);
    rig.release_and_end(handle);
}

#[test]
fn a_cancelled_job_waits_for_its_log_as_long_as_it_is_told_to() {
    let root = tempfile::tempdir().unwrap();
    let mut rig = Rig::new(root.path(), appends_to_log);
    rig.environment.set_cancellation_timeout(Some(SOON));
    let (handle, newest) = rig.start_and_hold();
    handle.cancel();
    assert_eq!(handle.wait().unwrap_err().kind(), ErrorKind::Cancelled);
    rig.gate.set(false);
    // What becomes of the last append is for whoever comes next to find out.
    assert!(rig.start_again() >= newest);
}

#[test]
fn a_cancelled_job_waits_for_its_files_as_long_as_it_is_told_to() {
    let root = tempfile::tempdir().unwrap();
    let mut rig = Rig::new(root.path(), writes_files);
    rig.environment.set_cancellation_timeout(Some(SOON));
    let (handle, newest) = rig.start_and_hold();
    handle.cancel();
    assert_eq!(handle.wait().unwrap_err().kind(), ErrorKind::Cancelled);
    rig.gate.set(false);
    assert_eq!(rig.start_again(), newest);
}

#[test]
fn without_a_bound_a_cancelled_job_waits_until_its_log_answers() {
    let root = tempfile::tempdir().unwrap();
    let mut rig = Rig::new(root.path(), appends_to_log);
    rig.environment.set_cancellation_timeout(None);
    let (handle, newest) = rig.start_and_hold();
    let control = handle.control();
    handle.cancel();
    let (tell_ended, ended) = channel();
    let waiting = std::thread::spawn(move || {
        handle.wait().unwrap_err();
        tell_ended.send(()).unwrap();
    });
    ended.recv_timeout(SOON * 4).unwrap_err();
    rig.gate.set(false);
    waiting.join().unwrap();
    let last = control.status().last_checkpoint.unwrap();
    assert!(last.checkpoint > newest, "{last:?}");
}
