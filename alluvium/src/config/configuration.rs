//! The layers.

use super::definition::{Checked, ConfigOption, OptionDefinition, Setting};
use super::file::{self, Found};
use super::mistake::{Mistakes, quote, subject};
use super::origin::Origin;
use super::value::ConfigValue;
use super::warning::Warning;
use super::{options, suggest};
use alluvium_state_api::{Result, StateError};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// What is configured: by the program, by `-D key=value`, by a file, or not at all. See the
/// [module](super).
///
/// Every way of putting a value in checks it at once; what only several values together show is
/// found by [`resolve`](Self::resolve).
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    program: Layer,
    arguments: Layer,
    file: Layer,
    defaults: Layer,
    warnings: Vec<Warning>,
}

/// Values by the present names of their options.
type Layer = BTreeMap<&'static str, Entry>;

#[derive(Clone)]
struct Entry {
    /// As it is printed.
    text: String,
    /// As others may see it.
    shown: String,
    origin: Origin,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' {}", self.shown, self.origin)
    }
}

/// One option as it stands.
#[derive(Clone)]
pub struct Effective<'a> {
    /// The option.
    pub option: &'static dyn OptionDefinition,
    /// Its value as it would be written, a [secret](super::Secret) hidden; `None` if it is unset.
    pub value: Option<String>,
    /// Where the value came from.
    pub origin: &'a Origin,
}

impl fmt::Debug for Effective<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Effective")
            .field("option", &self.option.key())
            .field("value", &self.value)
            .field("origin", &self.origin)
            .finish()
    }
}

impl Configuration {
    /// The name of the file that users write.
    pub const FILE_NAME: &'static str = "alluvium.yaml";

    /// Nothing but defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with the values of a file, which win over those of files before it.
    ///
    /// # Errors
    /// `Storage` if the file cannot be read, else as [`with_yaml`](Self::with_yaml).
    pub fn with_file(self, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = file::read(path)?;
        self.with_yaml(&path.display().to_string(), &bytes)
    }

    /// The same with the values of a file that was read already; `name` is what messages call it.
    ///
    /// # Errors
    /// `LimitExceeded` if it is larger than [`MAX_FILE_SIZE`](super::MAX_FILE_SIZE); `Misuse` if
    /// it is not well-formed, with line and column, and with each key that is unknown or stands in
    /// it twice (flat and nested, say, or under an older name), and each value that does not fit.
    pub fn with_yaml(mut self, name: &str, bytes: &[u8]) -> Result<Self> {
        let mut mistakes = Mistakes::default();
        let found = file::parse(name, bytes, &mut mistakes)?;
        let mut layer: BTreeMap<&'static str, (Entry, String)> = BTreeMap::new();
        for Found { key, text, origin } in found {
            let entry = self.check(&key, &text, origin);
            let Some((option, entry)) = mistakes.keep(entry) else {
                continue;
            };
            if let Some((earlier, written)) = layer.get(option) {
                let first = subject(option, written, &earlier.origin);
                let again = subject(option, &key, &entry.origin);
                mistakes.push(format!("{first} is set once more: {again}"));
                continue;
            }
            layer.insert(option, (entry, key));
        }
        mistakes.check()?;
        let entries = layer.into_iter().map(|(key, (entry, _))| (key, entry));
        self.file.extend(entries);
        Ok(self)
    }

    /// The same with a value as it stands behind `-D`: `key=value`. It wins over one given before.
    ///
    /// # Errors
    /// `Misuse` if there is no `=`, the key is unknown, or the value does not fit.
    pub fn with_argument(mut self, argument: &str) -> Result<Self> {
        let Some((key, text)) = argument.split_once('=') else {
            let found = quote(argument);
            return Err(StateError::misuse(format!(
                "-D: expected key=value, found {found}"
            )));
        };
        let entry = self.check(key.trim(), text, Origin::Argument);
        let (key, entry) = entry.map_err(StateError::misuse)?;
        self.arguments.insert(key, entry);
        Ok(self)
    }

    /// The same with a value that the program sets. It wins over everything else.
    ///
    /// # Errors
    /// `Misuse` if the value is out of range.
    pub fn with<T: Setting>(
        self,
        option: &ConfigOption<T>,
        value: impl Into<T::Value>,
    ) -> Result<Self> {
        self.set(option, &value.into(), Origin::Program)
    }

    /// The same with a value that the program sets because of `reason`, an option of its command
    /// line say, which messages name instead of the program.
    ///
    /// # Errors
    /// `Misuse` if the value is out of range.
    pub fn with_named<T: Setting>(
        self,
        option: &ConfigOption<T>,
        value: impl Into<T::Value>,
        reason: &str,
    ) -> Result<Self> {
        self.set(option, &value.into(), Origin::Named(reason.to_owned()))
    }

    /// The same with a default of the program's own in the place of the option's: everything else
    /// wins over it.
    ///
    /// # Errors
    /// `Misuse` if the value is out of range.
    pub fn with_default<T: Setting>(
        mut self,
        option: &ConfigOption<T>,
        value: impl Into<T::Value>,
    ) -> Result<Self> {
        let entry = entry(option, &value.into(), Origin::Default)?;
        self.defaults.insert(option.key(), entry);
        Ok(self)
    }

    /// What an option is.
    pub fn get<T: Setting>(&self, option: &ConfigOption<T>) -> T {
        self.entry(option.key())
            // Checked by the same definition when it was put in.
            .and_then(|entry| T::Value::parse(&entry.text).ok())
            .map_or_else(|| option.default().clone(), T::set)
    }

    /// Where the value of an option came from.
    pub fn origin<T: Setting>(&self, option: &ConfigOption<T>) -> &Origin {
        self.origin_of(option.key())
    }

    /// Whether anything but a default sets the option.
    pub fn is_set<T: Setting>(&self, option: &ConfigOption<T>) -> bool {
        self.origin(option) != &Origin::Default
    }

    /// Every option there is, as it stands.
    pub fn effective(&self) -> impl Iterator<Item = Effective<'_>> {
        options::all().map(|option| {
            let entry = self.entry(option.key());
            Effective {
                option,
                value: match entry {
                    Some(entry) => Some(entry.shown.clone()),
                    None => option.default_text(),
                },
                origin: self.origin_of(option.key()),
            }
        })
    }

    /// What should be changed, though it works: older names, settings without effect.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// What is set, defaults of the program's own included, as a file that sets the same, with one
    /// line for each option. [Secrets](super::Secret) stand in it as they are.
    ///
    /// # Errors
    /// `Misuse` if YAML cannot hold a value.
    pub fn to_yaml(&self) -> Result<String> {
        let set = options::all().filter_map(|option| {
            let entry = self.entry(option.key())?;
            Some((option.key(), entry.text.as_str()))
        });
        file::print(&set.collect())
    }

    fn set<T: Setting>(
        mut self,
        option: &ConfigOption<T>,
        value: &T::Value,
        origin: Origin,
    ) -> Result<Self> {
        let entry = entry(option, value, origin)?;
        self.program.insert(option.key(), entry);
        Ok(self)
    }

    /// Checks a key and its value, and takes down what is to be said about them.
    fn check(
        &mut self,
        written: &str,
        text: &str,
        origin: Origin,
    ) -> Result<(&'static str, Entry), String> {
        let text = text.trim();
        let option = options::find(written).ok_or_else(|| suggest::unknown(written, &origin))?;
        let key = option.key();
        let checked = option.check(text).map_err(|misfit| {
            let (subject, expected) = (subject(key, written, &origin), misfit.expected);
            let found = match misfit.found.as_str() {
                "" => "nothing".to_owned(),
                found => quote(found),
            };
            format!("{subject}: expected {expected}, found {found}")
        })?;
        if key != written {
            let message = format!("'{written}' {origin} is an older name of '{key}'");
            self.warnings.push(Warning::new(key, message));
        }
        if let Some(newer) = checked.newer {
            let message = format!("'{key}' {origin}: '{text}' is an older name of '{newer}'");
            self.warnings.push(Warning::new(key, message));
        }
        let Checked { text, shown, .. } = checked;
        let entry = Entry {
            text,
            shown,
            origin,
        };
        Ok((key, entry))
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        let layers = [&self.program, &self.arguments, &self.file, &self.defaults];
        layers.into_iter().find_map(|layer| layer.get(key))
    }

    fn origin_of(&self, key: &str) -> &Origin {
        self.entry(key)
            .map_or(&Origin::Default, |entry| &entry.origin)
    }
}

/// # Errors
/// `Misuse` if the value is out of range.
fn entry<T: Setting>(option: &ConfigOption<T>, value: &T::Value, origin: Origin) -> Result<Entry> {
    let text = value.print();
    let shown = T::Value::shown(&text).into_owned();
    option.check_range(value).map_err(|expected| {
        let (key, found) = (option.key(), quote(&shown));
        StateError::misuse(format!(
            "'{key}' {origin}: expected {expected}, found {found}"
        ))
    })?;
    Ok(Entry {
        text,
        shown,
        origin,
    })
}
