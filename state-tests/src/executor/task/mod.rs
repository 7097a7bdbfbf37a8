//! Tasks: a thread each, which runs the chain of one subtask.

mod body;
mod cut;
mod receiver;
mod report;
mod run;
mod source;

pub(crate) use body::{Body, OneInput, TwoInput};
pub(crate) use report::{Control, Report, Reporter, TaskId};
pub(crate) use run::{Task, TaskSettings, panicked};
