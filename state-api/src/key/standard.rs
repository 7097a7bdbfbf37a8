//! Types of the standard library whose value encoding already sorts, or nearly so.

use super::OrderedKey;
use crate::data::{NativeData, standard};
use crate::error::Result;
use crate::schema::{Schema, SchemaBuilder};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

macro_rules! same_as_value {
    ($($type:ty,)*) => {$(
        /// The octets, or the tag and the octets, which sort as they stand.
        impl OrderedKey for $type {
            fn encode_key(&self, out: &mut Vec<u8>) {
                self.encode(out);
            }

            fn decode_key(input: &mut &[u8]) -> Result<Self> {
                Self::decode(input)
            }

            fn key_schema(schemas: &mut SchemaBuilder) -> Schema {
                Self::schema(schemas)
            }
        }
    )*};
}

same_as_value! {
    Ipv4Addr,
    Ipv6Addr,
    IpAddr,
}

impl OrderedKey for Duration {
    fn encode_key(&self, out: &mut Vec<u8>) {
        (self.as_secs(), self.subsec_nanos()).encode_key(out);
    }

    fn decode_key(input: &mut &[u8]) -> Result<Self> {
        let (seconds, nanos) = <(u64, u32)>::decode_key(input)?;
        standard::duration_of(seconds, nanos)
    }

    fn key_schema(schemas: &mut SchemaBuilder) -> Schema {
        Self::schema(schemas)
    }
}
