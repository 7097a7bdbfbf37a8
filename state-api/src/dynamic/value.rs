//! Anything that can be stored.

use crate::key::{TotalF32, TotalF64};

/// A value, key, namespace or user key whose type is known by its schema only.
///
/// It holds data and no names: those stand in the [`DynamicType`](super::DynamicType) that it was
/// decoded with, and that [shows](super::DynamicType::show) it with them.
///
/// Values of one type are ordered as the typed keys are. Sets and maps keep the order in which they
/// are stored, so that encoding gives the very same bytes; [`sort`](Self::sort) puts their entries
/// into order before two are compared that come from different writers.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DynamicValue {
    /// Nothing: `()`.
    Unit,
    /// A truth value.
    Bool(bool),
    /// A signed integer of any width.
    Signed(i128),
    /// An unsigned integer of any width.
    Unsigned(u128),
    /// A 32-bit float, bits kept.
    F32(TotalF32),
    /// A 64-bit float, bits kept.
    F64(TotalF64),
    /// A Unicode scalar value.
    Char(char),
    /// Text.
    String(String),
    /// Bytes: of any number, or an array of them.
    Bytes(Vec<u8>),
    /// Something or nothing.
    Option(Option<Box<DynamicValue>>),
    /// Elements in order: a list, or an array of anything but bytes.
    List(Vec<DynamicValue>),
    /// Distinct elements.
    Set(Vec<DynamicValue>),
    /// Distinct keys with a value each.
    Map(Vec<(DynamicValue, DynamicValue)>),
    /// The parts of a tuple.
    Tuple(Vec<DynamicValue>),
    /// The fields of a struct, in declaration order.
    Struct(Vec<DynamicValue>),
    /// A variant of an enum.
    Enum {
        /// The number that stands for the variant.
        tag: u32,
        /// Its fields, in declaration order.
        fields: Vec<DynamicValue>,
    },
    /// Bytes that a schema cannot look into.
    Opaque(Vec<u8>),
}

impl DynamicValue {
    /// Puts the entries of all sets and maps in it into order.
    pub fn sort(&mut self) {
        match self {
            Self::Option(Some(inner)) => inner.sort(),
            Self::List(items)
            | Self::Tuple(items)
            | Self::Struct(items)
            | Self::Enum { fields: items, .. } => items.iter_mut().for_each(Self::sort),
            Self::Set(items) => {
                items.iter_mut().for_each(Self::sort);
                items.sort();
            }
            Self::Map(entries) => {
                for (key, value) in entries.iter_mut() {
                    key.sort();
                    value.sort();
                }
                entries.sort();
            }
            _ => {}
        }
    }

    /// What a message calls this kind of value.
    pub(super) const fn noun(&self) -> &'static str {
        match self {
            Self::Unit => "nothing",
            Self::Bool(_) => "a bool",
            Self::Signed(_) | Self::Unsigned(_) => "an integer",
            Self::F32(_) => "an f32",
            Self::F64(_) => "an f64",
            Self::Char(_) => "a char",
            Self::String(_) => "a string",
            Self::Bytes(_) => "bytes",
            Self::Option(_) => "an option",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Tuple(_) => "a tuple",
            Self::Struct(_) => "a struct",
            Self::Enum { .. } => "an enum",
            Self::Opaque(_) => "opaque bytes",
        }
    }
}

macro_rules! from {
    ($($type:ty => |$value:ident| $made:expr,)*) => {$(
        impl From<$type> for DynamicValue {
            fn from($value: $type) -> Self {
                $made
            }
        }
    )*};
}

from! {
    () => |_nothing| Self::Unit,
    bool => |value| Self::Bool(value),
    i8 => |value| Self::Signed(value.into()),
    i16 => |value| Self::Signed(value.into()),
    i32 => |value| Self::Signed(value.into()),
    i64 => |value| Self::Signed(value.into()),
    i128 => |value| Self::Signed(value),
    u8 => |value| Self::Unsigned(value.into()),
    u16 => |value| Self::Unsigned(value.into()),
    u32 => |value| Self::Unsigned(value.into()),
    u64 => |value| Self::Unsigned(value.into()),
    u128 => |value| Self::Unsigned(value),
    f32 => |value| Self::F32(TotalF32(value)),
    f64 => |value| Self::F64(TotalF64(value)),
    char => |value| Self::Char(value),
    &str => |value| Self::String(value.to_owned()),
    String => |value| Self::String(value),
    Vec<u8> => |value| Self::Bytes(value),
}
