//! Dealing the state of a checkpoint out to the subtasks of a program, which may have another
//! parallelism, lack operators, or have new ones.

mod operator;
mod program;

pub use operator::{OperatorRestore, SubtaskRestore};
pub use program::{ProgramOperator, Unclaimed, plan_restore};
