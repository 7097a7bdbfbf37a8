//! Types of the standard library that are structs and enums to a schema.

use super::{NativeData, wire};
use crate::error::{Result, StateError};
use crate::schema::{Field, Schema, SchemaBuilder, Variant};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

impl NativeData for Duration {
    const MIN_WIDTH: usize = 12;
    const NESTS: bool = false;

    #[inline]
    fn encode(&self, out: &mut Vec<u8>) {
        self.as_secs().encode(out);
        self.subsec_nanos().encode(out);
    }

    #[inline]
    fn decode(input: &mut &[u8]) -> Result<Self> {
        let (seconds, nanos) = <(u64, u32)>::decode(input)?;
        duration_of(seconds, nanos)
    }

    fn schema(schemas: &mut SchemaBuilder) -> Schema {
        schemas.named::<Self>(|schemas| Schema::Struct {
            name: "Duration".into(),
            fields: vec![
                Field {
                    name: "secs".into(),
                    schema: u64::schema(schemas),
                },
                Field {
                    name: "nanos".into(),
                    schema: u32::schema(schemas),
                },
            ],
        })
    }
}

/// The duration with these parts.
pub(crate) fn duration_of(seconds: u64, nanos: u32) -> Result<Duration> {
    if nanos >= 1_000_000_000 {
        return Err(StateError::corrupt(format!(
            "{nanos} nanoseconds of a duration are a second or more"
        )));
    }
    Ok(Duration::new(seconds, nanos))
}

macro_rules! address {
    ($($type:ident: $width:literal,)*) => {$(
        impl NativeData for $type {
            const MIN_WIDTH: usize = $width;
            const NESTS: bool = false;

            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                self.octets().encode(out);
            }

            #[inline]
            fn decode(input: &mut &[u8]) -> Result<Self> {
                wire::take::<$width>(input).map(Self::from)
            }

            fn schema(schemas: &mut SchemaBuilder) -> Schema {
                schemas.named::<Self>(|schemas| Schema::Struct {
                    name: stringify!($type).into(),
                    fields: vec![Field {
                        name: "octets".into(),
                        schema: <[u8; $width]>::schema(schemas),
                    }],
                })
            }
        }
    )*};
}

address! {
    Ipv4Addr: 4,
    Ipv6Addr: 16,
}

impl NativeData for IpAddr {
    const MIN_WIDTH: usize = 1;
    const NESTS: bool = false;

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::V4(address) => {
                wire::write_tag(0, out);
                address.encode(out);
            }
            Self::V6(address) => {
                wire::write_tag(1, out);
                address.encode(out);
            }
        }
    }

    fn decode(input: &mut &[u8]) -> Result<Self> {
        match wire::read_tag(input)? {
            0 => Ipv4Addr::decode(input).map(Self::V4),
            1 => Ipv6Addr::decode(input).map(Self::V6),
            tag => Err(wire::unknown_variant("IpAddr", tag)),
        }
    }

    fn schema(schemas: &mut SchemaBuilder) -> Schema {
        schemas.named::<Self>(|schemas| {
            let mut variant = |name: &str, tag, schema: fn(&mut SchemaBuilder) -> Schema| Variant {
                name: name.into(),
                tag,
                fields: vec![Field {
                    name: "0".into(),
                    schema: schema(schemas),
                }],
            };
            Schema::Enum {
                name: "IpAddr".into(),
                variants: vec![
                    variant("V4", 0, Ipv4Addr::schema),
                    variant("V6", 1, Ipv6Addr::schema),
                ],
            }
        })
    }
}
