//! Schemas as people read them in error messages.

use super::Schema;
use std::fmt;

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.scalar_name() {
            return f.write_str(name);
        }
        match self {
            Self::Option(inner) => write!(f, "option<{inner}>"),
            Self::List(item) => write!(f, "list<{item}>"),
            Self::Set(item) => write!(f, "set<{item}>"),
            Self::Map(key, value) => write!(f, "map<{key}, {value}>"),
            Self::Array(length, item) => write!(f, "[{item}; {length}]"),
            Self::Tuple(items) => {
                f.write_str("(")?;
                for (index, item) in items.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{item}")?;
                }
                f.write_str(")")
            }
            Self::Struct { name, .. } => write!(f, "struct {name}"),
            Self::Enum { name, .. } => write!(f, "enum {name}"),
            Self::Opaque { name, version } => write!(f, "'{name}' version {version}"),
            Self::Recursive(levels) => write!(f, "enclosing type {levels}"),
            _ => f.write_str("unnamed scalar"),
        }
    }
}

impl Schema {
    /// The name of a schema without parts.
    fn scalar_name(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unit => "()",
            Self::Bool => "bool",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::I128 => "i128",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::U128 => "u128",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Char => "char",
            Self::String => "string",
            Self::Bytes => "bytes",
            _ => return None,
        })
    }
}
