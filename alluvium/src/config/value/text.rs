//! Words that only somebody else understands.

use super::{ConfigValue, sealed::Sealed};

impl Sealed for String {}

impl ConfigValue for String {
    fn kind() -> String {
        "text".to_owned()
    }

    fn expected() -> String {
        "text of one line".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() || text.contains(char::is_control) {
            return Err(Self::expected());
        }
        Ok(text.to_owned())
    }

    fn print(&self) -> String {
        self.clone()
    }
}
