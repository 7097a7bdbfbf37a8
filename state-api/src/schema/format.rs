//! Schema trees as bytes: `docs/format/schema.md`.

use super::limits::check_size;
use super::{Field, Schema, Variant};
use crate::data::{NativeData, wire};
use crate::error::{Result, StateError};

/// The scalars, each at the place of its kind byte.
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

/// The kind bytes of the others.
mod kind {
    pub(super) const OPTION: u8 = 17;
    pub(super) const LIST: u8 = 18;
    pub(super) const SET: u8 = 19;
    pub(super) const MAP: u8 = 20;
    pub(super) const ARRAY: u8 = 21;
    pub(super) const TUPLE: u8 = 22;
    pub(super) const STRUCT: u8 = 23;
    pub(super) const ENUM: u8 = 24;
    pub(super) const OPAQUE: u8 = 25;
    pub(super) const RECURSIVE: u8 = 26;
}

/// The least width of a stored field: an empty name and a scalar.
const FIELD_WIDTH: usize = 2;
/// The least width of a stored variant: an empty name, a tag, no fields.
const VARIANT_WIDTH: usize = 3;

impl Schema {
    /// Appends the tree to `out`.
    ///
    /// # Errors
    /// `Misuse` if the tree is larger than [`MAX_DEPTH`](Self::MAX_DEPTH) or
    /// [`MAX_NODES`](Self::MAX_NODES) allow, names a field, variant or tag twice, or refers to an
    /// enclosing type that is not there.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<()> {
        self.check_size()?;
        write(self, out);
        Ok(())
    }

    /// Takes a tree off the front of `input`.
    ///
    /// # Errors
    /// `Corrupt` if `input` does not begin with one that [`encode`](Self::encode) would write.
    pub fn decode(input: &mut &[u8]) -> Result<Self> {
        let schema = Reader::default().schema(input)?;
        schema.flaw().map_err(flawed)?;
        Ok(schema)
    }
}

fn flawed(flaw: String) -> StateError {
    StateError::corrupt(format!("a schema {flaw}"))
}

fn write(schema: &Schema, out: &mut Vec<u8>) {
    match schema {
        Schema::Option(inner) => write_around(kind::OPTION, inner, out),
        Schema::List(item) => write_around(kind::LIST, item, out),
        Schema::Set(item) => write_around(kind::SET, item, out),
        Schema::Map(key, value) => {
            write_around(kind::MAP, key, out);
            write(value, out);
        }
        Schema::Array(length, item) => {
            out.push(kind::ARRAY);
            wire::write_varint(u64::from(*length), out);
            write(item, out);
        }
        Schema::Tuple(items) => {
            out.push(kind::TUPLE);
            wire::write_count(items.len(), out);
            for item in items {
                write(item, out);
            }
        }
        Schema::Struct { name, fields } => {
            out.push(kind::STRUCT);
            name.encode(out);
            write_fields(fields, out);
        }
        Schema::Enum { name, variants } => {
            out.push(kind::ENUM);
            name.encode(out);
            wire::write_count(variants.len(), out);
            for variant in variants {
                variant.name.encode(out);
                wire::write_tag(variant.tag, out);
                write_fields(&variant.fields, out);
            }
        }
        Schema::Opaque { name, version } => {
            out.push(kind::OPAQUE);
            name.encode(out);
            wire::write_varint(u64::from(*version), out);
        }
        Schema::Recursive(levels) => {
            out.push(kind::RECURSIVE);
            wire::write_varint(u64::from(*levels), out);
        }
        scalar => {
            let kind = SCALARS.iter().position(|candidate| candidate == scalar);
            out.push(kind.unwrap_or_default() as u8);
        }
    }
}

fn write_around(kind: u8, inner: &Schema, out: &mut Vec<u8>) {
    out.push(kind);
    write(inner, out);
}

fn write_fields(fields: &[Field], out: &mut Vec<u8>) {
    wire::write_count(fields.len(), out);
    for field in fields {
        field.name.encode(out);
        write(&field.schema, out);
    }
}

/// Counts what was read, so that no tree grows over its limits before it is refused.
#[derive(Default)]
struct Reader {
    nodes: usize,
    depth: usize,
}

impl Reader {
    fn schema(&mut self, input: &mut &[u8]) -> Result<Schema> {
        self.nodes += 1;
        self.depth += 1;
        check_size(self.nodes, self.depth).map_err(flawed)?;
        let kind = wire::take_byte(input)?;
        let schema = match SCALARS.get(usize::from(kind)) {
            Some(scalar) => scalar.clone(),
            None => self.compound(kind, input)?,
        };
        self.depth -= 1;
        Ok(schema)
    }

    fn compound(&mut self, kind: u8, input: &mut &[u8]) -> Result<Schema> {
        Ok(match kind {
            kind::OPTION => Schema::Option(self.boxed(input)?),
            kind::LIST => Schema::List(self.boxed(input)?),
            kind::SET => Schema::Set(self.boxed(input)?),
            kind::MAP => Schema::Map(self.boxed(input)?, self.boxed(input)?),
            kind::ARRAY => Schema::Array(wire::read_tag(input)?, self.boxed(input)?),
            kind::TUPLE => Schema::Tuple(many(1, input, |input| self.schema(input))?),
            kind::STRUCT => Schema::Struct {
                name: String::decode(input)?,
                fields: self.fields(input)?,
            },
            kind::ENUM => Schema::Enum {
                name: String::decode(input)?,
                variants: many(VARIANT_WIDTH, input, |input| self.variant(input))?,
            },
            kind::OPAQUE => Schema::Opaque {
                name: String::decode(input)?,
                version: wire::read_tag(input)?,
            },
            kind::RECURSIVE => Schema::Recursive(wire::read_tag(input)?),
            _ => return Err(flawed(format!("has the unknown kind {kind}"))),
        })
    }

    fn boxed(&mut self, input: &mut &[u8]) -> Result<Box<Schema>> {
        self.schema(input).map(Box::new)
    }

    fn fields(&mut self, input: &mut &[u8]) -> Result<Vec<Field>> {
        many(FIELD_WIDTH, input, |input| {
            Ok(Field {
                name: String::decode(input)?,
                schema: self.schema(input)?,
            })
        })
    }

    fn variant(&mut self, input: &mut &[u8]) -> Result<Variant> {
        self.nodes += 1;
        check_size(self.nodes, self.depth).map_err(flawed)?;
        Ok(Variant {
            name: String::decode(input)?,
            tag: wire::read_tag(input)?,
            fields: self.fields(input)?,
        })
    }
}

/// Takes a count and as many parts of at least `min_width` bytes.
fn many<T>(
    min_width: usize,
    input: &mut &[u8],
    mut part: impl FnMut(&mut &[u8]) -> Result<T>,
) -> Result<Vec<T>> {
    let count = wire::read_count(input, min_width)?;
    (0..count).map(|_| part(input)).collect()
}
