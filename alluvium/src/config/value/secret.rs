//! Words that nobody else is to see.

use super::{ConfigValue, sealed::Sealed};
use std::borrow::Cow;
use std::fmt;

/// What stands for a secret wherever values are shown, as in Flink.
const HIDDEN: &str = "******";

/// Text that no message, listing or `Debug` output shows.
///
/// ```
/// use alluvium::config::{Configuration, Secret, options};
///
/// let configuration = Configuration::new()
///     .with(&options::S3_SECRET_ACCESS_KEY, Secret::new("do not tell"))?;
/// assert!(!format!("{configuration:?}").contains("do not tell"));
/// let secret = configuration.get(&options::S3_SECRET_ACCESS_KEY);
/// assert_eq!(secret.as_ref().map(Secret::reveal), Some("do not tell"));
/// # Ok::<(), alluvium::StateError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Sealed for Secret {}

impl ConfigValue for Secret {
    fn kind() -> String {
        "secret".to_owned()
    }

    fn expected() -> String {
        String::expected()
    }

    fn parse(text: &str) -> Result<Self, String> {
        String::parse(text).map(Self)
    }

    fn print(&self) -> String {
        self.0.clone()
    }

    fn shown(_: &str) -> Cow<'_, str> {
        Cow::Borrowed(HIDDEN)
    }
}
