//! Raw state: bytes whose meaning only the operator knows, per key group or per subtask.

mod keyed;
mod operator;

pub use keyed::{RawKeyedState, RawKeyedWriter};
pub use operator::{RawOperatorState, RawOperatorWriter};
