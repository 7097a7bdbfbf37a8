//! Where a value came from.

use std::fmt;

/// Where a value came from. Prints as it stands behind the name of an option in a sentence: "in
/// alluvium.yaml:3", "given with -D".
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Nothing sets it.
    Default,
    /// A file.
    File {
        /// The file's name, as it was given.
        name: String,
        /// The line of the value, the first being 1.
        line: u64,
        /// The column of the value in characters, the first being 1.
        column: u64,
    },
    /// `-D key=value`.
    Argument,
    /// The program.
    Program,
    /// The program, for a reason that has a name: an option of its command line, say.
    Named(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("by default"),
            Self::File { name, line, .. } => write!(f, "in {name}:{line}"),
            Self::Argument => f.write_str("given with -D"),
            Self::Program => f.write_str("set by the program"),
            Self::Named(name) => write!(f, "given with {name}"),
        }
    }
}
