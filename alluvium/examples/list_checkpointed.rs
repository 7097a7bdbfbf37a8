//! Counting the records of a subtask with `ListCheckpointed`: the short form for a function whose
//! whole state is a list.
//!
//! The job fails once, behind its fourth record, and goes on from the checkpoint behind its second.

use alluvium::{CheckpointId, ListCheckpointed, Result};
use alluvium_state_tests::executor::{
    Context, Environment, FailAt, Failure, FailurePlan, ListState, Process, RestartStrategy,
};
use std::time::Duration;

/// Emits each record's name with the number of records so far.
#[derive(Default)]
struct NumberRecordsCount {
    number_records: u64,
}

impl ListCheckpointed for NumberRecordsCount {
    type Item = u64;

    fn snapshot_state(&mut self, _checkpoint: CheckpointId, _timestamp: i64) -> Result<Vec<u64>> {
        Ok(vec![self.number_records])
    }

    fn restore_state(&mut self, counts: Vec<u64>) -> Result<()> {
        // Fewer subtasks than before get the counts of several.
        self.number_records = counts.iter().sum();
        Ok(())
    }
}

impl Process<(), (&'static str, i64), (&'static str, u64)> for NumberRecordsCount {
    fn process(
        &mut self,
        record: (&'static str, i64),
        cx: &mut Context<'_, (), (&'static str, u64)>,
    ) -> Result<()> {
        self.number_records += 1;
        cx.emit((record.0, self.number_records))
    }
}

pub(crate) fn run() -> Result<Vec<String>> {
    let input = [("a", 3), ("b", 5), ("a", 7), ("c", 1), ("b", 2)];
    let mut environment = Environment::new("list-checkpointed");
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
            Failure::Panic,
        ));
    let counts = environment
        .from_collection(input)
        .process(|| ListState::new(NumberRecordsCount::default()))
        .uid("count")
        .collect();
    let report = environment.execute()?;
    let counts = counts.take().into_iter();
    let mut lines: Vec<_> = counts
        .map(|(name, count)| format!("({name},{count})"))
        .collect();
    lines.push(format!(
        "{} restart, {} records read, {} processed",
        report.restarts, report.records_read, report.records_processed
    ));
    Ok(lines)
}

fn main() -> Result<()> {
    for line in run()? {
        println!("{line}");
    }
    Ok(())
}
