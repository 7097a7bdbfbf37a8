//! Whole numbers.

use super::{ConfigValue, sealed::Sealed};

macro_rules! number {
    ($($number:ty),*) => {$(
        impl Sealed for $number {}

        impl ConfigValue for $number {
            fn kind() -> String {
                "integer".to_owned()
            }

            fn expected() -> String {
                format!("a whole number from {} to {}", Self::MIN, Self::MAX)
            }

            fn parse(text: &str) -> Result<Self, String> {
                text.parse().map_err(|_| Self::expected())
            }

            fn print(&self) -> String {
                self.to_string()
            }

            fn is_below(&self, other: &Self) -> bool {
                self < other
            }
        }
    )*};
}

number!(u32, u64, i32);
