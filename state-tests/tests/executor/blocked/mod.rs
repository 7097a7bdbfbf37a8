//! A store that does not answer: records flow on, and nobody has to wait for it.

mod log;

use alluvium::checkpoint::storage::{Fault, FaultStorage, Operation, Storage};
use alluvium::{FsBackend, FsSettings};
use alluvium_state_tests::executor::{
    Collection, Environment, FailAt, Failure, FailurePlan, JobEvent,
};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Far below what the job could do, so that it holds on a busy machine.
const RATE: u64 = 5_000;
/// How long nothing is written, in seconds.
const BLOCKED: u64 = 5;

/// Lets writes through, or holds them.
#[derive(Default)]
struct Gate {
    closed: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn set(&self, closed: bool) {
        *self.closed.lock().unwrap() = closed;
        self.opened.notify_all();
    }

    fn pass(&self, held: &Sender<()>) {
        let closed = self.closed.lock().unwrap();
        if *closed {
            // Whoever has heard of one may not care for more.
            let _: Result<(), _> = held.send(());
        }
        drop(self.opened.wait_while(closed, |closed| *closed).unwrap());
    }
}

/// Holds the operations of a store that are `held_back`, while the gate is closed.
fn holding(
    gate: &Arc<Gate>,
    tell_held: &Sender<()>,
    held_back: fn(Operation<'_>) -> bool,
) -> impl Fn(Arc<dyn Storage>) -> Arc<dyn Storage> + Send + Sync + 'static {
    let (gate, tell_held) = (Arc::clone(gate), tell_held.clone());
    move |storage| {
        let (gate, tell_held) = (Arc::clone(&gate), tell_held.clone());
        let plan = move |operation: Operation<'_>| {
            if held_back(operation) {
                gate.pass(&tell_held);
            }
            Fault::None
        };
        Arc::new(FaultStorage::new(storage, plan))
    }
}

/// While nothing can be written for five seconds, the job goes on at four fifths of its rate at
/// least, and the barrier has passed all its operators.
#[test]
fn records_flow_and_barriers_pass_while_storage_is_blocked() {
    let root = tempfile::tempdir().unwrap();
    let mut settings = FsSettings::default();
    settings.files.inline_threshold = 0;
    let gate = Arc::new(Gate::default());
    let (tell_held, held) = channel();
    let (records, begun) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (tell_completed, completed) = channel();
    let listener = {
        let begun = Arc::clone(&begun);
        move |event: &JobEvent<'_>| match event {
            JobEvent::CheckpointStarted(id) => begun.store(id.0, Ordering::SeqCst),
            // Nobody listens at the end.
            JobEvent::CheckpointCompleted(_) => {
                let _: Result<(), _> = tell_completed.send(());
            }
            _ => {}
        }
    };
    let (tell_passed, passed) = channel();
    let pass = Failure::Hook(Arc::new(move || {
        let _: Result<(), _> = tell_passed.send(());
    }));
    let plan = (1..=100).fold(FailurePlan::new(), |plan, checkpoint| {
        plan.fail(
            "last",
            Some(0),
            FailAt::AfterBarrier(checkpoint),
            pass.clone(),
        )
    });
    let counted = Arc::clone(&records);
    let mut environment = Environment::new("blocked");
    environment
        .set_parallelism(2)
        .enable_checkpointing(Duration::from_millis(100))
        .set_state_backend(FsBackend::new(settings).unwrap())
        .set_checkpoint_dir(root.path())
        .set_rate(RATE)
        .set_listener(listener)
        .set_failures(plan)
        .wrap_storage(holding(&gate, &tell_held, |operation| {
            // Nothing is published of a checkpoint whose files are not written.
            let is_write = matches!(operation.name, "write" | "append" | "finish");
            is_write && !operation.path.contains("/log/")
        }));
    environment
        .source(Collection::new(0..40 * RATE, 2))
        .key_by(|n| n % 100)
        .map_with_state(|n, seen: Option<u64>| (n, Some(seen.unwrap_or(0) + 1)))
        .uid("count")
        .rebalance()
        .map(move |n| {
            counted.fetch_add(1, Ordering::SeqCst);
            n
        })
        .uid("last");
    let handle = environment.start().unwrap();
    completed.recv().unwrap();
    completed.recv().unwrap();
    gate.set(true);
    held.recv().unwrap();
    // The one that is held is the only one under way.
    while completed.try_recv().is_ok() {}
    (0..begun.load(Ordering::SeqCst)).for_each(|_| passed.recv().unwrap());
    let before = records.load(Ordering::SeqCst);
    let nothing = || {
        let completed = completed.recv_timeout(Duration::from_secs(1));
        assert_eq!(completed, Err(RecvTimeoutError::Timeout), "it is held");
    };
    // A source that got no time catches up.
    let (mut flowed, mut expected) = (0, 0);
    for second in 1..=12 * BLOCKED {
        nothing();
        flowed = records.load(Ordering::SeqCst) - before;
        expected = RATE * second;
        if second >= BLOCKED && flowed * 10 >= expected * 8 {
            break;
        }
    }
    gate.set(false);
    completed.recv().unwrap();
    handle.cancel();
    handle.wait().unwrap_err();
    assert!(
        flowed * 10 >= expected * 8,
        "{flowed} records of {expected}"
    );
}
