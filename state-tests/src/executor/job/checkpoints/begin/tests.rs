//! How much the snapshots of a checkpoint are to hold.

use super::super::{Order, Subject};
use super::Checkpoints;
use crate::executor::Environment;
use crate::executor::graph::Plan;
use crate::executor::job::origin::{Origin, RestoreOptions};
use crate::executor::job::retained::Retained;
use crate::executor::job::{JobReport, JobSettings};
use crate::executor::task::{Report, TaskId};
use alluvium::checkpoint::{CheckpointMetadata, DeclineReason};
use alluvium::{CheckpointId, SnapshotMode};
use std::sync::Arc;
use std::time::Duration;

const TASK: TaskId = TaskId(0);

fn environment() -> Environment {
    let mut environment = Environment::new("job");
    environment.enable_checkpointing(Duration::from_hours(1));
    environment.from_collection(0..1).for_each(|_| Ok(()));
    environment
}

/// What storage tells next, and what is to be done then.
fn stored(checkpoints: &mut Checkpoints<'_>) -> Vec<Order> {
    let stored = checkpoints.hear().recv().unwrap();
    checkpoints.stored(stored)
}

/// The modes of three checkpoints of a job that starts from `origin`: of one that fails, and of two
/// that are completed.
fn modes(environment: &Environment, origin: impl Fn(&JobSettings) -> Origin) -> [SnapshotMode; 3] {
    let settings = environment.settings();
    let plan = environment
        .graph()
        .with(|graph| Plan::new(graph, 1, |_| None))
        .unwrap();
    let mut retained = Retained::open(settings, None).unwrap();
    let (mut origin, mut report, mut owed) = (origin(settings), JobReport::default(), None);
    let subject = Subject {
        settings,
        plan: &plan,
        tasks: vec![TASK],
        retained: &mut retained,
        origin: &mut origin,
        report: &mut report,
        owed: &mut owed,
    };
    let mut checkpoints = Checkpoints::new(subject).unwrap();
    [false, true, true].map(|completes| {
        checkpoints.take(TASK, Report::WantsCheckpoint);
        let orders = stored(&mut checkpoints);
        let [Order::Trigger(barrier)] = &orders[..] else {
            panic!("{} orders", orders.len());
        };
        let checkpoint = barrier.checkpoint;
        if completes {
            let snapshots = Arc::new(Vec::new());
            let report = Report::Acknowledged {
                checkpoint,
                snapshots,
            };
            checkpoints.take(TASK, report);
            stored(&mut checkpoints);
        } else {
            let reason = DeclineReason::NotReady;
            checkpoints.take(TASK, Report::Declined { checkpoint, reason });
        }
        barrier.mode
    })
}

#[test]
fn n11_what_is_not_claimed_is_built_on_by_no_checkpoint() {
    use SnapshotMode::{Full, Incremental};
    let root = tempfile::tempdir().unwrap();
    let metadata = CheckpointMetadata::new(CheckpointId(7), 0, "other", "other");
    let bytes = metadata.to_bytes().unwrap();
    std::fs::write(root.path().join("_metadata"), bytes).unwrap();
    let mut environment = environment();
    let from_its_own = |_: &JobSettings| Origin::default();
    assert_eq!(modes(&environment, from_its_own), [Incremental; 3]);
    environment.restore_from(root.path(), RestoreOptions::default());
    let as_told = |settings: &JobSettings| Origin::open(settings).unwrap();
    assert_eq!(modes(&environment, as_told), [Full, Full, Incremental]);
}
