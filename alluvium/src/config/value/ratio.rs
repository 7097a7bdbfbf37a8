//! Numbers with a fraction.

use super::{ConfigValue, sealed::Sealed};

impl Sealed for f64 {}

/// Finite ones only.
impl ConfigValue for f64 {
    fn kind() -> String {
        "number".to_owned()
    }

    fn expected() -> String {
        "a number such as 0.5".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number: &Self| number.is_finite());
        number.ok_or_else(Self::expected)
    }

    fn print(&self) -> String {
        self.to_string()
    }

    fn is_below(&self, other: &Self) -> bool {
        self < other
    }
}
