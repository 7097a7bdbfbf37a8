//! The job as the user has written it, and how it is laid out in tasks.

mod building;
mod edge;
mod node;
mod plan;
mod stage;

pub(crate) use building::Building;
pub(crate) use edge::{Consumer, Edge, KeyHash, Port};
pub(crate) use node::{EdgeInfo, Node, NodeId, Partition, SharedGraph, Vertex};
pub(crate) use plan::{Plan, PlannedNode};
pub(crate) use stage::{Receiving, ReceivingTwo, Stage};

#[cfg(test)]
mod tests;
