//! From bytes to keys and values.

use super::node::{Key, Node};
use super::read::check_size;
use crate::config::mistake::{Mistakes, quote};
use crate::config::origin::Origin;
use alluvium_state_api::{Result, StateError};
use serde_saphyr::{DuplicateKeyPolicy, Location, Spanned, UserMessageFormatter};

/// The deepest nesting; no key has as many parts.
const DEEPEST: usize = 32;
/// The most keys, values and brackets.
const MOST_EVENTS: usize = 200_000;

/// A key with its value, as the file has them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The parts of the key, joined by dots.
    pub(crate) key: String,
    pub(crate) text: String,
    pub(crate) origin: Origin,
}

/// Takes a file apart. Duplicates are not looked for, nor are keys known here. Mistakes that
/// concern single values are taken down.
///
/// # Errors
/// `LimitExceeded` if the file is too large; `Misuse` if it is not a YAML mapping, with the line
/// and column.
pub(crate) fn parse(name: &str, bytes: &[u8], mistakes: &mut Mistakes) -> Result<Vec<Found>> {
    check_size(name, bytes.len())?;
    let text = utf8(name, bytes)?;
    // A byte order mark is no part of the text, nor of any place in it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEEPEST,
            max_events: MOST_EVENTS,
        },
        // Both are kept, and told of together.
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        with_snippet: false,
    };
    let root: Spanned<Node> = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| malformed(name, &error))?;
    let mut file = Flattening {
        name,
        text,
        found: Vec::new(),
        mistakes,
    };
    match root.value {
        Node::Null => {}
        Node::Map(entries) => file.flatten("", entries),
        Node::Text(_) | Node::Plain(_) | Node::List => {
            return Err(StateError::misuse(format!(
                "{}: expected a mapping of keys to values",
                place(name, root.defined)
            )));
        }
    }
    Ok(file.found)
}

struct Flattening<'a> {
    name: &'a str,
    text: &'a str,
    found: Vec<Found>,
    mistakes: &'a mut Mistakes,
}

impl Flattening<'_> {
    /// Takes down what stands below `prefix`. The depth is bounded by that of the file.
    fn flatten(&mut self, prefix: &str, entries: Vec<(Spanned<Key>, Spanned<Node>)>) {
        for (key, node) in entries {
            let key = match (prefix, key.value.0) {
                ("", key) => key,
                (prefix, key) => format!("{prefix}.{key}"),
            };
            let origin = self.origin(node.defined);
            let written = || self.source(node.defined).map(str::to_owned);
            let text = match node.value {
                Node::Map(entries) => {
                    self.flatten(&key, entries);
                    continue;
                }
                Node::Text(text) => text,
                Node::Plain(understood) => written().unwrap_or(understood),
                Node::Null => String::new(),
                Node::List => {
                    let key = quote(&key);
                    self.mistakes
                        .push(format!("{key} {origin}: expected one value, found a list"));
                    continue;
                }
            };
            self.found.push(Found { key, text, origin });
        }
    }

    fn origin(&self, location: Location) -> Origin {
        Origin::File {
            name: self.name.to_owned(),
            line: location.line(),
            column: location.column(),
        }
    }

    /// How a value is written.
    fn source(&self, location: Location) -> Option<&str> {
        let span = location.span();
        let start = usize::try_from(span.byte_offset()?).ok()?;
        let length = usize::try_from(span.byte_len()?).ok()?;
        let text = self.text.get(start..start.checked_add(length)?)?;
        (!text.is_empty()).then_some(text)
    }
}

fn utf8<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = valid.split(|byte| *byte == b'\n').count();
        StateError::misuse(format!("{name}:{line}: expected UTF-8 text")).with_source(error)
    })
}

fn malformed(name: &str, error: &serde_saphyr::Error) -> StateError {
    let message = error
        .without_snippet()
        .render_with_formatter(&UserMessageFormatter);
    let Some(location) = error.location() else {
        return StateError::misuse(format!("{name}: not well-formed YAML: {message}"));
    };
    // The place stands in front.
    let (line, column) = (location.line(), location.column());
    let end = format!(" at line {line}, column {column}");
    let message = message.strip_suffix(&end).unwrap_or(&message);
    let place = place(name, location);
    StateError::misuse(format!("{place}: not well-formed YAML: {message}"))
}

fn place(name: &str, location: Location) -> String {
    format!("{name}:{}:{}", location.line(), location.column())
}
