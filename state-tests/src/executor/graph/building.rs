//! What the making of a task's links needs to know.

use super::{NodeId, Plan};
use crate::executor::failure::FailurePlan;
use crate::executor::link::{Inject, Link};
use alluvium::{Result, SubtaskInfo};
use std::sync::Arc;

/// The task that is being made.
#[derive(Clone, Copy)]
pub(crate) struct Building<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) failures: &'a FailurePlan,
    pub(crate) subtask: u32,
}

impl Building<'_> {
    pub(crate) fn uid(&self, node: NodeId) -> Result<Arc<str>> {
        Ok(Arc::clone(&self.plan.node(node)?.uid))
    }

    pub(crate) fn subtask_info(&self, node: NodeId) -> Result<SubtaskInfo> {
        let node = self.plan.node(node)?;
        Ok(SubtaskInfo {
            operator: node.name.clone(),
            index: self.subtask,
            parallelism: node.parallelism,
        })
    }

    /// Puts the failures planned for `node` before its link.
    pub(crate) fn inject<T: 'static>(
        &self,
        node: NodeId,
        link: Box<dyn Link<T>>,
    ) -> Result<Box<dyn Link<T>>> {
        let armed = self.failures.of(&self.plan.node(node)?.uid, self.subtask);
        if armed.is_empty() {
            return Ok(link);
        }
        Ok(Box::new(Inject::new(armed, link)))
    }
}
