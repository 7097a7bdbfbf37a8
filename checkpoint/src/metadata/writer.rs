//! Writing the envelope.

use super::{HEAD, MAGIC, SECTION_HEAD, SectionKind, VERSION, section_crc};

/// Puts sections together into the bytes of a `_metadata`.
#[derive(Clone, Debug)]
pub struct MetadataWriter {
    bytes: Vec<u8>,
}

impl Default for MetadataWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl MetadataWriter {
    /// Metadata without sections.
    pub fn new() -> Self {
        let mut bytes = Vec::with_capacity(HEAD + SECTION_HEAD);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&0_u16.to_le_bytes());
        Self { bytes }
    }

    /// Adds a section behind those that are there; a kind may come more than once.
    pub fn section(&mut self, kind: SectionKind, payload: &[u8]) {
        let length = payload.len() as u64;
        let crc = section_crc(kind, 0, length, payload);
        self.bytes.reserve(SECTION_HEAD + payload.len());
        self.head(kind, crc, length);
        self.bytes.extend_from_slice(payload);
    }

    /// How many bytes [`finish`](Self::finish) will return.
    pub fn size(&self) -> u64 {
        (self.bytes.len() + SECTION_HEAD) as u64
    }

    /// The whole, closed by the end mark.
    pub fn finish(mut self) -> Vec<u8> {
        let crc = crc32fast::hash(&self.bytes);
        let size = self.size();
        self.head(SectionKind::END, crc, size);
        self.bytes
    }

    fn head(&mut self, kind: SectionKind, crc: u32, length: u64) {
        self.bytes.extend_from_slice(&kind.0.to_le_bytes());
        self.bytes.extend_from_slice(&0_u16.to_le_bytes());
        self.bytes.extend_from_slice(&crc.to_le_bytes());
        self.bytes.extend_from_slice(&length.to_le_bytes());
    }
}
