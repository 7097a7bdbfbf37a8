//! Integers of all widths.

use super::DynamicValue;
use super::layout::Layout;
use super::misfit::Misfit;
use crate::error::Result;
use crate::key::OrderedKey;
use std::fmt;

/// Makes the type of integers, of names and the types that they stand for, and what depends on that
/// type alone.
macro_rules! integers {
    ($($name:ident is $type:ident),*) => {
        /// The type of an integer.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Integer {
            $($name),*
        }

        impl Integer {
            pub(super) fn take<L: Layout>(self, input: &mut &[u8]) -> Result<DynamicValue> {
                match self {
                    $(Self::$name => L::take::<$type>(input).map(DynamicValue::from),)*
                }
            }

            pub(super) fn put<L: Layout>(
                self,
                value: &DynamicValue,
                out: &mut Vec<u8>,
            ) -> Result<(), Misfit> {
                match self {
                    $(Self::$name => L::put::<$type>(&self.typed(value)?, out),)*
                }
                Ok(())
            }

            /// The hash of a key that is this integer.
            pub(super) fn key_hash(self, value: &DynamicValue) -> Result<i32, Misfit> {
                match self {
                    $(Self::$name => self.typed::<$type>(value).map(|value| value.key_hash()),)*
                }
            }

            /// The value that `text` stands for in decimal; `None` if it is not an integer of this
            /// type.
            #[cfg(feature = "json")]
            pub(super) fn parse(self, text: &str) -> Option<DynamicValue> {
                match self {
                    $(Self::$name => text.parse::<$type>().ok().map(DynamicValue::from),)*
                }
            }

            /// The name of the type and what it can hold.
            #[cfg(feature = "json")]
            pub(super) fn range(self) -> String {
                match self {
                    $(Self::$name => format!("{self} ({} to {})", $type::MIN, $type::MAX),)*
                }
            }
        }

        impl fmt::Display for Integer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => stringify!($type),)*
                })
            }
        }
    };
}

integers! {
    I8 is i8, I16 is i16, I32 is i32, I64 is i64, I128 is i128,
    U8 is u8, U16 is u16, U32 is u32, U64 is u64, U128 is u128
}

impl Integer {
    fn typed<T: TryFrom<i128> + TryFrom<u128>>(self, value: &DynamicValue) -> Result<T, Misfit> {
        let typed = match value {
            DynamicValue::Signed(number) => T::try_from(*number).ok(),
            DynamicValue::Unsigned(number) => T::try_from(*number).ok(),
            other => return Err(Misfit::kind(self, other)),
        };
        typed.ok_or_else(|| Misfit::new(format!("expected {self}, found {value}")))
    }
}
