//! Reading and writing the small parts that formats are made of.

mod reader;
mod record;
mod schema;
mod writer;

pub(crate) use reader::Reader;
pub(crate) use record::{MUST_UNDERSTAND, read_records};
pub(crate) use schema::{read_schema, write_schema};
pub(crate) use writer::{framed_len, write_framed, write_varint};
