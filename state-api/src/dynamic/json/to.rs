//! To JSON.

use super::super::tree::{FieldNode, Id, Node, Tree};
use super::super::{DynamicValue, printable};
use super::{Form, key, may_be_null, number};
use serde_json::{Map, Value, json};

pub(super) fn opaque(name: &str, bytes: &[u8]) -> Value {
    json!({"opaque": name, "bytes": printable::hex(bytes)})
}

pub(super) fn json(tree: &Tree, id: Id, value: &DynamicValue) -> Value {
    let all = |items: &[DynamicValue], id: Id| {
        Value::Array(items.iter().map(|item| json(tree, id, item)).collect())
    };
    match (tree.node(id), value) {
        (Node::Again(outer), value) => json(tree, *outer, value),
        (_, DynamicValue::Unit | DynamicValue::Option(None)) => Value::Null,
        (_, DynamicValue::Bool(bool)) => Value::Bool(*bool),
        (_, DynamicValue::Signed(number)) => integer(i64::try_from(*number).ok(), number),
        (_, DynamicValue::Unsigned(number)) => integer(u64::try_from(*number).ok(), number),
        (_, DynamicValue::F32(float)) => number::of_f32(float.0),
        (_, DynamicValue::F64(float)) => number::of_f64(float.0),
        (_, DynamicValue::Char(char)) => Value::String(char.to_string()),
        (_, DynamicValue::String(text)) => Value::String(text.clone()),
        (node, DynamicValue::Bytes(bytes)) => {
            let padded = matches!(node, Node::ByteArray(_));
            Value::String(printable::show(bytes, padded).into_owned())
        }
        (Node::Option(id), DynamicValue::Option(Some(inner))) => {
            let inner = json(tree, *id, inner);
            if may_be_null(tree, *id) {
                json!({"some": inner})
            } else {
                inner
            }
        }
        (Node::List(id) | Node::Array(_, id), DynamicValue::List(items))
        | (Node::Set(id), DynamicValue::Set(items)) => all(items, *id),
        (Node::Map(key, item), DynamicValue::Map(entries)) => map(tree, *key, *item, entries),
        (Node::Tuple(parts), DynamicValue::Tuple(items)) => {
            let items = parts.iter().zip(items);
            Value::Array(items.map(|(part, item)| json(tree, *part, item)).collect())
        }
        (Node::Struct(_, all), DynamicValue::Struct(items)) => fields(tree, all, items),
        (Node::Enum(of), DynamicValue::Enum { tag, fields: items }) => match of.variant(*tag) {
            Some((_, variant)) if variant.fields.is_empty() => Value::String(variant.name.clone()),
            Some((_, variant)) => {
                let fields = fields(tree, &variant.fields, items);
                Value::Object(Map::from_iter([(variant.name.clone(), fields)]))
            }
            None => Value::String(value.to_string()),
        },
        // Of another type.
        (_, other) => Value::String(other.to_string()),
    }
}

/// What 64 bits do not hold stands as text.
fn integer(narrow: Option<impl Into<Value>>, number: impl ToString) -> Value {
    narrow.map_or_else(|| Value::String(number.to_string()), Into::into)
}

fn map(tree: &Tree, key: Id, item: Id, entries: &[(DynamicValue, DynamicValue)]) -> Value {
    if key::is_text(tree, key) {
        let entries = entries.iter();
        return Value::Object(
            entries
                .map(|(key, value)| (key::to_text(key), json(tree, item, value)))
                .collect(),
        );
    }
    let entries = entries
        .iter()
        .map(|(one, value)| Value::Array(vec![json(tree, key, one), json(tree, item, value)]));
    Value::Array(entries.collect())
}

fn fields(tree: &Tree, fields: &[FieldNode], items: &[DynamicValue]) -> Value {
    let mut values = fields
        .iter()
        .zip(items)
        .map(|(field, item)| (field.name.clone(), json(tree, field.node, item)));
    match Form::of(fields) {
        Form::Only(_) => values.next().map_or(Value::Null, |(_, value)| value),
        Form::Array => Value::Array(values.map(|(_, value)| value).collect()),
        Form::Object => Value::Object(values.collect()),
    }
}
