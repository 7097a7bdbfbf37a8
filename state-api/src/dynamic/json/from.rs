//! From JSON.

use super::super::bounds::Depth;
use super::super::misfit::Misfit;
use super::super::tree::{EnumNode, FieldNode, Id, Node, Tree};
use super::super::{DynamicValue, printable, text};
use super::{Form, key, may_be_null};
use serde_json::{Map, Value};

type Made = Result<DynamicValue, Misfit>;

pub(super) fn value(tree: &Tree, id: Id, json: &Value, depth: Depth) -> Made {
    let deep = |reason: super::super::bounds::TooDeep| Misfit::new(reason.message());
    let depth = depth.inside().map_err(deep)?;
    let node = tree.node(id);
    match (node, json) {
        (Node::Again(outer), json) => value(tree, *outer, json, depth.again().map_err(deep)?),
        (Node::Unit, Value::Null) => Ok(DynamicValue::Unit),
        (Node::Bool, Value::Bool(bool)) => Ok(DynamicValue::Bool(*bool)),
        (Node::Integer(integer), Value::Number(number)) => {
            let value = integer.parse(&number.to_string());
            value.ok_or_else(|| expected(integer.range(), json))
        }
        (Node::F32, Value::Number(number)) => number
            .as_f64()
            .map(|float| DynamicValue::from(float as f32))
            .ok_or_else(|| expected(node.noun(), json)),
        (Node::F64, Value::Number(number)) => number
            .as_f64()
            .map(DynamicValue::from)
            .ok_or_else(|| expected(node.noun(), json)),
        (Node::Option(_), Value::Null) => Ok(DynamicValue::Option(None)),
        (Node::Option(inner), json) => option(tree, *inner, json, depth),
        (Node::Bytes, Value::Array(items)) => byte_values(items).map(DynamicValue::Bytes),
        (Node::ByteArray(length), Value::Array(items)) => {
            check_count("bytes", *length, items.len())?;
            byte_values(items).map(DynamicValue::Bytes)
        }
        (Node::List(item), Value::Array(items)) => {
            list(tree, *item, items, depth).map(DynamicValue::List)
        }
        (Node::Set(item), Value::Array(items)) => {
            let mut items = list(tree, *item, items, depth)?;
            items.sort();
            check_distinct(&items, |a, b| a == b)?;
            Ok(DynamicValue::Set(items))
        }
        (Node::Array(length, item), Value::Array(items)) => {
            check_count("elements", *length, items.len())?;
            list(tree, *item, items, depth).map(DynamicValue::List)
        }
        (Node::Map(key, item), json) => map(tree, *key, *item, json, depth),
        (Node::Tuple(parts), Value::Array(items)) => {
            check_count("parts of a tuple", parts.len(), items.len())?;
            let pairs = parts.iter().zip(items).enumerate();
            let parts = pairs.map(|(index, (part, json))| {
                value(tree, *part, json, depth).map_err(|misfit| misfit.in_item(index))
            });
            parts.collect::<Result<_, _>>().map(DynamicValue::Tuple)
        }
        (Node::Struct(name, all), json) => {
            fields(tree, name, all, json, depth).map(DynamicValue::Struct)
        }
        (Node::Enum(of), json) => enumeration(tree, of, json, depth),
        (Node::Opaque, Value::Object(object)) => opaque(object),
        (node, Value::String(string)) => {
            text::scalar(node, string).unwrap_or_else(|| Err(expected(node.noun(), json)))
        }
        (node, json) => Err(expected(node.noun(), json)),
    }
}

#[cold]
fn expected(expected: impl std::fmt::Display, found: &Value) -> Misfit {
    const SHOWN: usize = 60;
    let found = match found {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(items) => format!("an array of {}", items.len()),
        scalar => scalar.to_string(),
    };
    let shown: String = found.chars().take(SHOWN).collect();
    let dots = if shown.len() < found.len() { "…" } else { "" };
    Misfit::new(format!("expected {expected}, found {shown}{dots}"))
}

fn check_count(what: &str, expected: usize, found: usize) -> Result<(), Misfit> {
    if expected == found {
        return Ok(());
    }
    Err(Misfit::count(what, expected, found))
}

/// Checks that no two neighbours are the same.
fn check_distinct<T>(sorted: &[T], same: impl Fn(&T, &T) -> bool) -> Result<(), Misfit> {
    let again = sorted
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if same(a, b)));
    if again {
        return Err(Misfit::new("an entry comes twice"));
    }
    Ok(())
}

fn option(tree: &Tree, inner: Id, json: &Value, depth: Depth) -> Made {
    let json = match json {
        Value::Object(object) if may_be_null(tree, inner) => match object.get("some") {
            Some(some) if object.len() == 1 => some,
            _ => return Err(expected("null or {\"some\": value}", json)),
        },
        json if may_be_null(tree, inner) => {
            return Err(expected("null or {\"some\": value}", json));
        }
        json => json,
    };
    let inner = value(tree, inner, json, depth)?;
    Ok(DynamicValue::Option(Some(Box::new(inner))))
}

fn byte_values(items: &[Value]) -> Result<Vec<u8>, Misfit> {
    let byte = |(index, json): (usize, &Value)| {
        let byte = json.as_u64().and_then(|number| u8::try_from(number).ok());
        byte.ok_or_else(|| expected("a byte (0 to 255)", json).in_item(index))
    };
    items.iter().enumerate().map(byte).collect()
}

fn list(tree: &Tree, id: Id, items: &[Value], depth: Depth) -> Result<Vec<DynamicValue>, Misfit> {
    let items = items
        .iter()
        .enumerate()
        .map(|(index, json)| value(tree, id, json, depth).map_err(|misfit| misfit.in_item(index)));
    items.collect()
}

fn map(tree: &Tree, key: Id, item: Id, json: &Value, depth: Depth) -> Made {
    let mut entries = match json {
        Value::Object(object) if key::is_text(tree, key) => {
            let entries = object.iter().map(|(name, json)| {
                let at = |misfit: Misfit| misfit.below(format_args!("[{name:?}]"));
                let key = key::from_text(tree, key, name).map_err(at)?;
                Ok((key, value(tree, item, json, depth).map_err(at)?))
            });
            entries.collect::<Result<Vec<_>, Misfit>>()?
        }
        Value::Array(items) => {
            let entries = items.iter().enumerate().map(|(index, json)| {
                let at = |misfit: Misfit| misfit.in_item(index);
                let Some([one, json]) = json.as_array().map(Vec::as_slice) else {
                    return Err(at(expected("[key, value]", json)));
                };
                let key = value(tree, key, one, depth).map_err(at)?;
                Ok((key, value(tree, item, json, depth).map_err(at)?))
            });
            entries.collect::<Result<Vec<_>, Misfit>>()?
        }
        other if key::is_text(tree, key) => return Err(expected("an object", other)),
        other => return Err(expected("an array of [key, value]", other)),
    };
    entries.sort();
    check_distinct(&entries, |(a, _), (b, _)| a == b)?;
    Ok(DynamicValue::Map(entries))
}

fn fields(
    tree: &Tree,
    name: &str,
    fields: &[FieldNode],
    json: &Value,
    depth: Depth,
) -> Result<Vec<DynamicValue>, Misfit> {
    match (Form::of(fields), json) {
        (Form::Only(field), json) => Ok(vec![value(tree, field, json, depth)?]),
        (Form::Array, Value::Array(items)) => {
            check_count("fields", fields.len(), items.len())?;
            let pairs = fields.iter().zip(items);
            let values = pairs.map(|(field, json)| {
                value(tree, field.node, json, depth).map_err(|misfit| misfit.in_field(&field.name))
            });
            values.collect()
        }
        (Form::Object, Value::Object(object)) => {
            let strange = object
                .keys()
                .find(|key| fields.iter().all(|one| one.name != **key));
            if let Some(strange) = strange {
                let known: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
                let known = known.join(", ");
                let message = format!("'{name}' has no field '{strange}', its fields are: {known}");
                return Err(Misfit::new(message));
            }
            let values = fields.iter().map(|field| {
                let json = object.get(&field.name);
                self::field(tree, field, json, depth).map_err(|misfit| misfit.in_field(&field.name))
            });
            values.collect()
        }
        (Form::Array, json) => Err(expected(format_args!("an array for '{name}'"), json)),
        (Form::Object, json) => Err(expected(format_args!("an object for '{name}'"), json)),
    }
}

/// A field that may be missing.
fn field(tree: &Tree, field: &FieldNode, json: Option<&Value>, depth: Depth) -> Made {
    match (json, tree.node(field.node)) {
        (Some(json), _) => value(tree, field.node, json, depth),
        (None, Node::Option(_)) => Ok(DynamicValue::Option(None)),
        (None, node) => Err(Misfit::new(format!(
            "expected {}, found nothing",
            node.noun()
        ))),
    }
}

fn enumeration(tree: &Tree, of: &EnumNode, json: &Value, depth: Depth) -> Made {
    let (name, content) = match json {
        Value::String(name) => (name, None),
        Value::Object(object) if object.len() == 1 => match object.iter().next() {
            Some((name, content)) => (name, Some(content)),
            None => return Err(expected("a variant", json)),
        },
        other => return Err(expected("\"Variant\" or {\"Variant\": …}", other)),
    };
    let Some(variant) = of.variants.iter().find(|variant| variant.name == *name) else {
        let known: Vec<_> = of.variants.iter().map(|one| one.name.as_str()).collect();
        return Err(Misfit::new(format!(
            "enum '{}' has no variant '{name}', its variants are: {}",
            of.name,
            known.join(", ")
        )));
    };
    let fields = match content {
        None if variant.fields.is_empty() => Vec::new(),
        None => {
            let message = format!("variant '{name}' has fields: expected {{\"{name}\": …}}");
            return Err(Misfit::new(message));
        }
        Some(json) => fields(tree, name, &variant.fields, json, depth)
            .map_err(|misfit| misfit.in_field(name))?,
    };
    let tag = variant.tag;
    Ok(DynamicValue::Enum { tag, fields })
}

fn opaque(object: &Map<String, Value>) -> Made {
    let text = object.get("bytes").and_then(Value::as_str);
    let digits = text.and_then(|text| text.strip_prefix("0x"));
    digits
        .and_then(printable::parse_hex)
        .map(DynamicValue::Opaque)
        .ok_or_else(|| Misfit::new("expected {\"opaque\": …, \"bytes\": \"0x…\"}"))
}
