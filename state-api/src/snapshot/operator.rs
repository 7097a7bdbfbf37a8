//! Operator state as a snapshot holds it.

use crate::operator::OperatorStateKind;
use crate::schema::Schema;
use std::fmt;

/// What a snapshot says about one operator state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorStateMeta {
    /// The state's name.
    pub name: String,
    /// How it is dealt out at restore.
    pub kind: OperatorStateKind,
    /// The shape of its keys; broadcast state only.
    pub key: Option<Schema>,
    /// The shape of its elements or values.
    pub value: Schema,
}

impl OperatorStateMeta {
    /// Its kind and all its types, for people: `broadcast of string to u32`.
    pub fn shape(&self) -> String {
        let key = self.key.as_ref();
        let key = key.map_or_else(String::new, |key| format!("{key} to "));
        format!("{} of {key}{}", self.kind, self.value)
    }
}

/// One element of a list, or one entry of a broadcast map.
#[derive(Clone, PartialEq, Eq)]
pub struct OperatorItem {
    /// The key in its order-preserving encoding; empty for lists.
    pub key: Vec<u8>,
    /// The element or value.
    pub value: Vec<u8>,
}

// Not derived: that would print the state of a whole operator with whatever holds it.
impl fmt::Debug for OperatorItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, value) = (self.key.len(), self.value.len());
        write!(f, "OperatorItem({key} + {value} bytes)")
    }
}

/// One operator state of one subtask, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorStateImage {
    /// What it is.
    pub meta: OperatorStateMeta,
    /// What is in it, in order; may be empty.
    pub items: Vec<OperatorItem>,
}
