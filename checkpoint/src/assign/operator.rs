//! Dealing the state of one operator out to its new subtasks.

use super::ProgramOperator;
use crate::files::StoredSnapshot;
use crate::subtask::{OperatorSnapshot, SubtaskSnapshot};
use alluvium_state_api::{
    KeyGroupRange, MaxParallelism, OpenRequest, OperatorStateImage, OperatorStateKind,
    RawKeyedState, RawOperatorState, Result, SnapshotChain, StateError, SubtaskInfo,
    assign_operator_state,
};

/// What an operator of the program starts with.
#[derive(Debug)]
pub struct OperatorRestore {
    uid: String,
    parallelism: u32,
    max_parallelism: Option<MaxParallelism>,
    old: Option<Old>,
}

/// The state of all old subtasks, in their order.
#[derive(Debug)]
struct Old {
    stored: StoredSnapshot,
    snapshot: OperatorSnapshot,
    operator_state: Vec<Vec<OperatorStateImage>>,
    raw_keyed: Vec<RawKeyedState>,
    raw_operator: Vec<RawOperatorState>,
}

/// What one new subtask starts with.
#[derive(Debug)]
pub struct SubtaskRestore {
    /// Which one it is; the operator by its uid. For what is told of its state.
    pub subtask: SubtaskInfo,
    /// What its keyed backend is opened with.
    pub keyed: OpenRequest,
    /// Its operator state.
    pub operator_state: Vec<OperatorStateImage>,
    /// The raw keyed state of its key groups.
    pub raw_keyed: RawKeyedState,
    /// Its raw operator state.
    pub raw_operator: RawOperatorState,
    /// Whether the checkpoint knew the operator.
    pub is_restored: bool,
    /// Whether all old subtasks had reached the end of their input: there is nothing left to do.
    pub is_finished: bool,
}

impl OperatorRestore {
    /// An operator that starts empty.
    pub fn fresh(operator: &ProgramOperator) -> Self {
        Self {
            uid: operator.uid.clone(),
            parallelism: operator.parallelism,
            max_parallelism: operator.max_parallelism,
            old: None,
        }
    }

    /// An operator that goes on from `snapshot`, which is a part of `stored`.
    ///
    /// # Errors
    /// As [`plan_restore`](super::plan_restore).
    pub fn from_snapshot(
        operator: &ProgramOperator,
        snapshot: &OperatorSnapshot,
        stored: &StoredSnapshot,
    ) -> Result<Self> {
        check_parallelism(operator, snapshot)?;
        let mut snapshot = snapshot.clone();
        snapshot.subtasks.sort_by_key(|subtask| subtask.subtask);
        check_complete(&snapshot)?;
        for subtask in &mut snapshot.subtasks {
            *subtask = stored
                .complete(subtask)
                .map_err(|error| error.context(subtask.label()))?;
        }
        check_union_lists(&snapshot)?;
        let (mut operator_state, mut raw_keyed, mut raw_operator) = (vec![], vec![], vec![]);
        for subtask in &mut snapshot.subtasks {
            operator_state.push(std::mem::take(&mut subtask.operator_state));
            raw_keyed.push(std::mem::take(&mut subtask.raw_keyed));
            raw_operator.push(std::mem::take(&mut subtask.raw_operator));
        }
        Ok(Self {
            uid: operator.uid.clone(),
            parallelism: operator.parallelism,
            max_parallelism: Some(snapshot.max_parallelism),
            old: Some(Old {
                stored: stored.clone(),
                snapshot,
                operator_state,
                raw_keyed,
                raw_operator,
            }),
        })
    }

    /// The uid of the operator.
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// The number of key groups: that of the checkpoint, or what the program says, or the default.
    ///
    /// # Errors
    /// `Misuse` if the parallelism is 0 or above 32,768.
    pub fn max_parallelism(&self) -> Result<MaxParallelism> {
        match self.max_parallelism {
            Some(max) => Ok(max),
            None => MaxParallelism::default_for(self.parallelism),
        }
    }

    /// The new subtask `index`, as messages call it.
    fn info(&self, index: u32) -> SubtaskInfo {
        SubtaskInfo {
            operator: self.uid.clone(),
            index,
            parallelism: self.parallelism,
        }
    }

    /// What new subtask `index` starts with. A backend that is opened with its keyed request names
    /// operator and subtask in what it says about the state.
    ///
    /// # Errors
    /// All name operator and subtask. `Misuse` if there is no such subtask; `Corrupt`, `Incompatible` or `Storage` if a segment
    /// cannot be read; `Incompatible` if old subtasks disagree on an operator state.
    pub fn subtask(&self, index: u32) -> Result<SubtaskRestore> {
        let named = |error: StateError| error.context(self.info(index));
        let max = self.max_parallelism().map_err(named)?;
        let groups = max.range_of(index, self.parallelism).map_err(named)?;
        let request = OpenRequest::fresh(index, self.parallelism)
            .with_operator(&*self.uid)
            .with_max_parallelism(max);
        let Some(old) = &self.old else {
            return Ok(SubtaskRestore {
                subtask: self.info(index),
                keyed: request,
                operator_state: Vec::new(),
                raw_keyed: RawKeyedState::default(),
                raw_operator: RawOperatorState::default(),
                is_restored: false,
                is_finished: false,
            });
        };
        let (place, parallelism) = (index as usize, self.parallelism as usize);
        let operator_state = assign_operator_state(&old.operator_state, place, parallelism);
        Ok(SubtaskRestore {
            subtask: self.info(index),
            keyed: request.with_restore(old.chains(groups).map_err(named)?),
            operator_state: operator_state.map_err(named)?,
            raw_keyed: RawKeyedState::assign(&old.raw_keyed, groups),
            raw_operator: RawOperatorState::assign(&old.raw_operator, place, parallelism),
            is_restored: true,
            is_finished: old.snapshot.is_finished(),
        })
    }
}

impl Old {
    /// The chains that may hold keys of `groups`.
    fn chains(&self, groups: KeyGroupRange) -> Result<Vec<SnapshotChain>> {
        let (operator, mut chains) = (&self.snapshot, Vec::new());
        for subtask in &operator.subtasks {
            let max = operator.max_parallelism;
            let held = max.range_of(subtask.subtask, operator.parallelism)?;
            if held.intersection(groups).is_empty() {
                continue;
            }
            for chain in &subtask.keyed {
                chains.push(self.stored.chain(operator, subtask, chain)?);
            }
        }
        Ok(chains)
    }
}

fn check_parallelism(operator: &ProgramOperator, snapshot: &OperatorSnapshot) -> Result<()> {
    let (uid, found) = (&operator.uid, snapshot.max_parallelism);
    if let Some(wanted) = operator.max_parallelism.filter(|wanted| *wanted != found) {
        return Err(StateError::incompatible(format!(
            "operator '{uid}': Max parallelism mismatch: the snapshot was taken with {found}, the \
             program asks for {wanted}"
        )));
    }
    if operator.parallelism > found.get() {
        return Err(StateError::incompatible(format!(
            "operator '{uid}': the parallelism must lie within 1 and the max parallelism {found} \
             of its snapshot, the program asks for {}",
            operator.parallelism
        )));
    }
    Ok(())
}

/// Checks that every old subtask is there.
fn check_complete(snapshot: &OperatorSnapshot) -> Result<()> {
    let mut present = snapshot.subtasks.iter().map(|subtask| subtask.subtask);
    // Ascending and distinct, so the first gap shows at once.
    let missing = (0..snapshot.parallelism).find(|index| present.next() != Some(*index));
    let Some(missing) = missing else {
        return Ok(());
    };
    Err(StateError::corrupt(format!(
        "operator '{}': expected the snapshots of {} subtasks, found {}; the first that is missing \
         is that of subtask {missing}",
        snapshot.uid,
        snapshot.parallelism,
        snapshot.subtasks.len()
    )))
}

/// Checks that no subtask has finished and taken its share of a union list with it, while others
/// go on with the list (Flink fails such checkpoints).
fn check_union_lists(snapshot: &OperatorSnapshot) -> Result<()> {
    if snapshot.is_finished() {
        return Ok(());
    }
    let unions = |subtask: &SubtaskSnapshot| {
        let states = subtask.operator_state.iter();
        let unions = states.filter(|state| state.meta.kind == OperatorStateKind::UnionList);
        unions
            .map(|state| state.meta.name.clone())
            .collect::<Vec<_>>()
    };
    let (finished, running): (Vec<_>, Vec<_>) = snapshot
        .subtasks
        .iter()
        .partition(|subtask| subtask.finished);
    for name in running.into_iter().flat_map(unions) {
        if let Some(without) = finished
            .iter()
            .find(|subtask| !unions(subtask).contains(&name))
        {
            return Err(StateError::incompatible(format!(
                "operator '{}': subtask {} has finished without its share of union list '{name}', \
                 which others still hold",
                snapshot.uid, without.subtask
            )));
        }
    }
    Ok(())
}
