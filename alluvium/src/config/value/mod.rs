//! Types of values: how they are written, and how they are printed.

mod bool;
mod choice;
mod choices;
mod duration;
mod location;
mod number;
mod quantity;
mod ratio;
mod secret;
mod size;
#[cfg(test)]
mod tests;
mod text;

pub use choices::{
    BackendType, CheckpointStorageType, ClaimMode, CompressionType, RestartStrategyType,
};
pub use location::Location;
pub use secret::Secret;
pub use size::ByteSize;

use std::borrow::Cow;
use std::fmt::Debug;

/// A type that options can have. What [`print`](Self::print) gives, [`parse`](Self::parse) reads
/// back as the same value.
pub trait ConfigValue: Clone + Debug + PartialEq + Send + Sync + sealed::Sealed + 'static {
    /// What the type is called in the documentation: `duration`, or the choices that there are.
    fn kind() -> String;

    /// What may be written, as it stands behind "expected" in an error.
    fn expected() -> String;

    /// Reads a value.
    ///
    /// # Errors
    /// What was expected instead of `text`, as it stands behind "expected".
    fn parse(text: &str) -> Result<Self, String>;

    /// The value as it is written.
    fn print(&self) -> String;

    /// If `text` is an older spelling: the one to use now.
    fn newer_spelling(text: &str) -> Option<&'static str> {
        let _ = text;
        None
    }

    /// `text`, which may be no value of the type, as it may be shown.
    fn shown(text: &str) -> Cow<'_, str> {
        Cow::Borrowed(text)
    }

    /// Whether this value lies below `other`, for types that have ranges.
    fn is_below(&self, other: &Self) -> bool {
        let _ = other;
        false
    }
}

/// Keeps [`ConfigValue`] to the types that options have.
pub(super) mod sealed {
    /// Only types of this crate's choice.
    pub trait Sealed {}
}
