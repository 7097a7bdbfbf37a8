//! Reading and writing the small parts that formats are made of.

mod reader;
mod record;
mod writer;

pub(crate) use reader::Reader;
pub(crate) use record::{MUST_UNDERSTAND, read_records, write_record};
pub(crate) use writer::{Put, count, framed_len};
