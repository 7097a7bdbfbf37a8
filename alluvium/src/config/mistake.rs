//! Errors about values, collected so that one look shows them all.

use super::origin::Origin;
use alluvium_state_api::{Result, StateError};

/// The most mistakes that are told of at once.
const MOST_TOLD: usize = 20;
/// The most characters of a value or key that a message repeats.
const LONGEST_QUOTE: usize = 100;

/// What is wrong with a configuration.
#[derive(Debug, Default)]
pub(super) struct Mistakes(Vec<String>);

impl Mistakes {
    pub(super) fn push(&mut self, message: String) {
        self.0.push(message);
    }

    /// Keeps what went well, and takes what did not down.
    pub(super) fn keep<T>(&mut self, result: Result<T, String>) -> Option<T> {
        result.map_err(|message| self.push(message)).ok()
    }

    /// # Errors
    /// `Misuse` with every mistake, if there are any.
    pub(super) fn check(self) -> Result<()> {
        let count = self.0.len();
        let mut mistakes = self.0.into_iter();
        match (mistakes.next(), count) {
            (None, _) => Ok(()),
            (Some(only), 1) => Err(StateError::misuse(only)),
            (Some(first), _) => {
                let mut message = format!("{count} mistakes in the configuration:");
                for mistake in std::iter::once(first).chain(mistakes.take(MOST_TOLD - 1)) {
                    message.push_str("\n  - ");
                    message.push_str(&mistake);
                }
                if count > MOST_TOLD {
                    let rest = format!("\n  and {} more", count - MOST_TOLD);
                    message.push_str(&rest);
                }
                Err(StateError::misuse(message))
            }
        }
    }
}

/// How an option is spoken of: under the name that was used, with where that was.
pub(super) fn subject(key: &str, written: &str, origin: &Origin) -> String {
    if key == written {
        format!("'{key}' {origin}")
    } else {
        format!("'{written}' {origin} (an older name of '{key}')")
    }
}

/// A value or key as a message repeats it: on one line, and not too long.
pub(super) fn quote(text: &str) -> String {
    let mut shown = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST_QUOTE {
            shown.push('…');
            break;
        }
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    format!("'{shown}'")
}
