//! The input: read and decompressed once, checked, and cut into splits.

mod line;
mod locate;
mod read;

pub(super) use line::parse;
pub(super) use locate::default_path;

use alluvium::{Result, StateData, StateError};
use memchr::memchr_iter;
use std::path::Path;

/// The input, in memory. Every line of it was looked at.
pub(super) struct Input {
    /// All lines, the header first; each ends in a line feed.
    text: Vec<u8>,
    /// Where the line behind the header begins.
    body: usize,
    /// Lines behind the header.
    lines: u64,
    /// Those of them that are malformed.
    bad_lines: u64,
    checksum: u32,
}

/// What can be done about a line that is no good.
const SKIP_HINT: &str = " (--skip-bad-lines counts such lines and goes on)";

/// A run of whole lines: a split, as checkpoints hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, StateData)]
pub(super) struct LineRange {
    /// The first byte.
    pub(super) start: u64,
    /// The byte behind the last one.
    pub(super) end: u64,
    /// The number of its first line, counted from 0 behind the header.
    pub(super) first_line: u64,
}

impl Input {
    /// Reads `path`, decompressed to at most `most` bytes, and checks every line: a malformed one
    /// is an error that names it, or is counted if `skip_bad_lines`.
    pub(super) fn load(path: &Path, most: u64, skip_bad_lines: bool) -> Result<Self> {
        let text = read::read(path, most)?;
        Self::new(text, skip_bad_lines)
            .map_err(|error| error.context(format_args!("the input '{}'", path.display())))
    }

    fn new(mut text: Vec<u8>, skip_bad_lines: bool) -> Result<Self> {
        if !skip_bad_lines {
            check_text(&text)?;
        }
        if !text.is_empty() && text.last() != Some(&b'\n') {
            text.push(b'\n');
        }
        let body = check_header(&text)?;
        let mut input = Self {
            lines: 0,
            bad_lines: 0,
            checksum: crc32fast::hash(&text),
            text,
            body,
        };
        input.check_lines(skip_bad_lines)?;
        Ok(input)
    }

    fn check_lines(&mut self, skip_bad_lines: bool) -> Result<()> {
        let mut start = self.body;
        let body = self.text.get(self.body..).unwrap_or_default();
        for feed in memchr_iter(b'\n', body) {
            let end = self.body + feed;
            let line = self.text.get(start..end).unwrap_or_default();
            start = end + 1;
            if u32::try_from(line.len()).is_err() {
                return Err(StateError::corrupt("has a line of more than 4 GiB"));
            }
            if let Err(problem) = parse(line, self.lines) {
                if !skip_bad_lines {
                    return Err(bad_line(self.lines, &problem));
                }
                self.bad_lines += 1;
            }
            self.lines += 1;
        }
        Ok(())
    }

    /// The number of lines, without the header.
    pub(super) const fn lines(&self) -> u64 {
        self.lines
    }

    /// How many of them are malformed.
    pub(super) const fn bad_lines(&self) -> u64 {
        self.bad_lines
    }

    /// What tells this input from another one: checksum, length in bytes.
    pub(super) fn fingerprint(&self) -> (u32, u64) {
        (self.checksum, self.text.len() as u64)
    }

    /// The bytes from `start` up to `end`.
    #[inline]
    pub(super) fn bytes(&self, start: u64, end: u64) -> Option<&[u8]> {
        self.text.get(start as usize..end as usize)
    }

    /// At most `count` runs of lines of nearly equal length in bytes, which together are all.
    pub(super) fn ranges(&self, count: usize) -> Vec<LineRange> {
        let body = self.text.len() - self.body;
        let mut ranges = Vec::new();
        let (mut start, mut line) = (self.body, 0);
        for number in 1..=count {
            let about = self.body + body * number / count.max(1);
            if about <= start {
                continue;
            }
            // Up to the end of the line that the bound falls into.
            let rest = self.text.get(about - 1..).unwrap_or_default();
            let end = memchr::memchr(b'\n', rest).map_or(self.text.len(), |feed| about + feed);
            let bytes = self.text.get(start..end).unwrap_or_default();
            ranges.push(LineRange {
                start: start as u64,
                end: end as u64,
                first_line: line,
            });
            line += memchr_iter(b'\n', bytes).count() as u64;
            start = end;
        }
        ranges
    }
}

/// An error that names a malformed line as editors number it: the header is line 1.
pub(super) fn bad_line(line: u64, problem: &line::Malformed) -> StateError {
    StateError::corrupt(format!(
        "line {} is malformed: {problem}{SKIP_HINT}",
        line + 2
    ))
}

/// Checks that all of it is text, which says more of a file of another kind than its first line.
fn check_text(text: &[u8]) -> Result<()> {
    std::str::from_utf8(text).map(drop).map_err(|error| {
        let valid = text.get(..error.valid_up_to()).unwrap_or_default();
        let line = memchr_iter(b'\n', valid).count() + 1;
        let hint = if line > 1 { SKIP_HINT } else { "" };
        StateError::corrupt(format!(
            "is not UTF-8 text: line {line} is the first that is not{hint}"
        ))
    })
}

/// Where the line behind the header begins.
fn check_header(text: &[u8]) -> Result<usize> {
    const SHOWN: usize = 120;
    let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
    let found = text.get(..end).unwrap_or_default();
    let expected = line::header();
    if found == expected.as_bytes() {
        return Ok(end + 1);
    }
    if found.strip_suffix(b"\r") == Some(expected.as_bytes()) {
        return Err(StateError::corrupt(format!("line 1 {}", line::CR_LF)));
    }
    if found.is_empty() {
        return Err(StateError::corrupt(format!(
            "has no header: expected '{expected}'"
        )));
    }
    let found = String::from_utf8_lossy(found);
    let shown: String = found.chars().take(SHOWN).collect();
    Err(StateError::corrupt(format!(
        "begins with '{shown}', expected the header '{expected}'"
    )))
}

#[cfg(test)]
mod tests;
