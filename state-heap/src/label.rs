//! Whose state it is.

use alluvium_state_api::StateError;

/// The operator and subtask that state belongs to, as messages call them, if they are known.
#[derive(Debug, Default)]
pub(crate) struct Label(pub(crate) Option<String>);

impl Label {
    /// The error of what could not be restored, with whose it is.
    #[cold]
    pub(crate) fn named(&self, error: StateError) -> StateError {
        match &self.0 {
            Some(label) => error.context(label),
            None => error,
        }
    }
}
