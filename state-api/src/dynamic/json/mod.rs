//! Dynamic values from and to JSON, by their type.
//!
//! | type | JSON |
//! |---|---|
//! | `()` | `null` |
//! | `bool`, `string`, `char` | the same; a char as a string |
//! | integers | a number, all digits written, although many readers of JSON round those beyond 2⁵³; one that 64 bits do not hold as a string of digits. Both are taken |
//! | floats | a number; the strings `NaN`, `inf`, `-inf`; other NaNs as `NaN(0x7ff8000000000001)` |
//! | `bytes`, `[u8; N]` | a string: the text that they are, of arrays without the zeros at the end; if they are no printable text, `0x` and digits. An array of numbers is taken too |
//! | `option` | `null`, or the value; `{"some": value}` where that could be `null` itself |
//! | `list`, `set`, arrays, tuples | an array |
//! | `map` | an object if its keys are strings, chars, bools or integers; else an array of `[key, value]` |
//! | struct | an object; of a tuple struct an array, or the one field itself |
//! | enum | `"Variant"`, or `{"Variant": fields}` with the fields as of a struct |
//! | opaque | `{"opaque": "name", "bytes": "0x…"}`, or what stands there instead of a name |
//!
//! With the type at hand nothing is lost on the way there and back but the order of the entries of
//! sets and maps, which means nothing.

mod from;
mod key;
pub(super) mod number;
mod to;

use super::bounds::Depth;
use super::misfit::Misfit;
use super::tree::{FieldNode, Id, Node, Tree};
use super::{DynamicKeyType, DynamicType, DynamicValue};
use crate::error::Result;
use crate::schema::Schema;
use serde_json::Value;

impl DynamicType {
    /// `value` as JSON. Of a value of another type something is shown all the same.
    ///
    /// ```
    /// use alluvium_state_api::{DynamicType, DynamicValue, Schema};
    /// let delays = DynamicType::new(&Schema::Map(Schema::String.into(), Schema::F64.into()))?;
    /// let json = serde_json::json!({"SFO": 1.5, "LAX": "NaN"});
    /// assert_eq!(delays.to_json(&delays.from_json(&json)?), json);
    /// # Ok::<(), alluvium_state_api::StateError>(())
    /// ```
    pub fn to_json(&self, value: &DynamicValue) -> Value {
        if let DynamicValue::Opaque(bytes) = value {
            return to::opaque(&self.schema().to_string(), bytes);
        }
        to::json(self.tree(), self.tree().root, value)
    }

    /// The value that `json` stands for. A field that is missing is `None` if it may be; the entries
    /// of sets and maps are put into order.
    ///
    /// # Errors
    /// `Misuse` naming the place, what the type expects there, and what was found.
    pub fn from_json(&self, json: &Value) -> Result<DynamicValue> {
        value(self.tree(), self.tree().root, json).map_err(Misfit::into_misuse)
    }
}

impl DynamicKeyType {
    /// `key` as JSON; as [`DynamicType::to_json`].
    pub fn to_json(&self, key: &DynamicValue) -> Value {
        self.as_value_type().to_json(key)
    }

    /// The key that `json` stands for.
    ///
    /// # Errors
    /// As [`DynamicType::from_json`].
    pub fn from_json(&self, json: &Value) -> Result<DynamicValue> {
        self.as_value_type().from_json(json)
    }
}

/// In what form fields are written.
pub(super) enum Form {
    Object,
    Array,
    /// A single unnamed field stands for the whole.
    Only(Id),
}

impl Form {
    pub(super) fn of(fields: &[FieldNode]) -> Self {
        match fields {
            [] => Self::Object,
            [only] if only.name == "0" => Self::Only(only.node),
            _ if super::show::are_numbered(fields) => Self::Array,
            _ => Self::Object,
        }
    }
}

/// The value of the type `id` that `json` stands for.
pub(super) fn value(tree: &Tree, id: Id, json: &Value) -> Result<DynamicValue, Misfit> {
    from::value(tree, id, json, Depth::default())
}

/// Whether a value of the type may be `null`.
pub(super) fn may_be_null(tree: &Tree, id: Id) -> bool {
    let mut id = id;
    // A struct that holds nothing but itself has no values: any answer will do.
    for _ in 0..=2 * Schema::MAX_DEPTH {
        id = match tree.node(id) {
            Node::Unit | Node::Option(_) => return true,
            Node::Again(outer) => *outer,
            Node::Struct(_, fields) => match Form::of(fields) {
                Form::Only(field) => field,
                _ => return false,
            },
            _ => return false,
        };
    }
    false
}
