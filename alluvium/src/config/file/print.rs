//! Back to YAML.

use alluvium_state_api::{Result, StateError};
use std::collections::BTreeMap;

/// Prints keys, flat, with their values.
///
/// # Errors
/// `Misuse` if YAML cannot hold a value.
pub(crate) fn print(values: &BTreeMap<&str, &str>) -> Result<String> {
    if values.is_empty() {
        return Ok(String::new());
    }
    serde_saphyr::to_string(values).map_err(|error| {
        StateError::misuse("the configuration cannot be printed as YAML").with_source(error)
    })
}
