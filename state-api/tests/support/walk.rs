//! Takes an encoding apart by its schema alone.

use alluvium_state_api::{Field, Result, Schema, StateError, wire};

/// Takes one encoding of the type that `schema` describes off the front of `input`.
pub(crate) fn skip(schema: &Schema, input: &mut &[u8]) -> Result<()> {
    Walker(Vec::new()).skip(schema, input)
}

/// Holds the named types around the place being read, the outermost first.
struct Walker<'a>(Vec<&'a Schema>);

impl<'a> Walker<'a> {
    fn skip(&mut self, schema: &'a Schema, input: &mut &[u8]) -> Result<()> {
        match schema {
            Schema::Unit => Ok(()),
            Schema::Bool | Schema::I8 | Schema::U8 => take(1, input),
            Schema::I16 | Schema::U16 => take(2, input),
            Schema::I32 | Schema::U32 | Schema::F32 | Schema::Char => take(4, input),
            Schema::I64 | Schema::U64 | Schema::F64 => take(8, input),
            Schema::I128 | Schema::U128 => take(16, input),
            Schema::String | Schema::Bytes => {
                let length = wire::read_count(input, 1)?;
                take(length, input)
            }
            Schema::Option(inner) => match wire::take_byte(input)? {
                0 => Ok(()),
                _ => self.skip(inner, input),
            },
            Schema::List(item) | Schema::Set(item) => self.elements(&[&**item], input),
            Schema::Map(key, value) => self.elements(&[&**key, &**value], input),
            Schema::Array(length, item) => (0..*length).try_for_each(|_| self.skip(item, input)),
            Schema::Tuple(items) => items.iter().try_for_each(|item| self.skip(item, input)),
            Schema::Struct { fields, .. } => self.named(schema, fields, input),
            Schema::Enum { variants, .. } => {
                let tag = wire::read_tag(input)?;
                match variants.iter().find(|variant| variant.tag == tag) {
                    Some(variant) => self.named(schema, &variant.fields, input),
                    None => Err(StateError::corrupt("unknown tag")),
                }
            }
            Schema::Recursive(levels) => {
                let at = self.0.len().checked_sub(1 + *levels as usize);
                let inside = self.0.split_off(at.unwrap_or(0));
                let skipped = match inside.first() {
                    Some(outer) => self.skip(outer, input),
                    None => Err(StateError::corrupt("no such enclosing type")),
                };
                self.0.extend(inside);
                skipped
            }
            other => panic!("{other} is not walked"),
        }
    }

    fn named(&mut self, outer: &'a Schema, fields: &'a [Field], input: &mut &[u8]) -> Result<()> {
        self.0.push(outer);
        let skipped = fields
            .iter()
            .try_for_each(|field| self.skip(&field.schema, input));
        self.0.pop();
        skipped
    }

    fn elements(&mut self, parts: &[&'a Schema], input: &mut &[u8]) -> Result<()> {
        for _ in 0..wire::read_count(input, 1)? {
            let before = input.len();
            for part in parts {
                self.skip(part, input)?;
            }
            if input.len() == before {
                take(1, input)?;
            }
        }
        Ok(())
    }
}

fn take(length: usize, input: &mut &[u8]) -> Result<()> {
    wire::take_slice(input, length).map(drop)
}
