//! The envelope of `_metadata`: typed sections between a head and an end mark.
//!
//! The envelope knows where each section ends and whether its bytes are those that were written;
//! what they mean is the affair of whoever wrote them. A section whose kind is not known is passed
//! over, unless its kind says that it must be understood. The layout stands in
//! `docs/format/metadata.md`.

mod checkpoint;
mod kind;
mod reader;
mod writer;

pub use kind::SectionKind;
/// What the file with the metadata of a snapshot is called.
pub(crate) const METADATA: &str = "_metadata";

pub use reader::{Metadata, Section};
pub use writer::MetadataWriter;

const MAGIC: [u8; 4] = *b"ALVM";
const VERSION: u16 = 1;
/// Magic, version, reserved.
const HEAD: usize = 8;
/// Kind, reserved, checksum, length: before a section's payload, and as the end mark.
const SECTION_HEAD: usize = 16;

/// The checksum of a section, over all of its head but the checksum, and its payload.
fn section_crc(kind: SectionKind, reserved: u16, length: u64, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&kind.0.to_le_bytes());
    hasher.update(&reserved.to_le_bytes());
    hasher.update(&length.to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

#[cfg(test)]
mod tests;
