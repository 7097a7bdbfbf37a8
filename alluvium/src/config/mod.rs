//! Configuration: options, where their values come from, and what follows from them.
//!
//! A [`Configuration`] has layers. What the program sets wins over `-D key=value`, that over the
//! file, and the file over the default; each value knows where it came from. [`resolve`] checks the
//! whole and makes settings of it:
//!
//! ```
//! use alluvium::config::{Configuration, options};
//! use std::time::Duration;
//!
//! let file = "
//! execution.checkpointing:
//!   interval: 10 s
//!   timeout: 2 min
//! ";
//! let configuration = Configuration::new()
//!     .with_yaml("alluvium.yaml", file.as_bytes())?
//!     .with_argument("execution.checkpointing.timeout=1 min")?
//!     .with(&options::PARALLELISM, 4u32)?;
//! assert_eq!(configuration.get(&options::TIMEOUT), Duration::from_mins(1));
//!
//! let resolved = configuration.resolve()?;
//! assert_eq!(resolved.checkpoints.interval, Some(Duration::from_secs(10)));
//! assert_eq!(resolved.parallelism, 4);
//! # Ok::<(), alluvium::StateError>(())
//! ```
//!
//! Every option is defined once, as a constant in [`options`]; `docs/configuration.md` is made from
//! the same definitions.
//!
//! | module | what it holds |
//! |---|---|
//! | `configuration` | the layers, what is put into them and read from them |
//! | `definition` | what an option is |
//! | `file` | from the bytes of a YAML file to keys and values with their lines, and back |
//! | `mistake` | errors about values, collected so that one look shows them all |
//! | `options` | all options, by theme |
//! | `origin`, `warning` | where a value came from, and what is to be said about it |
//! | `resolve` | from values to settings |
//! | `suggest` | the nearest known key |
//! | `value` | types of values: how they are written and printed |
//!
//! [`resolve`]: Configuration::resolve

mod configuration;
mod definition;
mod file;
mod mistake;
pub mod options;
mod origin;
mod resolve;
mod suggest;
#[cfg(test)]
mod tests;
mod value;
mod warning;

pub use configuration::{Configuration, Effective};
pub use definition::{ConfigOption, Group, OptionDefinition, Setting};
pub use file::MAX_FILE_SIZE;
pub use origin::Origin;
pub use resolve::{BackendKind, Recovery, Resolved, RestartStrategy};
pub use value::{
    BackendType, ByteSize, CheckpointStorageType, ClaimMode, CompressionType, ConfigValue,
    Location, RestartStrategyType, Secret,
};
pub use warning::Warning;
