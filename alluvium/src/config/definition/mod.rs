//! What an option is.

mod erased;
mod option;

pub use erased::{Group, OptionDefinition};
pub use option::{ConfigOption, Setting};
