//! Writing savepoints without the program that they are for.
//!
//! | module | what it holds |
//! |---|---|
//! | `savepoint` | [`SavepointWriter`]: puts a savepoint together and stores it |
//! | `operator` | [`OperatorWriter`]: an operator made of rows |
//! | `kept` | an operator of another snapshot, renamed or re-keyed |
//! | `rows`, `segments` | rows in the order of segments, and the segments of each subtask |

mod kept;
mod operator;
mod rows;
mod savepoint;
mod segments;

pub use operator::OperatorWriter;
pub use savepoint::SavepointWriter;
