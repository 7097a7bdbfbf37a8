//! Values for people.

use super::tree::{FieldNode, Id, Node, Tree};
use super::{DynamicType, DynamicValue, printable};
use std::fmt::{self, Write};

/// A value with the names of its type.
pub(super) struct Shown<'a> {
    pub(super) of: &'a DynamicType,
    pub(super) value: &'a DynamicValue,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tree = self.of.tree();
        if let DynamicValue::Opaque(bytes) = self.value {
            return write!(f, "{}: {}", self.of.schema(), printable::hex(bytes));
        }
        write(f, self.value, Some((tree, tree.root)))
    }
}

/// Shows structs by their parts and enums by their tags: a value alone knows no names.
impl fmt::Display for DynamicValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, self, None)
    }
}

/// A place in the tree of a type, if there is one.
type Place<'t> = Option<(&'t Tree, Id)>;

fn node(place: Place<'_>) -> Option<&Node> {
    let (tree, id) = place?;
    match tree.node(id) {
        Node::Again(outer) => Some(tree.node(*outer)),
        node => Some(node),
    }
}

fn write(f: &mut fmt::Formatter<'_>, value: &DynamicValue, place: Place<'_>) -> fmt::Result {
    let at = |id: &Id| place.map(|(tree, _)| (tree, *id));
    match (value, node(place)) {
        (DynamicValue::Unit, _) => f.write_str("()"),
        (DynamicValue::Bool(bool), _) => write!(f, "{bool}"),
        (DynamicValue::Signed(number), _) => write!(f, "{number}"),
        (DynamicValue::Unsigned(number), _) => write!(f, "{number}"),
        (DynamicValue::F32(float), _) => write!(f, "{:?}", float.0),
        (DynamicValue::F64(float), _) => write!(f, "{:?}", float.0),
        (DynamicValue::Char(char), _) => write!(f, "{char:?}"),
        (DynamicValue::String(text), _) => write!(f, "{text:?}"),
        (DynamicValue::Bytes(bytes), node) => write_bytes(f, bytes, node),
        (DynamicValue::Opaque(bytes), _) => f.write_str(&printable::hex(bytes)),
        (DynamicValue::Option(None), _) => f.write_str("None"),
        (DynamicValue::Option(Some(inner)), node) => {
            let inside = match node {
                Some(Node::Option(id)) => at(id),
                _ => None,
            };
            list(f, "Some(", [(&**inner, inside)].into_iter(), ")")
        }
        (DynamicValue::List(items), node) => {
            let inside = match node {
                Some(Node::List(id) | Node::Array(_, id)) => at(id),
                _ => None,
            };
            list(f, "[", items.iter().map(|item| (item, inside)), "]")
        }
        (DynamicValue::Set(items), node) => {
            let inside = match node {
                Some(Node::Set(id)) => at(id),
                _ => None,
            };
            list(f, "{", items.iter().map(|item| (item, inside)), "}")
        }
        (DynamicValue::Map(entries), node) => {
            let (key, item) = match node {
                Some(Node::Map(key, item)) => (at(key), at(item)),
                _ => (None, None),
            };
            map(f, entries, key, item)
        }
        (DynamicValue::Tuple(items), node) => {
            let parts = match node {
                Some(Node::Tuple(parts)) => parts.as_slice(),
                _ => &[],
            };
            let places = parts.iter().map(at).chain(std::iter::repeat(None));
            let end = if items.len() == 1 { ",)" } else { ")" };
            list(f, "(", items.iter().zip(places), end)
        }
        (DynamicValue::Struct(items), Some(Node::Struct(name, all))) => {
            f.write_str(name)?;
            fields(f, items, all, place)
        }
        (DynamicValue::Struct(items), _) => {
            list(f, "{", items.iter().map(|item| (item, None)), "}")
        }
        (DynamicValue::Enum { tag, fields: items }, _) => write_variant(f, *tag, items, place),
    }
}

/// Shows an enum; by its tag, if its type is not known.
fn write_variant(
    f: &mut fmt::Formatter<'_>,
    tag: u32,
    items: &[DynamicValue],
    place: Place<'_>,
) -> fmt::Result {
    let variant = match node(place) {
        Some(Node::Enum(of)) => of.variant(tag),
        _ => None,
    };
    if let Some((_, variant)) = variant {
        f.write_str(&variant.name)?;
        return fields(f, items, &variant.fields, place);
    }
    write!(f, "#{tag}")?;
    list(f, "(", items.iter().map(|item| (item, None)), ")")
}

fn write_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8], node: Option<&Node>) -> fmt::Result {
    let padded = matches!(node, Some(Node::ByteArray(_)));
    let shown = printable::show(bytes, padded);
    if shown.starts_with("0x") {
        return f.write_str(&shown);
    }
    write!(f, "{shown:?}")
}

fn list<'a, 't>(
    f: &mut fmt::Formatter<'_>,
    start: &str,
    items: impl Iterator<Item = (&'a DynamicValue, Place<'t>)>,
    end: &str,
) -> fmt::Result {
    f.write_str(start)?;
    for (index, (item, place)) in items.enumerate() {
        comma(f, index)?;
        write(f, item, place)?;
    }
    f.write_str(end)
}

fn map(
    f: &mut fmt::Formatter<'_>,
    entries: &[(DynamicValue, DynamicValue)],
    key_place: Place<'_>,
    place: Place<'_>,
) -> fmt::Result {
    f.write_char('{')?;
    for (index, (key, item)) in entries.iter().enumerate() {
        comma(f, index)?;
        write(f, key, key_place)?;
        f.write_str(": ")?;
        write(f, item, place)?;
    }
    f.write_char('}')
}

/// What stands behind the name of a struct or variant.
fn fields(
    f: &mut fmt::Formatter<'_>,
    items: &[DynamicValue],
    fields: &[FieldNode],
    place: Place<'_>,
) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    let at = |id: Id| place.map(|(tree, _)| (tree, id));
    let with_places = items.iter().zip(fields.iter().map(|field| at(field.node)));
    if are_numbered(fields) {
        return list(f, "(", with_places, ")");
    }
    f.write_str(" { ")?;
    for (index, ((item, place), field)) in with_places.zip(fields).enumerate() {
        comma(f, index)?;
        write!(f, "{}: ", field.name)?;
        write(f, item, place)?;
    }
    f.write_str(" }")
}

/// Whether the fields are those of a tuple struct.
pub(super) fn are_numbered(fields: &[FieldNode]) -> bool {
    let mut fields = fields.iter().enumerate();
    fields.all(|(index, field)| field.name == index.to_string())
}

fn comma(f: &mut fmt::Formatter<'_>, index: usize) -> fmt::Result {
    if index == 0 {
        return Ok(());
    }
    f.write_str(", ")
}
