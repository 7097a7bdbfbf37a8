//! Links: the operators of one task, each owning what comes behind it.
//!
//! A record goes through a chain by calls; everything else (opening, barriers, snapshots, the end)
//! goes through it as an [`Event`], in the order of the stream.

mod event;
mod exchange;
mod inject;
mod operator;
mod output;
mod stateless;

pub(crate) use event::{Event, Freezing, FrozenKeyed, FrozenOperator, Opening};
pub(crate) use exchange::{Exchange, Route};
pub(crate) use inject::Inject;
pub(crate) use operator::{KeyOf, Operator};
pub use output::Output;
pub(crate) use stateless::{Filter, FlatMap, Map};

use alluvium::{Result, StateError, SubtaskInfo};

/// The error of opening a subtask of an operator that goes by another name, with the uid by which
/// snapshots know it.
#[cold]
pub(crate) fn by_uid(uid: &str, subtask: &SubtaskInfo, error: StateError) -> StateError {
    if subtask.operator == uid {
        return error;
    }
    error.context(format_args!("uid '{uid}'"))
}

/// What every link does with events: its own part, then the links behind it, unless said otherwise.
pub(crate) trait Control: Send {
    /// Takes part in `event` and passes it on.
    fn control(&mut self, event: &mut Event<'_>) -> Result<()>;
}

/// A link that takes records of type `T`.
pub(crate) trait Link<T>: Control {
    /// Takes one record.
    fn record(&mut self, record: T) -> Result<()>;

    /// Takes all `records`, leaving the vector empty: one virtual call for all of them.
    fn batch(&mut self, records: &mut Vec<T>) -> Result<()> {
        for record in records.drain(..) {
            self.record(record)?;
        }
        Ok(())
    }

    /// Takes copies of all `records`, likewise.
    fn copies(&mut self, records: &[T]) -> Result<()>
    where
        T: Clone,
    {
        for record in records {
            self.record(record.clone())?;
        }
        Ok(())
    }
}
