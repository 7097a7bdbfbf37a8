//! Integers of all widths.

use super::DynamicValue;
use super::layout::Layout;
use super::misfit::Misfit;
use crate::error::Result;
use crate::key::OrderedKey;
use std::fmt;

/// The type of an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Integer {
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
}

/// Runs `$body` with `$type` as the type that `$integer` stands for.
macro_rules! with_type {
    ($integer:expr, $type:ident => $body:expr) => {
        match $integer {
            Integer::I8 => {
                type $type = i8;
                $body
            }
            Integer::I16 => {
                type $type = i16;
                $body
            }
            Integer::I32 => {
                type $type = i32;
                $body
            }
            Integer::I64 => {
                type $type = i64;
                $body
            }
            Integer::I128 => {
                type $type = i128;
                $body
            }
            Integer::U8 => {
                type $type = u8;
                $body
            }
            Integer::U16 => {
                type $type = u16;
                $body
            }
            Integer::U32 => {
                type $type = u32;
                $body
            }
            Integer::U64 => {
                type $type = u64;
                $body
            }
            Integer::U128 => {
                type $type = u128;
                $body
            }
        }
    };
}

impl Integer {
    pub(super) fn take<L: Layout>(self, input: &mut &[u8]) -> Result<DynamicValue> {
        with_type!(self, T => L::take::<T>(input).map(DynamicValue::from))
    }

    pub(super) fn put<L: Layout>(
        self,
        value: &DynamicValue,
        out: &mut Vec<u8>,
    ) -> Result<(), Misfit> {
        with_type!(self, T => L::put::<T>(&self.typed::<T>(value)?, out));
        Ok(())
    }

    /// The hash of a key that is this integer.
    pub(super) fn key_hash(self, value: &DynamicValue) -> Result<i32, Misfit> {
        with_type!(self, T => self.typed::<T>(value).map(|value| value.key_hash()))
    }

    /// The value that `text` stands for in decimal; `None` if it is not an integer of this type.
    #[cfg(feature = "json")]
    pub(super) fn parse(self, text: &str) -> Option<DynamicValue> {
        with_type!(self, T => text.parse::<T>().ok().map(DynamicValue::from))
    }

    /// The name of the type and what it can hold.
    #[cfg(feature = "json")]
    pub(super) fn range(self) -> String {
        with_type!(self, T => format!("{self} ({} to {})", T::MIN, T::MAX))
    }

    fn typed<T: TryFrom<i128> + TryFrom<u128>>(self, value: &DynamicValue) -> Result<T, Misfit> {
        let typed = match value {
            DynamicValue::Signed(number) => T::try_from(*number).ok(),
            DynamicValue::Unsigned(number) => T::try_from(*number).ok(),
            other => return Err(Misfit::kind(self, other)),
        };
        typed.ok_or_else(|| Misfit::new(format!("expected {self}, found {value}")))
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
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
        })
    }
}
