//! Counting records per key, in keyed state, and per subtask, in a field that goes to operator
//! state at every checkpoint: `CheckpointedFunction`.
//!
//! The job fails once, behind its fourth record, and goes on from the checkpoint behind its second:
//! the third and fourth are processed again, and both counts go on from where they stood.

use alluvium::{
    CheckpointedFunction, InitializationContext, KeyedBackend, KeyedBackendExt,
    OperatorListDescriptor, OperatorListHandle, OperatorStateStore, Result, SnapshotContext,
    StateError, ValueDescriptor, ValueHandle,
};
use alluvium_state_tests::executor::{
    Checkpointed, Context, Environment, FailAt, Failure, FailurePlan, Process, RestartStrategy,
};
use std::time::Duration;

const KEYED_STATE: ValueDescriptor<u64> = ValueDescriptor::new("keyedState");
const OPERATOR_STATE: OperatorListDescriptor<u64> = OperatorListDescriptor::split("operatorState");

/// A key, its count, and the count of the subtask.
type Counts = (i32, u64, u64);

/// Counts the records of each key, and all records of the subtask.
#[derive(Default)]
struct CheckpointCount {
    operator_count: u64,
    handles: Option<(ValueHandle<u64>, OperatorListHandle<u64>)>,
}

impl CheckpointCount {
    fn handles(&self) -> Result<(ValueHandle<u64>, OperatorListHandle<u64>)> {
        self.handles
            .ok_or_else(|| StateError::misuse("a call came before initialize_state"))
    }
}

impl<B, O> CheckpointedFunction<B, O> for CheckpointCount
where
    B: KeyedBackend<Key = i32>,
    O: OperatorStateStore,
{
    fn initialize_state(&mut self, context: &mut InitializationContext<'_, B, O>) -> Result<()> {
        let keyed = context.keyed()?.register(&KEYED_STATE)?;
        let operator = context.operator().register_list(&OPERATOR_STATE)?;
        self.handles = Some((keyed, operator));
        if context.is_restored() {
            self.operator_count = context.operator().list_get(operator)?.iter().sum();
        }
        Ok(())
    }

    fn snapshot_state(&mut self, context: &mut SnapshotContext<'_, B, O>) -> Result<()> {
        let (_, operator) = self.handles()?;
        context
            .operator()
            .list_set(operator, vec![self.operator_count])
    }
}

impl Process<i32, (i32, i64), Counts> for CheckpointCount {
    fn process(&mut self, record: (i32, i64), cx: &mut Context<'_, i32, Counts>) -> Result<()> {
        let (keyed, _) = self.handles()?;
        let keyed_count = cx.keyed()?.value(keyed).update(|count| {
            let new = count.unwrap_or(0) + 1;
            *count = Some(new);
            new
        })?;
        self.operator_count += 1;
        cx.emit((record.0, keyed_count, self.operator_count))
    }
}

pub(crate) fn run() -> Result<Vec<String>> {
    let input = [(2, 21), (4, 1), (5, 4), (2, 3), (4, 6), (2, 7), (5, 9)];
    let mut environment = Environment::new("checkpoint-count");
    environment
        // A checkpoint behind every second record, so that each run is the same.
        .enable_checkpointing(Duration::from_hours(1))
        .set_checkpoint_every(2)
        .set_restart_strategy(RestartStrategy::FixedDelay {
            attempts: 1,
            delay: Duration::ZERO,
        })
        // The second checkpoint begins only when the first is complete.
        .set_failures(FailurePlan::new().fail(
            "count",
            None,
            FailAt::BeforeBarrier(2),
            Failure::Error,
        ));
    let counts = environment
        .from_collection(input)
        .key_by(|record| record.0)
        .process(|| Checkpointed(CheckpointCount::default()))
        .uid("count")
        .collect();
    let report = environment.execute()?;
    let counts = counts.take().into_iter();
    let mut lines: Vec<_> = counts
        .map(|(key, keyed, operator)| format!("({key},{keyed},{operator})"))
        .collect();
    lines.push(format!(
        "{} restart, {} records read",
        report.restarts, report.records_read
    ));
    Ok(lines)
}

fn main() -> Result<()> {
    for line in run()? {
        println!("{line}");
    }
    Ok(())
}
