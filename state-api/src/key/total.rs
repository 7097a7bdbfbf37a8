//! Floats that can be keys.

use super::{OrderedKey, hash};
use crate::data::NativeData;
use crate::error::Result;
use crate::schema::{Schema, SchemaBuilder};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

macro_rules! total {
    ($(#[$doc:meta] $name:ident: $float:ident as $bits:ident, $signed:ident, $schema:ident, $hash:path;)*) => {$(
        #[$doc]
        ///
        /// Equal if the bits are: −0 and 0 are two keys, and so are NaNs with different payloads.
        /// Ordered by IEEE 754's total order, as `total_cmp`.
        #[derive(Clone, Copy, Default)]
        pub struct $name(pub $float);

        impl $name {
            /// Changes the bits so that they sort as unsigned numbers: all of a negative number's,
            /// only the sign of another's.
            #[inline]
            const fn sortable(self) -> $bits {
                let bits = self.0.to_bits();
                let sign = (bits as $signed >> ($bits::BITS - 1)) as $bits;
                bits ^ (sign | 1 << ($bits::BITS - 1))
            }

            /// Undoes [`sortable`](Self::sortable).
            #[inline]
            const fn from_sortable(sortable: $bits) -> Self {
                let sign = (!sortable as $signed >> ($bits::BITS - 1)) as $bits;
                Self($float::from_bits(sortable ^ (sign | 1 << ($bits::BITS - 1))))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.to_bits() == other.0.to_bits()
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                self.0.total_cmp(&other.0)
            }
        }

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.to_bits().hash(state);
            }
        }

        impl From<$float> for $name {
            fn from(value: $float) -> Self {
                Self(value)
            }
        }

        impl From<$name> for $float {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl NativeData for $name {
            const MIN_WIDTH: usize = $float::MIN_WIDTH;
            const NESTS: bool = false;

            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                self.0.encode(out);
            }

            #[inline]
            fn decode(input: &mut &[u8]) -> Result<Self> {
                $float::decode(input).map(Self)
            }

            fn schema(schemas: &mut SchemaBuilder) -> Schema {
                $float::schema(schemas)
            }
        }

        impl OrderedKey for $name {
            #[inline]
            fn encode_key(&self, out: &mut Vec<u8>) {
                self.sortable().encode_key(out);
            }

            #[inline]
            fn decode_key(input: &mut &[u8]) -> Result<Self> {
                $bits::decode_key(input).map(Self::from_sortable)
            }

            /// As in Java, where all NaNs are one.
            #[inline]
            fn key_hash(&self) -> i32 {
                $hash(self.0)
            }

            fn key_schema(_: &mut SchemaBuilder) -> Schema {
                Schema::$schema
            }
        }
    )*};
}

total! {
    /// An `f32` with a total order, so that it can be a key.
    TotalF32: f32 as u32, i32, F32, hash::of_float;
    /// An `f64` with a total order, so that it can be a key.
    TotalF64: f64 as u64, i64, F64, hash::of_double;
}
