//! What makes the tasks of a source.

use super::{SourceOperator, SplitSource};
use crate::executor::channel::ChannelSettings;
use crate::executor::graph::{Building, NodeId, Plan, Port, Vertex};
use crate::executor::task::Body;
use alluvium::Result;
use std::sync::Arc;

/// A source in the graph.
pub(crate) struct SourceVertex<S: SplitSource> {
    pub(crate) node: NodeId,
    pub(crate) source: Arc<S>,
    pub(crate) port: Arc<Port<S::Record>>,
}

impl<S: SplitSource> Vertex for SourceVertex<S> {
    fn connect(&self, _plan: &Plan, _settings: ChannelSettings) {}

    fn build(&self, building: &Building<'_>) -> Result<Body> {
        let output = Box::new(self.port.output(building)?);
        let output = building.inject(self.node, output)?;
        Ok(Body::Source(Box::new(SourceOperator::new(
            building.uid(self.node)?,
            building.subtask_info(self.node)?,
            Arc::clone(&self.source),
            output,
        ))))
    }
}
