//! The layout: which operators share a task, how many subtasks each has, and what they are called.

use super::node::{EdgeId, EdgeInfo, Graph, NodeId, Partition};
use alluvium::{MaxParallelism, Result, StateError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How the records of an edge travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// By a call, within a task.
    Chained,
    /// Through a channel to the subtask of the same number.
    Pointwise,
    /// Through channels from each subtask to each, to all in turn.
    Rebalance,
    /// The same, to all.
    Broadcast,
    /// The same, to the owner of the key group.
    Key,
}

/// An operator in the layout.
#[derive(Clone, Debug)]
pub(crate) struct PlannedNode {
    pub(crate) uid: Arc<str>,
    pub(crate) name: String,
    pub(crate) parallelism: u32,
    pub(crate) max_parallelism: MaxParallelism,
    /// Whether it begins a task.
    pub(crate) head: bool,
    pub(crate) source: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct PlannedEdge {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) transport: Transport,
}

/// The layout of a job.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) nodes: Vec<PlannedNode>,
    edges: Vec<Option<PlannedEdge>>,
}

impl Plan {
    /// Lays out `graph`. `max_parallelism` is what the user has set, or a checkpoint prescribes, for
    /// the operator of a uid.
    pub(crate) fn new(
        graph: &Graph,
        default_parallelism: u32,
        max_parallelism: impl Fn(&str) -> Option<MaxParallelism>,
    ) -> Result<Self> {
        graph.check()?;
        let parallelism = |node: NodeId| {
            graph
                .nodes
                .get(node.0)
                .and_then(|node| node.parallelism)
                .unwrap_or(default_parallelism)
        };
        let greatest = (0..graph.nodes.len())
            .map(|node| parallelism(NodeId(node)))
            .max();
        let mut plan = Self {
            nodes: Vec::with_capacity(graph.nodes.len()),
            edges: vec![None; graph.edges],
        };
        for (index, node) in graph.nodes.iter().enumerate() {
            let to = NodeId(index);
            let own = parallelism(to);
            let derived = || format!("{}-{index}", node.kind);
            let uid = node.uid.clone().unwrap_or_else(derived);
            let max_parallelism = match max_parallelism(&uid) {
                Some(max) => max,
                None => MaxParallelism::default_for(greatest.unwrap_or(1))?,
            };
            // Also checks the parallelism against the max parallelism.
            max_parallelism.range_of(0, own).map_err(|error| {
                let name = node.name.as_deref().unwrap_or(node.kind);
                error.context(format_args!("operator '{name}'"))
            })?;
            let mut head = true;
            for edge in &node.inputs {
                let transport = transport(edge, parallelism(edge.from), own, node.inputs.len());
                head &= transport != Transport::Chained;
                let from = edge.from;
                if let Some(place) = plan.edges.get_mut(edge.id.0) {
                    *place = Some(PlannedEdge {
                        from,
                        to,
                        transport,
                    });
                }
            }
            plan.nodes.push(PlannedNode {
                uid: uid.into(),
                name: node
                    .name
                    .clone()
                    .or_else(|| node.uid.clone())
                    .unwrap_or_else(derived),
                parallelism: own,
                max_parallelism,
                head,
                source: node.inputs.is_empty(),
            });
        }
        plan.check_uids()?;
        Ok(plan)
    }

    fn check_uids(&self) -> Result<()> {
        let mut seen = BTreeMap::new();
        for node in &self.nodes {
            if node.uid.is_empty() {
                return Err(StateError::misuse(format!(
                    "the uid of operator '{}' is empty",
                    node.name
                )));
            }
            if let Some(other) = seen.insert(&node.uid, &node.name) {
                return Err(StateError::misuse(format!(
                    "operators '{other}' and '{}' have the same uid '{}': state would be mixed up",
                    node.name, node.uid
                )));
            }
        }
        Ok(())
    }

    /// What is known about an edge.
    pub(crate) fn edge(&self, id: EdgeId) -> Result<PlannedEdge> {
        let edge = self.edges.get(id.0).copied().flatten();
        edge.ok_or_else(|| StateError::misuse(format!("edge {} is not part of the job", id.0)))
    }

    #[cfg(test)]
    pub(super) const fn edges_len(&self) -> usize {
        self.edges.len()
    }

    /// What is known about an operator.
    pub(crate) fn node(&self, id: NodeId) -> Result<&PlannedNode> {
        self.nodes
            .get(id.0)
            .ok_or_else(|| StateError::misuse(format!("operator {} is not part of the job", id.0)))
    }

    /// The number of subtasks at either end of an edge.
    pub(crate) fn ends(&self, edge: PlannedEdge) -> Result<(u32, u32)> {
        Ok((
            self.node(edge.from)?.parallelism,
            self.node(edge.to)?.parallelism,
        ))
    }
}

fn transport(edge: &EdgeInfo, from: u32, to: u32, inputs: usize) -> Transport {
    match edge.partition {
        Partition::Forward if from == to && inputs == 1 => Transport::Chained,
        Partition::Forward if from == to => Transport::Pointwise,
        Partition::Forward | Partition::Rebalance => Transport::Rebalance,
        Partition::Broadcast => Transport::Broadcast,
        Partition::Key => Transport::Key,
    }
}
