//! The source: lines of the input, in several splits.

use super::input::{Input, LineRange};
use super::record::Line;
use alluvium::{Result, StateError};
use alluvium_state_tests::executor::{ReadStep, SplitReader, SplitSource};
use memchr::{memchr, memchr_iter};
use std::sync::Arc;

/// The number of splits: enough to keep many subtasks busy, and always the same, so that what a
/// checkpoint holds does not depend on how long the input is or how often it is read.
const SPLITS: usize = 64;

/// Reads every run of lines `repeat` times over.
pub(super) struct Lines {
    pub(super) input: Arc<Input>,
    pub(super) repeat: u64,
}

impl SplitSource for Lines {
    type Record = Line;
    type Split = LineRange;
    type Reader = LineReader;

    fn splits(&self) -> Result<Vec<LineRange>> {
        Ok(self.input.ranges(SPLITS))
    }

    /// Offsets count bytes over all passes.
    fn open(&self, range: &LineRange, offset: u64) -> Result<LineReader> {
        let LineRange { start, end, .. } = *range;
        let length = end.saturating_sub(start);
        let unfit = || {
            StateError::incompatible(format!(
                "the checkpoint speaks of bytes {start} to {end} of the input, offset {offset}, \
                 which it does not have: it belongs to another input"
            ))
        };
        let pass = offset.checked_div(length).ok_or_else(unfit)?;
        let next = start + offset % length;
        let before = self.input.bytes(start, next).ok_or_else(unfit)?;
        self.input.bytes(start, end).ok_or_else(unfit)?;
        Ok(LineReader {
            input: Arc::clone(&self.input),
            range: *range,
            repeat: self.repeat,
            pass,
            next,
            line: range.first_line + memchr_iter(b'\n', before).count() as u64,
        })
    }
}

/// Reads one split.
pub(super) struct LineReader {
    input: Arc<Input>,
    range: LineRange,
    repeat: u64,
    pass: u64,
    /// Where the next line begins.
    next: u64,
    /// The number of the next line.
    line: u64,
}

impl LineReader {
    /// Reads on in this pass, until `left` lines are read.
    fn read_pass(&mut self, left: &mut usize, records: &mut Vec<Line>) {
        let mut bytes = self
            .input
            .bytes(self.next, self.range.end)
            .unwrap_or_default();
        let before_pass = self.pass * self.input.lines();
        while *left > 0
            && let Some(feed) = memchr(b'\n', bytes)
        {
            records.push(Line {
                position: before_pass + self.line,
                start: self.next,
                length: feed as u32,
            });
            bytes = bytes.get(feed + 1..).unwrap_or_default();
            self.next += feed as u64 + 1;
            self.line += 1;
            *left -= 1;
        }
    }
}

impl SplitReader<Line> for LineReader {
    fn read(&mut self, max: usize, records: &mut Vec<Line>) -> Result<ReadStep> {
        let mut left = max;
        while left > 0 && self.pass < self.repeat {
            self.read_pass(&mut left, records);
            if self.next == self.range.end {
                self.pass += 1;
                self.next = self.range.start;
                self.line = self.range.first_line;
            }
        }
        let length = self.range.end - self.range.start;
        Ok(ReadStep {
            offset: self.pass * length + (self.next - self.range.start),
            ended: self.pass == self.repeat,
        })
    }
}
