//! Where checkpoints and savepoints are kept: a path, or a URL.

use super::{ConfigValue, sealed::Sealed};
pub use alluvium_checkpoint::storage::Location;
use std::borrow::Cow;

impl Sealed for Location {}

impl ConfigValue for Location {
    fn kind() -> String {
        "path or URL".to_owned()
    }

    fn expected() -> String {
        "a path, or a URL that begins with file://, memory://, s3:// or hdfs://".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }

    fn print(&self) -> String {
        self.as_str().to_owned()
    }

    fn shown(text: &str) -> Cow<'_, str> {
        Self::shown(text)
    }
}
