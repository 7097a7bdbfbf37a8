//! Tables: rows gathered from all subtasks, sorted, and written when the last checkpoint covers
//! them.

mod row;
mod sink;

pub(super) use row::{Item, Row};
pub(super) use sink::TableSink;
