//! Rows of a table.

use std::fmt::Display;
use std::io::Write;

/// What goes to a table's sink.
#[derive(Clone)]
pub(in crate::flights) enum Item {
    /// A row.
    Row(Row),
    /// A subtask has emitted all its rows; a table without rows is written too.
    End,
}

/// A line of a table, without its line feed, and what it is sorted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::flights) struct Row {
    /// The padded key columns.
    key: Vec<u8>,
    line: Vec<u8>,
}

impl From<Row> for Item {
    fn from(row: Row) -> Self {
        Self::Row(row)
    }
}

impl Row {
    /// An empty row, sorted by `key`: codes as wide as their padding.
    pub(in crate::flights) fn new(key: &[&[u8]]) -> Self {
        Self {
            key: key.concat(),
            line: Vec::new(),
        }
    }

    /// The same with another field.
    pub(in crate::flights) fn text(mut self, field: &[u8]) -> Self {
        self.begin_field();
        self.line.extend_from_slice(field);
        self
    }

    /// The same with another field.
    pub(in crate::flights) fn number(mut self, field: u64) -> Self {
        self.begin_field();
        self.put(field);
        self
    }

    /// The same with another field, empty if there is no value.
    pub(in crate::flights) fn optional(mut self, field: Option<impl Display>) -> Self {
        self.begin_field();
        if let Some(field) = field {
            self.put(field);
        }
        self
    }

    pub(in crate::flights) fn line(&self) -> &[u8] {
        &self.line
    }

    fn put(&mut self, field: impl Display) {
        // Writing to a vector does not fail.
        drop(write!(self.line, "{field}"));
    }

    /// No row begins with an empty field, because keys are not empty.
    fn begin_field(&mut self) {
        if !self.line.is_empty() {
            self.line.push(b',');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_joined_by_commas() {
        let row = Row::new(&[b"EWR\0", b"IAH\0"])
            .text(b"EWR")
            .number(3)
            .optional(Some(-2))
            .optional(None::<i32>)
            .text(b"");
        assert_eq!(row.line(), b"EWR,3,-2,,");
    }
}
