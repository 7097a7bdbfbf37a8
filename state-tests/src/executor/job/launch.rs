//! Making the tasks of a run and starting their threads.

use super::retained::Folders;
use super::writer::{WriterHandle, Writers, Writing};
use super::{JobSettings, Restore};
use crate::executor::graph::{Building, NodeId, Plan, PlannedNode, SharedGraph, Vertex};
use crate::executor::source::Rate;
use crate::executor::task::{Body, Control, Report, Reporter, Task, TaskId, TaskSettings};
use alluvium::{Result, StateBackend, StateError};
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::JoinHandle;

/// The tasks of a run.
pub(super) struct Launched {
    pub(super) tasks: Vec<RunningTask>,
    pub(super) writers: Writers,
    pub(super) reports: Receiver<(TaskId, Report)>,
    pub(super) records: Arc<AtomicU64>,
}

/// A task, as its job sees it.
pub(super) struct RunningTask {
    pub(super) id: TaskId,
    pub(super) source: bool,
    /// Dropping it stops the task.
    pub(super) control: Option<Sender<Control>>,
    pub(super) thread: JoinHandle<()>,
}

/// The heads of tasks: (operator, subtask).
fn subtasks(plan: &Plan) -> impl Iterator<Item = (NodeId, u32)> {
    let heads = plan.nodes.iter().enumerate().filter(|(_, node)| node.head);
    heads.flat_map(|(place, node)| {
        (0..node.parallelism).map(move |subtask| (NodeId(place), subtask))
    })
}

/// Starts all tasks; they open their state and wait to be told to begin.
pub(super) fn launch(
    graph: &SharedGraph,
    plan: &Plan,
    settings: &JobSettings,
    restore: Restore,
    folders: Folders,
) -> Result<Launched> {
    let made: Vec<_> = subtasks(plan).collect();
    let vertices = connect(graph, plan, settings);
    let queue = made.len() * snapshots_under_way(settings);
    let writing = Writing {
        limits: settings.backend.snapshot_limits(),
        files: settings.backend.file_options().copied(),
        folders,
    };
    let (writers, writer) = Writers::start(settings.writers, queue, &writing)?;
    // Not bounded, because a full channel could deadlock tasks and job; what waits in it is a few
    // messages for each task and unfinished checkpoint.
    let (sender, reports) = unbounded();
    let records = Arc::new(AtomicU64::new(0));
    let common = Common {
        plan,
        settings,
        restore: Arc::new(restore),
        sender,
        writer,
        records: Arc::clone(&records),
    };
    let mut tasks = Vec::new();
    for (number, (node, subtask)) in made.into_iter().enumerate() {
        let vertex = vertices.get(node.0).ok_or_else(|| no_vertex(node))?;
        let body = vertex.build(&Building {
            plan,
            failures: &settings.failures,
            subtask,
        })?;
        let id = TaskId(number as u32);
        tasks.push(common.start(id, plan.node(node)?, subtask, body)?);
    }
    Ok(Launched {
        tasks,
        writers,
        reports,
        records,
    })
}

/// The operators of the job, with new channels between their subtasks.
fn connect(graph: &SharedGraph, plan: &Plan, settings: &JobSettings) -> Vec<Arc<dyn Vertex>> {
    let vertices: Vec<_> = graph.with(|graph| {
        let nodes = graph.nodes.iter();
        nodes.map(|node| Arc::clone(&node.vertex)).collect()
    });
    for vertex in &vertices {
        vertex.connect(plan, settings.channels);
    }
    vertices
}

/// What all tasks of a run share.
struct Common<'a> {
    plan: &'a Plan,
    settings: &'a JobSettings,
    restore: Arc<Restore>,
    sender: Sender<(TaskId, Report)>,
    writer: WriterHandle,
    records: Arc<AtomicU64>,
}

impl Common<'_> {
    /// Starts the task with this inside.
    fn start(
        &self,
        id: TaskId,
        planned: &PlannedNode,
        subtask: u32,
        body: Body,
    ) -> Result<RunningTask> {
        let sources = self.plan.nodes.iter().filter(|node| node.source);
        let source_tasks = sources.map(|node| node.parallelism).sum();
        let rate = self.settings.rate.filter(|_| planned.source);
        let (control, listen) = unbounded();
        let task = Task {
            name: format!("the task of '{}', subtask {subtask},", planned.name),
            body,
            settings: task_settings(self.settings),
            restore: Some(Arc::clone(&self.restore)),
            control: listen,
            reporter: Reporter {
                task: id,
                sender: self.sender.clone(),
            },
            writers: self.writer.clone(),
            rate: rate.map(|rate| Rate::new(rate, source_tasks)),
            records: Arc::clone(&self.records),
        };
        Ok(RunningTask {
            id,
            source: planned.source,
            control: Some(control),
            thread: spawn(&planned.name, subtask, task)?,
        })
    }
}

/// How many snapshots of one task may wait to be written: of every checkpoint that may be under way
/// and of a savepoint, and as many that were given up and are not out of the way yet.
fn snapshots_under_way(settings: &JobSettings) -> usize {
    let (savepoint, ends_job) = (1, 1);
    2 * (settings.checkpoints.max_concurrent as usize + savepoint + ends_job)
}

fn no_vertex(node: NodeId) -> StateError {
    StateError::misuse(format!("operator {} is not part of the job", node.0))
}

fn spawn(name: &str, subtask: u32, task: Task) -> Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name(format!("{name}-{subtask}"))
        .spawn(move || task.run())
        .map_err(|error| {
            StateError::storage("cannot start the thread of a task").with_source(error)
        })
}

fn task_settings(settings: &JobSettings) -> TaskSettings {
    TaskSettings {
        backend: settings.backend.clone(),
        mode: settings.checkpoints.mode,
        max_raw: settings.max_raw,
        batch: settings.channels.batch,
        checkpoint_every: settings.checkpoint_every,
        clock: Arc::clone(&settings.clock),
    }
}
