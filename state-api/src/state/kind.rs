//! The kinds of keyed state, and what a snapshot says about each state.

use crate::error::{Result, StateError};
use crate::schema::Schema;
use std::fmt;

/// The kinds of keyed state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StateKind {
    /// One value a key.
    Value,
    /// Elements in the order in which they were added.
    List,
    /// User keys with a value each, ascending.
    Map,
    /// One value a key, folded from values of the same type.
    Reducing,
    /// One accumulator a key, folded from inputs of another type.
    Aggregating,
}

impl StateKind {
    /// The number that stands for the kind in snapshots.
    pub const fn code(self) -> u8 {
        match self {
            Self::Value => 1,
            Self::List => 2,
            Self::Map => 3,
            Self::Reducing => 4,
            Self::Aggregating => 5,
        }
    }

    /// The kind that `code` stands for.
    ///
    /// # Errors
    /// `Incompatible` if it stands for none: a later version may have written it.
    pub fn from_code(code: u8) -> Result<Self> {
        Ok(match code {
            1 => Self::Value,
            2 => Self::List,
            3 => Self::Map,
            4 => Self::Reducing,
            5 => Self::Aggregating,
            _ => {
                return Err(StateError::incompatible(format!(
                    "state kinds have the codes 1 to 5, found {code}"
                )));
            }
        })
    }
}

impl fmt::Display for StateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value => "value",
            Self::List => "list",
            Self::Map => "map",
            Self::Reducing => "reducing",
            Self::Aggregating => "aggregating",
        })
    }
}

/// What a snapshot says about one keyed state. Names, never registration numbers: those depend on
/// the order in which a program registers its states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateMeta {
    /// The state's name, unique among all states of its operator.
    pub name: String,
    /// What kind of state it is.
    pub kind: StateKind,
    /// The shape of its namespaces; [`Schema::Unit`] where none are used.
    pub namespace: Schema,
    /// The shape of its user keys; map state only.
    pub user_key: Option<Schema>,
    /// The shape of its values, elements or accumulators.
    pub value: Schema,
}

impl StateMeta {
    /// Checks that state written as `self` can be read by a program that registers `program`.
    ///
    /// # Errors
    /// `Incompatible` naming the state, the place in it, and what both sides say there.
    pub fn check_readable_as(&self, program: &Self) -> Result<()> {
        let name = &self.name;
        if self.kind != program.kind {
            return Err(StateError::incompatible(format!(
                "state '{name}' was written as {} state, the program registers it as {} state",
                self.kind, program.kind
            )));
        }
        let at = |place: &str| format!("state '{name}', {place}");
        self.namespace
            .check(&program.namespace)
            .map_err(|e| e.context(at("namespace")))?;
        if let (Some(written), Some(wanted)) = (&self.user_key, &program.user_key) {
            written
                .check(wanted)
                .map_err(|e| e.context(at("user key")))?;
        }
        self.value
            .check(&program.value)
            .map_err(|e| e.context(at("value")))
    }
}
