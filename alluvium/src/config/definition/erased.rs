//! Options without their types, for whoever goes through all of them.

use super::{ConfigOption, Setting};
use crate::config::value::ConfigValue;

/// What can be said of an option whatever its type.
pub trait OptionDefinition: Send + Sync + sealed::Sealed {
    /// The name.
    fn key(&self) -> &'static str;

    /// Names that it had before, accepted with a warning.
    fn older_keys(&self) -> &'static [&'static str];

    /// What it does, in a sentence or two.
    fn doc(&self) -> &'static str;

    /// The type: `duration`, or the choices that there are.
    fn kind(&self) -> String;

    /// The range in words, if there is one.
    fn range(&self) -> Option<String>;

    /// The default as it would be written; `None` if the option is unset by default.
    fn default_text(&self) -> Option<String>;

    /// Words for a default that depends on other options.
    fn default_note(&self) -> Option<&'static str>;

    #[doc(hidden)]
    fn check(&self, text: &str) -> Result<Checked, Misfit>;
}

/// A value that fits its option.
#[doc(hidden)]
pub struct Checked {
    /// As it is printed.
    pub(in crate::config) text: String,
    /// As others may see it.
    pub(in crate::config) shown: String,
    /// The spelling to use instead of the one found.
    pub(in crate::config) newer: Option<&'static str>,
}

/// A value that does not fit its option.
#[doc(hidden)]
#[derive(Debug)]
pub struct Misfit {
    pub(in crate::config) expected: String,
    /// As a message may repeat it.
    pub(in crate::config) found: String,
}

impl<T: Setting> OptionDefinition for ConfigOption<T> {
    fn key(&self) -> &'static str {
        self.key
    }

    fn older_keys(&self) -> &'static [&'static str] {
        self.older
    }

    fn doc(&self) -> &'static str {
        self.doc
    }

    fn kind(&self) -> String {
        T::Value::kind()
    }

    fn range(&self) -> Option<String> {
        Self::range(self)
    }

    fn default_text(&self) -> Option<String> {
        self.default.value().map(ConfigValue::print)
    }

    fn default_note(&self) -> Option<&'static str> {
        self.default_note
    }

    fn check(&self, text: &str) -> Result<Checked, Misfit> {
        let misfit = |expected| Misfit {
            expected,
            found: T::Value::shown(text).into_owned(),
        };
        let value = T::Value::parse(text).map_err(misfit)?;
        self.check_range(&value).map_err(misfit)?;
        let printed = value.print();
        Ok(Checked {
            shown: T::Value::shown(&printed).into_owned(),
            text: printed,
            newer: T::Value::newer_spelling(text),
        })
    }
}

impl<T: Setting> sealed::Sealed for ConfigOption<T> {}

mod sealed {
    /// Options are made in this crate only.
    pub trait Sealed {}
}

/// Options of one theme.
#[derive(Clone, Copy)]
pub struct Group {
    /// The theme.
    pub title: &'static str,
    /// What is to be said of all of them.
    pub intro: &'static str,
    /// The options, in the order in which they are documented.
    pub options: &'static [&'static dyn OptionDefinition],
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys: Vec<_> = self.options.iter().map(|option| option.key()).collect();
        f.debug_struct("Group")
            .field("title", &self.title)
            .field("options", &keys)
            .finish_non_exhaustive()
    }
}
