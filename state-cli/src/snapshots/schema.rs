//! Types as people read them: with all their fields.

use alluvium::{Field, Schema};
use std::fmt::Write;

/// The whole tree on one line.
pub(super) fn show(schema: &Schema) -> String {
    let mut out = String::new();
    write(schema, &mut Vec::new(), &mut out);
    out
}

fn write<'s>(schema: &'s Schema, enclosing: &mut Vec<&'s str>, out: &mut String) {
    match schema {
        Schema::Option(inner) => around("option", [inner], enclosing, out),
        Schema::List(item) => around("list", [item], enclosing, out),
        Schema::Set(item) => around("set", [item], enclosing, out),
        Schema::Map(key, value) => around("map", [key, value], enclosing, out),
        Schema::Array(length, item) => {
            out.push('[');
            write(item, enclosing, out);
            let _infallible = write!(out, "; {length}]");
        }
        Schema::Tuple(items) => {
            out.push('(');
            for (index, item) in items.iter().enumerate() {
                comma(index, out);
                write(item, enclosing, out);
            }
            out.push(')');
        }
        Schema::Struct { name, fields } => {
            out.push_str(name);
            enclosing.push(name);
            write_fields(fields, enclosing, out);
            enclosing.pop();
        }
        Schema::Enum { name, variants } => {
            enclosing.push(name);
            let _infallible = write!(out, "enum {name} {{ ");
            for (index, variant) in variants.iter().enumerate() {
                comma(index, out);
                out.push_str(&variant.name);
                write_fields(&variant.fields, enclosing, out);
                if variant.tag as usize != index {
                    let _infallible = write!(out, " = {}", variant.tag);
                }
            }
            out.push_str(" }");
            enclosing.pop();
        }
        Schema::Recursive(levels) => {
            let name = enclosing.iter().rev().nth(*levels as usize);
            out.push_str(name.copied().unwrap_or("?"));
        }
        other => {
            let _infallible = write!(out, "{other}");
        }
    }
}

fn around<'s, const N: usize>(
    name: &str,
    parts: [&'s Schema; N],
    enclosing: &mut Vec<&'s str>,
    out: &mut String,
) {
    out.push_str(name);
    out.push('<');
    for (index, part) in parts.into_iter().enumerate() {
        comma(index, out);
        write(part, enclosing, out);
    }
    out.push('>');
}

fn write_fields<'s>(fields: &'s [Field], enclosing: &mut Vec<&'s str>, out: &mut String) {
    let numbered = (0..)
        .zip(fields)
        .all(|(index, field)| field.name == format!("{index}"));
    let (start, end) = if numbered { ("(", ")") } else { (" { ", " }") };
    if fields.is_empty() {
        return;
    }
    out.push_str(start);
    for (index, field) in fields.iter().enumerate() {
        comma(index, out);
        if !numbered {
            let _infallible = write!(out, "{}: ", field.name);
        }
        write(&field.schema, enclosing, out);
    }
    out.push_str(end);
}

fn comma(index: usize, out: &mut String) {
    if index > 0 {
        out.push_str(", ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alluvium::{NativeData, SchemaBuilder, StateData};

    #[derive(Clone, StateData)]
    enum Tree {
        Leaf(u8),
        #[state(tag = 7)]
        Fork {
            left: Box<Tree>,
            right: Option<Box<Tree>>,
        },
        Nothing,
    }

    #[test]
    fn types_are_shown_with_their_fields() {
        let schema = <(Vec<Tree>, [i8; 2])>::schema(&mut SchemaBuilder::default());
        assert_eq!(
            show(&schema),
            "(list<enum Tree { Leaf(u8), Fork { left: Tree, right: option<Tree> } = 7, Nothing = 8 }>, [i8; 2])"
        );
    }
}
