//! Tests of the layers, of files, of what is wrong with them, and of what follows.

mod contradictions;
mod file;
mod layers;
mod mistakes;
mod names;
mod properties;
mod resolved;

use super::Configuration;
use alluvium_state_api::Result;

/// A configuration from a file called `a.yaml`.
fn file(text: &str) -> Result<Configuration> {
    Configuration::new().with_yaml("a.yaml", text.as_bytes())
}

/// What is wrong with such a file.
fn mistake(text: &str) -> String {
    file(text).unwrap_err().to_string()
}
