//! The contract of Alluvium: what stream engines, backends and user functions agree on.
//!
//! No threads and no I/O happen here. The map:
//!
//! | module | what it holds |
//! |---|---|
//! | `error` | [`StateError`] and its kinds |
//! | `group` | key groups, their ranges, max parallelism |
//! | `data`, `schema` | values, codecs, and the schema trees stored with them |
//! | `key` | keys: order-preserving encodings and hashes that are fixed forever |
//! | `state` | descriptors and handles of keyed state |
//! | `backend` | what a backend author implements |
//! | `scope` | what users call: the state of one key |
//! | `snapshot` | freeze, write, restore: jobs, sinks and sources |
//! | `operator` | operator state and its redistribution |
//! | `raw` | raw keyed and raw operator state |
//! | `function` | functions with state |

#![forbid(unsafe_code)]

mod data;
mod error;
mod group;
mod key;
mod schema;

pub use data::{Codec, CodecRef, NativeCodec, NativeData, StateData, decode_exact};
pub use error::{ErrorKind, Result, StateError};
pub use group::{KeyGroup, KeyGroupRange, KeyGroups, MaxParallelism};
pub use key::{OrderedKey, decode_key_exact, murmur_int, murmur3_32};
pub use schema::{Field, Schema, SchemaBuilder, Variant};
