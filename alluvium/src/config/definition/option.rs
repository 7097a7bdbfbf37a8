//! Options with their types.

use crate::config::value::ConfigValue;
use std::fmt::Debug;

/// What an option gives: a value, for options with a default; `Option` of one, for those that may
/// be unset.
pub trait Setting: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// What is written.
    type Value: ConfigValue;

    /// The setting that has this value.
    fn set(value: Self::Value) -> Self;

    /// The value, if there is one.
    fn value(&self) -> Option<&Self::Value>;
}

impl<V: ConfigValue> Setting for V {
    type Value = V;

    fn set(value: V) -> Self {
        value
    }

    fn value(&self) -> Option<&V> {
        Some(self)
    }
}

impl<V: ConfigValue> Setting for Option<V> {
    type Value = V;

    fn set(value: V) -> Self {
        Some(value)
    }

    fn value(&self) -> Option<&V> {
        self.as_ref()
    }
}

/// An option: its name, type, default, range, older names, and what it does. All there are stand
/// in [`options`](crate::config::options).
#[derive(Debug)]
pub struct ConfigOption<T: Setting> {
    pub(super) key: &'static str,
    pub(super) older: &'static [&'static str],
    pub(super) default: T,
    pub(super) default_note: Option<&'static str>,
    pub(super) least: Option<T::Value>,
    pub(super) greatest: Option<T::Value>,
    pub(super) doc: &'static str,
}

impl<T: Setting> ConfigOption<T> {
    pub(in crate::config) const fn new(key: &'static str, default: T, doc: &'static str) -> Self {
        Self {
            key,
            older: &[],
            default,
            default_note: None,
            least: None,
            greatest: None,
            doc,
        }
    }

    /// The same, found under these older names too.
    pub(in crate::config) const fn renamed_from(mut self, older: &'static [&'static str]) -> Self {
        self.older = older;
        self
    }

    /// The same, with words for a default that depends on other options.
    pub(in crate::config) const fn by_default(mut self, note: &'static str) -> Self {
        self.default_note = Some(note);
        self
    }

    /// The name.
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// What the option is when nothing sets it.
    pub const fn default(&self) -> &T {
        &self.default
    }

    /// Checks a value against the range.
    ///
    /// # Errors
    /// What was expected, as it stands behind "expected".
    pub(in crate::config) fn check_range(&self, value: &T::Value) -> Result<(), String> {
        let low = self
            .least
            .as_ref()
            .is_some_and(|least| value.is_below(least));
        let high = self
            .greatest
            .as_ref()
            .is_some_and(|greatest| greatest.is_below(value));
        match self.range() {
            Some(range) if low || high => Err(range),
            _ => Ok(()),
        }
    }

    /// The range in words, if there is one.
    pub(super) fn range(&self) -> Option<String> {
        let least = self.least.as_ref().map(ConfigValue::print);
        let greatest = self.greatest.as_ref().map(ConfigValue::print);
        match (least, greatest) {
            (None, None) => None,
            (Some(least), None) => Some(format!("at least {least}")),
            (None, Some(greatest)) => Some(format!("at most {greatest}")),
            (Some(least), Some(greatest)) => Some(format!("at least {least}, at most {greatest}")),
        }
    }
}

impl<T: Setting> ConfigOption<T>
where
    T: Copy,
    T::Value: Copy,
{
    /// The same, with a least value.
    pub(in crate::config) const fn at_least(mut self, least: T::Value) -> Self {
        self.least = Some(least);
        self
    }

    /// The same, with a greatest value.
    pub(in crate::config) const fn at_most(mut self, greatest: T::Value) -> Self {
        self.greatest = Some(greatest);
        self
    }
}
