//! Ports and edges with their types.

use super::Building;
use super::node::{EdgeId, NodeId};
use super::plan::{Plan, PlannedEdge, Transport};
use crate::executor::Record;
use crate::executor::channel::{ChannelSettings, Inbound, Matrix};
use crate::executor::link::{Exchange, Link, Output, Route};
use alluvium::{KeyGroup, MaxParallelism, Result, StateError};
use parking_lot::Mutex;
use std::sync::Arc;

/// The key hash of a record's key.
pub(crate) type KeyHash<T> = Arc<dyn Fn(&T) -> i32 + Send + Sync>;

/// What makes the link that takes records of type `T`.
pub(crate) trait Consumer<T>: Send + Sync {
    /// Makes the link of one subtask, and all behind it.
    fn link(&self, building: &Building<'_>) -> Result<Box<dyn Link<T>>>;
}

/// A way from an operator to another one.
pub(crate) struct Edge<T> {
    pub(crate) id: EdgeId,
    /// Whom to chain; `None` if the consumer has several inputs.
    consumer: Option<Arc<dyn Consumer<T>>>,
    hash: Option<KeyHash<T>>,
    /// The channels of the current run.
    matrix: Mutex<Option<Matrix<T>>>,
}

impl<T: Record> Edge<T> {
    pub(crate) fn new(
        id: EdgeId,
        consumer: Option<Arc<dyn Consumer<T>>>,
        hash: Option<KeyHash<T>>,
    ) -> Self {
        Self {
            id,
            consumer,
            hash,
            matrix: Mutex::new(None),
        }
    }

    /// Makes the channels for one run.
    pub(crate) fn connect(&self, plan: &Plan, settings: ChannelSettings) {
        let planned = plan.edge(self.id);
        let made = planned.and_then(|edge| Ok((edge.transport, plan.ends(edge)?)));
        *self.matrix.lock() = match made {
            Ok((Transport::Chained, _)) | Err(_) => None,
            Ok((Transport::Pointwise, (from, _))) => Some(Matrix::pointwise(from, settings)),
            Ok((_, (from, to))) => Some(Matrix::full(from, to, settings)),
        };
    }

    /// The receiving ends of one subtask.
    pub(crate) fn receivers(&self, subtask: u32) -> Vec<Inbound<T>> {
        let mut matrix = self.matrix.lock();
        matrix
            .as_mut()
            .map(|matrix| matrix.take_receivers(subtask))
            .unwrap_or_default()
    }

    fn link(&self, building: &Building<'_>) -> Result<Box<dyn Link<T>>> {
        let edge = building.plan.edge(self.id)?;
        if edge.transport == Transport::Chained {
            let consumer = self.consumer.as_ref().ok_or_else(|| {
                StateError::misuse("an operator with several inputs cannot be chained")
            })?;
            return consumer.link(building);
        }
        let channels = self
            .matrix
            .lock()
            .as_mut()
            .map(|matrix| matrix.take_senders(building.subtask))
            .unwrap_or_default();
        let route = self.route(edge, building)?;
        Ok(Box::new(Exchange::new(channels, route)))
    }

    fn route(&self, edge: PlannedEdge, building: &Building<'_>) -> Result<Route<T>> {
        let plan = building.plan;
        Ok(match (edge.transport, &self.hash) {
            (Transport::Chained | Transport::Pointwise, _) => Route::Single,
            (Transport::Broadcast, _) => Route::Broadcast,
            (Transport::Key, Some(hash)) => {
                let to = plan.node(edge.to)?;
                Route::Key {
                    hash: Arc::clone(hash),
                    max_parallelism: to.max_parallelism,
                    owners: owners(to.max_parallelism, to.parallelism)?,
                }
            }
            (Transport::Key | Transport::Rebalance, _) => Route::Rebalance {
                // Senders begin at different receivers, so that few records go round as well.
                next: building.subtask as usize % plan.ends(edge)?.1.max(1) as usize,
            },
        })
    }
}

/// The subtask that owns each key group.
fn owners(max_parallelism: MaxParallelism, parallelism: u32) -> Result<Arc<[u16]>> {
    max_parallelism
        .all_groups()
        .iter()
        .map(|group: KeyGroup| Ok(max_parallelism.subtask_of(group, parallelism)? as u16))
        .collect()
}

/// Where the records of an operator come out.
pub(crate) struct Port<T> {
    pub(crate) node: NodeId,
    edges: Mutex<Vec<Arc<Edge<T>>>>,
}

impl<T: Record> Port<T> {
    pub(crate) fn new(node: NodeId) -> Arc<Self> {
        Arc::new(Self {
            node,
            edges: Mutex::new(Vec::new()),
        })
    }

    pub(crate) fn attach(&self, edge: Arc<Edge<T>>) {
        self.edges.lock().push(edge);
    }

    /// What takes the records of one subtask.
    pub(crate) fn output(&self, building: &Building<'_>) -> Result<Output<T>> {
        let edges = self.edges.lock().clone();
        let links: Result<_> = edges.iter().map(|edge| edge.link(building)).collect();
        Ok(Output::new(links?))
    }
}
