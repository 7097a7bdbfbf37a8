//! Dynamic values from and to short text: fields of tables, keys on a command line.

use super::misfit::Misfit;
use super::tree::{FieldNode, Id, Node, Tree};
use super::{DynamicKeyType, DynamicType, DynamicValue, json, printable};
use crate::error::{Result, StateError};

impl DynamicType {
    /// `value` as one field of a table: scalars as they are, nothing for `None` and `()`, all else
    /// as [JSON](Self::to_json).
    pub fn to_text(&self, value: &DynamicValue) -> String {
        match value {
            DynamicValue::Option(None) => String::new(),
            DynamicValue::String(text) => text.clone(),
            DynamicValue::Char(char) => char.to_string(),
            value => match self.to_json(value) {
                serde_json::Value::String(text) => text,
                serde_json::Value::Null => String::new(),
                json => json.to_string(),
            },
        }
    }

    /// The value that one field of a table stands for: scalars in their usual form, bytes as text or
    /// as `0x` and digits (text shorter than an array is filled up with zeros), the name of a variant
    /// without fields, nothing for `None`; all else as JSON.
    ///
    /// A `Some` of empty text cannot be written so.
    ///
    /// ```
    /// use alluvium_state_api::{DynamicType, DynamicValue, Schema};
    /// let delay = DynamicType::new(&Schema::Option(Schema::I32.into()))?;
    /// assert_eq!(delay.from_text("")?, DynamicValue::Option(None));
    /// let error = delay.from_text("late").unwrap_err();
    /// assert_eq!(error.to_string(), "expected i32 (-2147483648 to 2147483647), found 'late'");
    /// # Ok::<(), alluvium_state_api::StateError>(())
    /// ```
    ///
    /// # Errors
    /// `Misuse` saying what the type expects and what was found.
    pub fn from_text(&self, text: &str) -> Result<DynamicValue> {
        value(self, self.tree().root, text)
    }

    /// The struct of which each field stands in the column of its name, as
    /// [`from_text`](Self::from_text) reads it. Columns that are no field are left alone.
    ///
    /// # Errors
    /// `Misuse` if this is no struct with names, or a column is missing or does not fit, naming it.
    pub fn from_columns<'a>(
        &self,
        column: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<DynamicValue> {
        let Node::Struct(name, fields) = self.tree().node(self.tree().root) else {
            return Err(StateError::misuse(format!(
                "columns become the fields of a struct, found {}",
                self.schema()
            )));
        };
        let field = |field: &FieldNode| {
            let text = column(&field.name).ok_or_else(|| {
                StateError::misuse(format!("no column for field '{}' of '{name}'", field.name))
            })?;
            value(self, field.node, text)
                .map_err(|error| error.context(format_args!("column '{}'", field.name)))
        };
        let fields = fields.iter().map(field).collect::<Result<_>>()?;
        Ok(DynamicValue::Struct(fields))
    }
}

impl DynamicKeyType {
    /// `key` as one field of a table; as [`DynamicType::to_text`].
    pub fn to_text(&self, key: &DynamicValue) -> String {
        self.as_value_type().to_text(key)
    }

    /// The key that text stands for.
    ///
    /// # Errors
    /// As [`DynamicType::from_text`].
    pub fn from_text(&self, text: &str) -> Result<DynamicValue> {
        self.as_value_type().from_text(text)
    }
}

fn value(of: &DynamicType, id: Id, text: &str) -> Result<DynamicValue> {
    let tree = of.tree();
    match tree.node(id) {
        Node::Option(_) if text.is_empty() => return Ok(DynamicValue::Option(None)),
        Node::Option(inner) if !json::may_be_null(tree, *inner) => {
            let inner = value(of, *inner, text)?;
            return Ok(DynamicValue::Option(Some(Box::new(inner))));
        }
        Node::Struct(_, fields) if let json::Form::Only(only) = json::Form::of(fields) => {
            return value(of, only, text).map(|only| DynamicValue::Struct(vec![only]));
        }
        node => {
            if let Some(scalar) = scalar(node, text) {
                return scalar.map_err(Misfit::into_misuse);
            }
        }
    }
    compound(tree, id, text)
}

/// A value that is written as JSON, unless it is a name.
fn compound(tree: &Tree, id: Id, text: &str) -> Result<DynamicValue> {
    let name = serde_json::Value::String(text.to_owned());
    let json = match tree.node(id) {
        Node::Enum(of) if of.variants.iter().any(|one| one.name == text) => name,
        node => serde_json::from_str(text).or_else(|error| match node {
            Node::Struct(..) | Node::Enum(_) => Ok(name),
            _ => Err(StateError::misuse(format!(
                "expected {} as JSON, found '{text}'",
                node.noun()
            ))
            .with_source(error)),
        })?,
    };
    json::value(tree, id, &json).map_err(Misfit::into_misuse)
}

/// A value that text stands for as it is; `None` if the type has no such form.
pub(super) fn scalar(node: &Node, text: &str) -> Option<Result<DynamicValue, Misfit>> {
    let expected = |what: String| Misfit::new(format!("expected {what}, found '{text}'"));
    Some(match node {
        Node::Unit if text.is_empty() => Ok(DynamicValue::Unit),
        Node::Bool => match text {
            "true" => Ok(DynamicValue::Bool(true)),
            "false" => Ok(DynamicValue::Bool(false)),
            _ => Err(expected("true or false".into())),
        },
        Node::Integer(integer) => {
            let parsed = integer.parse(text.trim());
            parsed.ok_or_else(|| expected(integer.range()))
        }
        Node::F32 => json::number::parse_f32(text.trim())
            .map(DynamicValue::F32)
            .ok_or_else(|| expected(node.noun())),
        Node::F64 => json::number::parse_f64(text.trim())
            .map(DynamicValue::F64)
            .ok_or_else(|| expected(node.noun())),
        Node::Char => {
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (Some(char), None) => Ok(DynamicValue::Char(char)),
                _ => Err(expected("one char".into())),
            }
        }
        Node::String => Ok(DynamicValue::String(text.to_owned())),
        Node::Bytes => printable::parse(text, None).map(DynamicValue::Bytes),
        Node::ByteArray(length) => printable::parse(text, Some(*length)).map(DynamicValue::Bytes),
        _ => return None,
    })
}
