//! From dynamic values to bytes.

use super::DynamicValue;
use super::bounds::{Depth, TooDeep};
use super::layout::{Layout, ValueLayout};
use super::misfit::Misfit;
use super::tree::{FieldNode, Id, Node, Tree};
use std::collections::BTreeSet;

/// Appends `value`, which must be one of the type `id`.
pub(super) fn value<L: Layout>(
    tree: &Tree,
    id: Id,
    value: &DynamicValue,
    depth: Depth,
    out: &mut Vec<u8>,
) -> Result<(), Misfit> {
    let depth = depth.inside().map_err(too_deep)?;
    node::<L>(tree, id, value, depth, out)
}

#[cold]
fn too_deep(reason: TooDeep) -> Misfit {
    Misfit::new(reason.message())
}

fn node<L: Layout>(
    tree: &Tree,
    id: Id,
    given: &DynamicValue,
    depth: Depth,
    out: &mut Vec<u8>,
) -> Result<(), Misfit> {
    match (tree.node(id), given) {
        (Node::Unit, DynamicValue::Unit) => {}
        (Node::Bool, DynamicValue::Bool(bool)) => L::put(bool, out),
        (Node::Integer(integer), given) => integer.put::<L>(given, out)?,
        (Node::F32, DynamicValue::F32(float)) => L::put(float, out),
        (Node::F64, DynamicValue::F64(float)) => L::put(float, out),
        (Node::Char, DynamicValue::Char(char)) => L::put(char, out),
        (Node::String, DynamicValue::String(text)) => L::put(text, out),
        (Node::Bytes, DynamicValue::Bytes(bytes)) => L::put(bytes, out),
        (Node::ByteArray(length), DynamicValue::Bytes(bytes)) => {
            check_count("bytes", *length, bytes.len())?;
            out.extend_from_slice(bytes);
        }
        (Node::Option(inner), DynamicValue::Option(given)) => {
            out.push(u8::from(given.is_some()));
            if let Some(given) = given {
                value::<L>(tree, *inner, given, depth, out)?;
            }
        }
        (Node::List(item), DynamicValue::List(items)) => {
            put_list::<L>(tree, *item, items, depth, out)?;
        }
        (Node::Set(item), DynamicValue::Set(items)) => {
            check_distinct(items.len(), &items.iter().collect())?;
            put_list::<ValueLayout>(tree, *item, items, depth, out)?;
        }
        (Node::Map(key, item), DynamicValue::Map(entries)) => {
            map(tree, (*key, *item), entries, depth, out)?;
        }
        (Node::Array(length, item), DynamicValue::List(items)) => {
            check_count("elements", *length, items.len())?;
            for (index, given) in items.iter().enumerate() {
                value::<L>(tree, *item, given, depth, out)
                    .map_err(|misfit| misfit.in_item(index))?;
            }
        }
        (Node::Tuple(parts), DynamicValue::Tuple(given)) => {
            check_count("parts of a tuple", parts.len(), given.len())?;
            for (index, (part, given)) in parts.iter().zip(given).enumerate() {
                value::<L>(tree, *part, given, depth, out)
                    .map_err(|misfit| misfit.in_field(&index.to_string()))?;
            }
        }
        (Node::Struct(_, all), DynamicValue::Struct(given)) => {
            fields::<L>(tree, all, given, depth, out)?;
        }
        (Node::Enum(of), DynamicValue::Enum { tag, fields: given }) => {
            let (place, variant) = of
                .variant(*tag)
                .ok_or_else(|| Misfit::new(format!("enum '{}' has no variant {tag}", of.name)))?;
            L::put_variant(of, place, variant, out);
            fields::<L>(tree, &variant.fields, given, depth, out)?;
        }
        (Node::Again(outer), given) => {
            let depth = depth.again().map_err(too_deep)?;
            node::<L>(tree, *outer, given, depth, out)?;
        }
        (Node::Opaque, DynamicValue::Opaque(bytes)) => out.extend_from_slice(bytes),
        (expected, found) => return Err(Misfit::kind(expected.noun(), found)),
    }
    Ok(())
}

fn put_list<L: Layout>(
    tree: &Tree,
    item: Id,
    items: &[DynamicValue],
    depth: Depth,
    out: &mut Vec<u8>,
) -> Result<(), Misfit> {
    let mut index = 0;
    L::put_list(items, tree.is_empty(item), out, |given, out| {
        index += 1;
        value::<L>(tree, item, given, depth, out).map_err(|misfit| misfit.in_item(index - 1))
    })
}

fn map(
    tree: &Tree,
    (key, item): (Id, Id),
    entries: &[(DynamicValue, DynamicValue)],
    depth: Depth,
    out: &mut Vec<u8>,
) -> Result<(), Misfit> {
    check_distinct(entries.len(), &entries.iter().map(|(key, _)| key).collect())?;
    let empty = tree.is_empty(key) && tree.is_empty(item);
    ValueLayout::put_list(entries, empty, out, |(given_key, given), out| {
        let at = |misfit: Misfit| misfit.below(format_args!("[{given_key}]"));
        value::<ValueLayout>(tree, key, given_key, depth, out).map_err(at)?;
        value::<ValueLayout>(tree, item, given, depth, out).map_err(at)
    })
}

fn fields<L: Layout>(
    tree: &Tree,
    fields: &[FieldNode],
    given: &[DynamicValue],
    depth: Depth,
    out: &mut Vec<u8>,
) -> Result<(), Misfit> {
    check_count("fields", fields.len(), given.len())?;
    fields.iter().zip(given).try_for_each(|(field, given)| {
        value::<L>(tree, field.node, given, depth, out)
            .map_err(|misfit| misfit.in_field(&field.name))
    })
}

fn check_count(what: &str, expected: usize, found: usize) -> Result<(), Misfit> {
    if expected == found {
        return Ok(());
    }
    Err(Misfit::count(what, expected, found))
}

fn check_distinct(count: usize, distinct: &BTreeSet<&DynamicValue>) -> Result<(), Misfit> {
    if distinct.len() == count {
        return Ok(());
    }
    let message = format!("of {count} entries only {} are distinct", distinct.len());
    Err(Misfit::new(message))
}

impl Node {
    /// What a message calls values of this type.
    pub(super) fn noun(&self) -> String {
        match self {
            Self::Unit => "nothing".into(),
            Self::Bool => "a bool".into(),
            Self::Integer(integer) => integer.to_string(),
            Self::F32 => "an f32".into(),
            Self::F64 => "an f64".into(),
            Self::Char => "a char".into(),
            Self::String => "a string".into(),
            Self::Bytes => "bytes".into(),
            Self::Option(_) => "an option".into(),
            Self::List(_) => "a list".into(),
            Self::Set(_) => "a set".into(),
            Self::Map(..) => "a map".into(),
            Self::ByteArray(length) => format!("{length} bytes"),
            Self::Array(length, _) => format!("a list of {length}"),
            Self::Tuple(parts) => format!("a tuple of {}", parts.len()),
            Self::Struct(name, _) => format!("struct '{name}'"),
            Self::Enum(of) => format!("enum '{}'", of.name),
            Self::Again(_) => "an enclosing type".into(),
            Self::Opaque => "opaque bytes".into(),
        }
    }
}
