//! Operator state as a snapshot holds it.

use crate::operator::OperatorStateKind;
use crate::schema::Schema;

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

/// One element of a list, or one entry of a broadcast map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorItem {
    /// The key in its order-preserving encoding; empty for lists.
    pub key: Vec<u8>,
    /// The element or value.
    pub value: Vec<u8>,
}

/// One operator state of one subtask, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorStateImage {
    /// What it is.
    pub meta: OperatorStateMeta,
    /// What is in it, in order; may be empty.
    pub items: Vec<OperatorItem>,
}
