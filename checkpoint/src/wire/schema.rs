//! Schema trees as bytes.

use super::{Reader, write_framed, write_varint};
use alluvium_state_api::{Field, Result, Schema, StateError, Variant};

/// How deep a schema tree may be, so that reading one cannot exhaust the stack.
const MAX_DEPTH: u32 = 128;

/// Appends a schema tree.
pub(crate) fn write_schema(schema: &Schema, out: &mut Vec<u8>) -> Result<()> {
    if let Some(code) = SCALARS.iter().position(|scalar| scalar == schema) {
        out.push(code as u8);
        return Ok(());
    }
    match schema {
        Schema::Option(inner) => write_one(32, inner, out),
        Schema::List(inner) => write_one(33, inner, out),
        Schema::Set(inner) => write_one(34, inner, out),
        Schema::Map(key, value) => {
            write_one(35, key, out)?;
            write_schema(value, out)
        }
        Schema::Array(length, item) => {
            out.push(36);
            write_varint(u64::from(*length), out);
            write_schema(item, out)
        }
        Schema::Tuple(items) => {
            out.push(37);
            write_varint(items.len() as u64, out);
            items.iter().try_for_each(|item| write_schema(item, out))
        }
        Schema::Struct { name, fields } => {
            out.push(38);
            write_framed(name.as_bytes(), out);
            write_fields(fields, out)
        }
        Schema::Enum { name, variants } => {
            out.push(39);
            write_framed(name.as_bytes(), out);
            write_varint(variants.len() as u64, out);
            variants.iter().try_for_each(|variant| {
                write_framed(variant.name.as_bytes(), out);
                write_varint(u64::from(variant.tag), out);
                write_fields(&variant.fields, out)
            })
        }
        Schema::Opaque { name, version } => {
            out.push(40);
            write_framed(name.as_bytes(), out);
            write_varint(u64::from(*version), out);
            Ok(())
        }
        Schema::Recursive(levels) => {
            out.push(41);
            write_varint(u64::from(*levels), out);
            Ok(())
        }
        other => Err(StateError::misuse(format!(
            "schema {other} has no stored form"
        ))),
    }
}

/// Takes a schema tree.
pub(crate) fn read_schema(reader: &mut Reader<'_>) -> Result<Schema> {
    read_at(reader, MAX_DEPTH)
}

const SCALARS: [Schema; 17] = [
    Schema::Unit,
    Schema::Bool,
    Schema::I8,
    Schema::I16,
    Schema::I32,
    Schema::I64,
    Schema::I128,
    Schema::U8,
    Schema::U16,
    Schema::U32,
    Schema::U64,
    Schema::U128,
    Schema::F32,
    Schema::F64,
    Schema::Char,
    Schema::String,
    Schema::Bytes,
];

fn write_one(code: u8, inner: &Schema, out: &mut Vec<u8>) -> Result<()> {
    out.push(code);
    write_schema(inner, out)
}

fn write_fields(fields: &[Field], out: &mut Vec<u8>) -> Result<()> {
    write_varint(fields.len() as u64, out);
    fields.iter().try_for_each(|field| {
        write_framed(field.name.as_bytes(), out);
        write_schema(&field.schema, out)
    })
}

fn read_at(reader: &mut Reader<'_>, depth: u32) -> Result<Schema> {
    let before = *reader;
    let code = reader.byte("schema")?;
    if let Some(scalar) = SCALARS.get(usize::from(code)) {
        return Ok(scalar.clone());
    }
    let Some(depth) = depth.checked_sub(1) else {
        return Err(before.corrupt("schema", "a tree at most 128 deep", "a deeper one"));
    };
    let inner = |reader: &mut Reader<'_>| read_at(reader, depth).map(Box::new);
    Ok(match code {
        32 => Schema::Option(inner(reader)?),
        33 => Schema::List(inner(reader)?),
        34 => Schema::Set(inner(reader)?),
        35 => Schema::Map(inner(reader)?, inner(reader)?),
        36 => Schema::Array(small(reader)?, inner(reader)?),
        37 => {
            let count = reader.count("schema")?;
            let items = (0..count).map(|_| read_at(reader, depth));
            Schema::Tuple(items.collect::<Result<_>>()?)
        }
        38 => Schema::Struct {
            name: reader.string("schema")?.to_owned(),
            fields: read_fields(reader, depth)?,
        },
        39 => Schema::Enum {
            name: reader.string("schema")?.to_owned(),
            variants: read_variants(reader, depth)?,
        },
        40 => Schema::Opaque {
            name: reader.string("schema")?.to_owned(),
            version: small(reader)?,
        },
        41 => Schema::Recursive(small(reader)?),
        _ => return Err(before.corrupt("schema", "a known code", code)),
    })
}

fn small(reader: &mut Reader<'_>) -> Result<u32> {
    reader
        .varint_up_to(u64::from(u32::MAX), "schema")
        .map(|number| number as u32)
}

fn read_fields(reader: &mut Reader<'_>, depth: u32) -> Result<Vec<Field>> {
    let count = reader.count("schema")?;
    let fields = (0..count).map(|_| {
        Ok(Field {
            name: reader.string("schema")?.to_owned(),
            schema: read_at(reader, depth)?,
        })
    });
    fields.collect()
}

fn read_variants(reader: &mut Reader<'_>, depth: u32) -> Result<Vec<Variant>> {
    let count = reader.count("schema")?;
    let variants = (0..count).map(|_| {
        Ok(Variant {
            name: reader.string("schema")?.to_owned(),
            tag: small(reader)?,
            fields: read_fields(reader, depth)?,
        })
    });
    variants.collect()
}
