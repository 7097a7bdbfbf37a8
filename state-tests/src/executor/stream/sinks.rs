//! The ends of streams.

use super::Stream;
use crate::executor::Record;
use crate::executor::function::ForEach;
use crate::executor::sink::{Collected, TwoPhase, TwoPhaseSink};
use alluvium::{Result, StateError};
use std::fmt::Display;
use std::io::Write;

impl<T: Record> Stream<T> {
    /// Hands every record to `function`; an error fails the task.
    pub fn for_each(
        &self,
        function: impl Fn(T) -> Result<()> + Clone + Send + Sync + 'static,
    ) -> Stream<()> {
        self.operator::<(), (), _>("for-each", None, None, move || ForEach(function.clone()))
    }

    /// Prints every record, one a line.
    pub fn print(&self) -> Stream<()>
    where
        T: Display,
    {
        self.for_each(|record| {
            writeln!(std::io::stdout().lock(), "{record}")
                .map_err(|error| StateError::storage("cannot print a record").with_source(error))
        })
    }

    /// Keeps every record in memory, for tests and examples; after a failure, records that were
    /// processed again stand there again.
    pub fn collect(&self) -> Collected<T> {
        let collected = Collected::default();
        let into = collected.clone();
        self.for_each(move |record| {
            into.push(record);
            Ok(())
        });
        collected
    }

    /// Writes every record exactly once through a sink with two-phase commit. `factory` makes one
    /// for each subtask and run.
    pub fn two_phase_sink<S: TwoPhaseSink<T>>(
        &self,
        factory: impl Fn() -> S + Send + Sync + 'static,
    ) -> Stream<()> {
        self.operator::<(), (), _>("two-phase-sink", None, None, move || {
            TwoPhase::new(factory())
        })
    }
}
