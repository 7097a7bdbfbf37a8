//! Nodes and edges without their types.

use super::{Building, Plan};
use crate::executor::channel::ChannelSettings;
use crate::executor::task::Body;
use alluvium::{Result, StateError};
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;

/// An operator, by its place in the order in which operators were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NodeId(pub(crate) usize);

/// An edge, likewise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EdgeId(pub(crate) usize);

/// How the records of an edge are dealt out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Partition {
    /// To the subtask of the same number, or evenly if there are not as many.
    Forward,
    /// Evenly, in turn.
    Rebalance,
    /// Each to all.
    Broadcast,
    /// By key group.
    Key,
}

/// An edge without its type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EdgeInfo {
    pub(crate) id: EdgeId,
    pub(crate) from: NodeId,
    pub(crate) partition: Partition,
}

/// What makes tasks of a node that begins a chain.
pub(crate) trait Vertex: Send + Sync {
    /// Makes the channels of the edges that lead here.
    fn connect(&self, plan: &Plan, settings: ChannelSettings);

    /// Makes the inside of one subtask's task.
    fn build(&self, building: &Building<'_>) -> Result<Body>;
}

/// An operator without its types.
pub(crate) struct Node {
    /// What it does, in a word.
    pub(crate) kind: &'static str,
    pub(crate) name: Option<String>,
    pub(crate) uid: Option<String>,
    pub(crate) parallelism: Option<u32>,
    /// None for a source.
    pub(crate) inputs: Vec<EdgeInfo>,
    pub(crate) vertex: Arc<dyn Vertex>,
}

/// The operators of a job, each behind those that it reads from.
#[derive(Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: usize,
    /// What the user has done wrong while building; told when the job is executed.
    pub(crate) errors: Vec<String>,
}

/// The graph that an environment and its streams build together.
#[derive(Clone, Default)]
pub(crate) struct SharedGraph {
    graph: Arc<Mutex<Graph>>,
    running: Arc<Mutex<()>>,
}

impl SharedGraph {
    pub(crate) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.graph, &other.graph)
    }

    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut Graph) -> R) -> R {
        f(&mut self.graph.lock())
    }

    /// Keeps everybody else from running the graph, unless somebody does.
    pub(crate) fn claim(&self) -> Option<MutexGuard<'_, ()>> {
        self.running.try_lock()
    }

    /// The id that the next node will have. Nodes are made by one thread: a stream cannot be sent
    /// to another while it is being extended.
    pub(crate) fn next_node(&self) -> NodeId {
        self.with(|graph| NodeId(graph.nodes.len()))
    }

    pub(crate) fn next_edge(&self) -> EdgeId {
        self.with(|graph| {
            graph.edges += 1;
            EdgeId(graph.edges - 1)
        })
    }
}

impl Graph {
    /// The first thing that the user has done wrong.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(error) = self.errors.first() {
            return Err(StateError::misuse(error.clone()));
        }
        if self.nodes.is_empty() {
            return Err(StateError::misuse("the job has no source"));
        }
        Ok(())
    }
}
