//! Matching the operators of a program with those of a checkpoint.

use super::OperatorRestore;
use crate::files::StoredSnapshot;
use alluvium_state_api::{MaxParallelism, Result, StateError};
use std::collections::BTreeSet;

/// An operator as the program has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramOperator {
    /// Its uid.
    pub uid: String,
    /// The number of its subtasks.
    pub parallelism: u32,
    /// The number of its key groups, if the program says it; `None` adopts that of the checkpoint.
    pub max_parallelism: Option<MaxParallelism>,
}

/// What to do with state of operators that the program does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unclaimed {
    /// Refuse to start.
    #[default]
    Refuse,
    /// Leave it behind: the next checkpoint will not have it.
    Drop,
}

/// Says for each operator of the program, in its order, what it starts with. Operators that the
/// checkpoint does not know start empty.
///
/// # Errors
/// `Incompatible` if operators of the checkpoint that have state are missing in the program,
/// naming each, unless `unclaimed` allows it; or if an operator's parallelism or max parallelism
/// does not fit its state. `Misuse` if the program has a uid twice. `Corrupt` if subtasks are
/// missing in the checkpoint, or a file that holds their operator state is missing or damaged;
/// `Storage`.
pub fn plan_restore(
    stored: &StoredSnapshot,
    program: &[ProgramOperator],
    unclaimed: Unclaimed,
) -> Result<Vec<OperatorRestore>> {
    let metadata = stored.metadata();
    let mut uids = BTreeSet::new();
    for operator in program {
        if !uids.insert(&operator.uid) {
            return Err(StateError::misuse(format!(
                "two operators of the program have the uid '{}'",
                operator.uid
            )));
        }
    }
    if unclaimed == Unclaimed::Refuse {
        let mut left = Vec::new();
        for operator in &metadata.operators {
            if !uids.contains(&operator.uid) && stored.has_state(operator)? {
                left.push(format!("'{}'", operator.uid));
            }
        }
        if !left.is_empty() {
            return Err(StateError::incompatible(format!(
                "checkpoint {} holds state of operators that the program does not have: {}; give \
                 the operators these uids, or allow state to be left behind",
                metadata.checkpoint,
                left.join(", ")
            )));
        }
    }
    let restores = program
        .iter()
        .map(|operator| match metadata.operator(&operator.uid) {
            Some(snapshot) => OperatorRestore::from_snapshot(operator, snapshot, stored),
            None => Ok(OperatorRestore::fresh(operator)),
        });
    restores.collect()
}
