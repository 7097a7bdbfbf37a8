//! `true` and `false`.

use super::{ConfigValue, sealed::Sealed};

impl Sealed for bool {}

impl ConfigValue for bool {
    fn kind() -> String {
        "boolean".to_owned()
    }

    fn expected() -> String {
        "true or false".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("true") {
            Ok(true)
        } else if text.eq_ignore_ascii_case("false") {
            Ok(false)
        } else {
            Err(Self::expected())
        }
    }

    fn print(&self) -> String {
        self.to_string()
    }
}
