//! From lines to flights. Also keeps what tells the input, so that a checkpoint is not resumed on
//! another one.

use super::input::{Input, bad_line, parse};
use super::record::{Flight, Line};
use crate::output::say;
use alluvium::{OperatorListDescriptor, OperatorStateStore, Result, StateData, StateError};
use alluvium_state_tests::executor::{Context, OpenContext, Process, unrecoverable};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A union, so that every subtask sees it whatever the parallelism was.
const INPUT: OperatorListDescriptor<Reading> = OperatorListDescriptor::union("input");

/// What is read, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, StateData)]
pub(super) struct Reading {
    checksum: u32,
    bytes: u64,
    lines: u64,
    repeat: u64,
}

impl Reading {
    pub(super) fn new(input: &Input, repeat: u64) -> Self {
        let (checksum, bytes) = input.fingerprint();
        Self {
            checksum,
            bytes,
            lines: input.lines(),
            repeat,
        }
    }

    /// That a checkpoint taken of `other` can be gone on from with this.
    fn check(self, other: Self) -> Result<()> {
        if self == other {
            return Ok(());
        }
        if self.repeat != other.repeat
            && (Self {
                repeat: self.repeat,
                ..other
            }) == self
        {
            return Err(StateError::incompatible(format!(
                "the checkpoint was taken with --repeat {}, found --repeat {}: go on with the \
                 former, or start over with --fresh",
                other.repeat, self.repeat
            )));
        }
        Err(StateError::incompatible(format!(
            "the checkpoint was taken of another input: of {} lines, {} bytes, CRC {:08x}; found \
             {} lines, {} bytes, CRC {:08x}: go on with that one, or start over with --fresh",
            other.lines, other.bytes, other.checksum, self.lines, self.bytes, self.checksum
        )))
    }
}

/// Aborts the process when enough records were seen, over all subtasks.
pub(super) struct CrashAfter {
    left: AtomicU64,
}

impl CrashAfter {
    pub(super) const fn new(records: u64) -> Self {
        Self {
            left: AtomicU64::new(records),
        }
    }

    fn record(&self) {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            say("alluvium: aborting, as --crash-after asks");
            std::process::abort();
        }
    }
}

/// Takes lines apart.
pub(super) struct Parse {
    pub(super) input: Arc<Input>,
    pub(super) reading: Reading,
    pub(super) skip_bad_lines: bool,
    pub(super) crash_after: Option<Arc<CrashAfter>>,
}

impl Process<(), Line, Flight> for Parse {
    fn open(&mut self, context: &mut OpenContext<'_, ()>) -> Result<()> {
        let store = context.operator();
        let handle = store.register_list(&INPUT)?;
        for other in store.list_get(handle)? {
            self.reading.check(other)?;
        }
        store.list_set(handle, vec![self.reading])
    }

    #[inline]
    fn process(&mut self, line: Line, cx: &mut Context<'_, (), Flight>) -> Result<()> {
        let end = line.start + u64::from(line.length);
        let bytes = self.input.bytes(line.start, end).unwrap_or_default();
        match parse(bytes, line.position) {
            Ok(flight) => cx.emit(flight)?,
            Err(_) if self.skip_bad_lines => {}
            Err(problem) => {
                let number = line.position % self.input.lines();
                return Err(unrecoverable(bad_line(number, &problem)));
            }
        }
        if let Some(crash_after) = &self.crash_after {
            crash_after.record();
        }
        Ok(())
    }
}
