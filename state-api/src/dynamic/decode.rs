//! From bytes to dynamic values.

use super::DynamicValue;
use super::bounds::Bounds;
use super::layout::{Layout, ValueLayout};
use super::tree::{FieldNode, Id, Node, Tree};
use crate::data::wire;
use crate::error::{Result, StateError};
use std::collections::BTreeSet;

/// Takes a value of the type `id` off the front of `input`.
pub(super) fn value<L: Layout>(
    tree: &Tree,
    id: Id,
    input: &mut &[u8],
    bounds: &mut Bounds,
) -> Result<DynamicValue> {
    bounds.part(|bounds| node::<L>(tree, id, input, bounds))
}

fn node<L: Layout>(
    tree: &Tree,
    id: Id,
    input: &mut &[u8],
    bounds: &mut Bounds,
) -> Result<DynamicValue> {
    Ok(match tree.node(id) {
        Node::Unit => DynamicValue::Unit,
        Node::Bool => DynamicValue::Bool(L::take(input)?),
        Node::Integer(integer) => integer.take::<L>(input)?,
        Node::F32 => DynamicValue::F32(L::take(input)?),
        Node::F64 => DynamicValue::F64(L::take(input)?),
        Node::Char => DynamicValue::Char(L::take(input)?),
        Node::String => DynamicValue::String(L::take(input)?),
        Node::Bytes => DynamicValue::Bytes(L::take(input)?),
        Node::ByteArray(length) => DynamicValue::Bytes(wire::take_slice(input, *length)?.to_vec()),
        Node::Option(inner) => {
            let some = wire::take_flag(input, "the mark of an option")?;
            let inner = some.then(|| value::<L>(tree, *inner, input, bounds));
            DynamicValue::Option(inner.transpose()?.map(Box::new))
        }
        Node::List(item) => {
            let items = L::take_list(tree.is_empty(*item), input, |input| {
                value::<L>(tree, *item, input, bounds)
            });
            DynamicValue::List(items?)
        }
        Node::Set(item) => set(tree, *item, input, bounds)?,
        Node::Map(key, item) => map(tree, *key, *item, input, bounds)?,
        Node::Array(length, item) => {
            let items = (0..*length).map(|_| value::<L>(tree, *item, input, bounds));
            DynamicValue::List(items.collect::<Result<_>>()?)
        }
        Node::Tuple(parts) => {
            let parts = parts
                .iter()
                .map(|part| value::<L>(tree, *part, input, bounds));
            DynamicValue::Tuple(parts.collect::<Result<_>>()?)
        }
        Node::Struct(_, all) => DynamicValue::Struct(fields::<L>(tree, all, input, bounds)?),
        Node::Enum(of) => {
            let variant = L::take_variant(of, input)?;
            let fields = fields::<L>(tree, &variant.fields, input, bounds)?;
            let tag = variant.tag;
            DynamicValue::Enum { tag, fields }
        }
        Node::Again(outer) => bounds.again(|bounds| node::<L>(tree, *outer, input, bounds))?,
        Node::Opaque => DynamicValue::Opaque(std::mem::take(input).to_vec()),
    })
}

fn fields<L: Layout>(
    tree: &Tree,
    fields: &[FieldNode],
    input: &mut &[u8],
    bounds: &mut Bounds,
) -> Result<Vec<DynamicValue>> {
    let fields = fields.iter().map(|field| {
        value::<L>(tree, field.node, input, bounds)
            .map_err(|error| error.context(format_args!("field '{}'", field.name)))
    });
    fields.collect()
}

fn set(tree: &Tree, item: Id, input: &mut &[u8], bounds: &mut Bounds) -> Result<DynamicValue> {
    let items = ValueLayout::take_list(tree.is_empty(item), input, |input| {
        value::<ValueLayout>(tree, item, input, bounds)
    })?;
    check_distinct(items.len(), &items.iter().collect())?;
    Ok(DynamicValue::Set(items))
}

fn map(
    tree: &Tree,
    key: Id,
    item: Id,
    input: &mut &[u8],
    bounds: &mut Bounds,
) -> Result<DynamicValue> {
    let empty = tree.is_empty(key) && tree.is_empty(item);
    let entries = ValueLayout::take_list(empty, input, |input| {
        let key = value::<ValueLayout>(tree, key, input, bounds)?;
        let item = value::<ValueLayout>(tree, item, input, bounds)?;
        Ok((key, item))
    })?;
    check_distinct(entries.len(), &entries.iter().map(|(key, _)| key).collect())?;
    Ok(DynamicValue::Map(entries))
}

fn check_distinct(count: usize, distinct: &BTreeSet<&DynamicValue>) -> Result<()> {
    if distinct.len() == count {
        return Ok(());
    }
    Err(StateError::corrupt(format!(
        "of {count} entries of a collection only {} are distinct",
        distinct.len()
    )))
}
