//! Keys of JSON objects.

use super::super::misfit::Misfit;
use super::super::tree::{Id, Node, Tree};
use super::super::{DynamicValue, text};

/// Whether keys of the type are written as keys of an object.
pub(super) fn is_text(tree: &Tree, id: Id) -> bool {
    matches!(
        tree.node(id),
        Node::Bool | Node::Integer(_) | Node::Char | Node::String
    )
}

pub(super) fn to_text(key: &DynamicValue) -> String {
    match key {
        DynamicValue::String(text) => text.clone(),
        DynamicValue::Char(char) => char.to_string(),
        other => other.to_string(),
    }
}

pub(super) fn from_text(tree: &Tree, id: Id, text: &str) -> Result<DynamicValue, Misfit> {
    text::scalar(tree.node(id), text)
        .unwrap_or_else(|| Err(Misfit::new("these keys are no text".to_owned())))
}
