//! What an option is.

mod erased;
mod option;

pub(in crate::config) use erased::Checked;
pub use erased::{Group, OptionDefinition};
pub use option::{ConfigOption, Setting};
