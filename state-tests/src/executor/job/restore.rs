//! What the subtasks of a run start with.

use super::JobSettings;
use crate::executor::graph::Plan;
use alluvium::checkpoint::{
    OperatorRestore, ProgramOperator, StoredSnapshot, SubtaskRestore, plan_restore,
};
use alluvium::{CheckpointId, Result, StateError};
use std::collections::BTreeMap;

/// The state of a checkpoint, or none, ready to be dealt out.
#[derive(Debug)]
pub(crate) struct Restore {
    checkpoint: Option<CheckpointId>,
    begins: bool,
    operators: BTreeMap<String, OperatorRestore>,
}

impl Restore {
    /// Deals `stored` out to the operators of `plan`; whether it is what the job begins with, and
    /// no checkpoint of its own.
    pub(crate) fn new(
        plan: &Plan,
        stored: Option<&StoredSnapshot>,
        begins: bool,
        settings: &JobSettings,
    ) -> Result<Self> {
        let program: Vec<_> = plan
            .nodes
            .iter()
            .map(|node| ProgramOperator {
                uid: node.uid.to_string(),
                parallelism: node.parallelism,
                max_parallelism: Some(node.max_parallelism),
            })
            .collect();
        let operators = match stored {
            Some(stored) => plan_restore(stored, &program, settings.unclaimed())?,
            None => program.iter().map(OperatorRestore::fresh).collect(),
        };
        let named = operators
            .into_iter()
            .map(|operator| (operator.uid().to_owned(), operator));
        Ok(Self {
            checkpoint: stored.map(|stored| stored.metadata().checkpoint),
            begins,
            operators: named.collect(),
        })
    }

    /// The checkpoint that the run starts from.
    pub(crate) const fn checkpoint(&self) -> Option<CheckpointId> {
        self.checkpoint
    }

    /// Whether the job begins with it, and does not go on from a checkpoint of its own.
    pub(crate) const fn begins(&self) -> bool {
        self.begins
    }

    /// What a subtask of an operator starts with.
    pub(crate) fn subtask(&self, uid: &str, index: u32) -> Result<SubtaskRestore> {
        self.operators
            .get(uid)
            .ok_or_else(|| StateError::misuse(format!("there is no operator '{uid}' in the job")))?
            .subtask(index)
    }
}
