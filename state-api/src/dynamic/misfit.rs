//! What does not fit a type, and where in it.

use super::DynamicValue;
use crate::error::StateError;
use std::fmt;

/// A value, or JSON, or text, that does not fit a type.
#[derive(Debug)]
pub(super) struct Misfit {
    /// From the outside in, as `orders[2].price`.
    path: String,
    message: String,
}

impl Misfit {
    #[cold]
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            path: String::new(),
            message: message.into(),
        }
    }

    /// A value of another kind than the type asks for.
    #[cold]
    pub(super) fn kind(expected: impl fmt::Display, found: &DynamicValue) -> Self {
        Self::new(format!("expected {expected}, found {}", found.noun()))
    }

    /// A wrong number of parts.
    #[cold]
    pub(super) fn count(what: &str, expected: usize, found: usize) -> Self {
        Self::new(format!("expected {expected} {what}, found {found}"))
    }

    /// The same, seen from one level further out.
    #[cold]
    pub(super) fn below(mut self, step: impl fmt::Display) -> Self {
        self.path = format!("{step}{}", self.path);
        self
    }

    #[cold]
    pub(super) fn in_field(self, name: &str) -> Self {
        self.below(format_args!(".{name}"))
    }

    #[cold]
    pub(super) fn in_item(self, index: usize) -> Self {
        self.below(format_args!("[{index}]"))
    }

    #[cold]
    pub(super) fn into_misuse(self) -> StateError {
        let path = self.path.trim_start_matches('.');
        if path.is_empty() {
            return StateError::misuse(self.message);
        }
        StateError::misuse(format!("'{path}': {}", self.message))
    }
}
