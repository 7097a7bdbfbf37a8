//! The metadata of a checkpoint, put into the envelope and taken out of it.

use alluvium_state_api::Result;

use super::{Metadata, MetadataWriter, SectionKind};
use crate::subtask::{CheckpointMetadata, CheckpointPart, CheckpointPartKind};

impl CheckpointMetadata {
    /// The bytes of `_metadata`.
    ///
    /// # Errors
    /// As [`to_parts`](Self::to_parts).
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut writer = MetadataWriter::new();
        for part in self.to_parts()? {
            writer.section(part.kind.into(), &part.bytes);
        }
        Ok(writer.finish())
    }

    /// Reads the bytes of a `_metadata` back.
    ///
    /// # Errors
    /// As [`Metadata::parse`] and [`from_parts`](Self::from_parts).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let metadata = Metadata::parse(bytes)?;
        Self::from_parts(metadata.sections().filter_map(|section| {
            let kind = part_kind(section.kind)?;
            let bytes = section.payload;
            Some(CheckpointPart { kind, bytes })
        }))
    }
}

fn part_kind(section: SectionKind) -> Option<CheckpointPartKind> {
    [CheckpointPartKind::Summary, CheckpointPartKind::Operator]
        .into_iter()
        .find(|&part| SectionKind::from(part) == section)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alluvium_state_api::{CheckpointId, ErrorKind};

    #[test]
    fn a_checkpoint_comes_back_from_its_bytes() {
        let mut checkpoint = CheckpointMetadata::new(CheckpointId(7), 1234, "job-1", "flights");
        checkpoint.is_final = true;
        checkpoint
            .properties
            .insert("offsets".to_owned(), vec![1, 2, 3]);
        let bytes = checkpoint.to_bytes().unwrap();
        assert_eq!(CheckpointMetadata::from_bytes(&bytes).unwrap(), checkpoint);
    }

    #[test]
    fn an_envelope_without_a_summary_is_no_checkpoint() {
        let bytes = MetadataWriter::new().finish();
        let error = CheckpointMetadata::from_bytes(&bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
    }
}
