#![no_main]

use alluvium_checkpoint::{
    CheckpointMetadata, CheckpointPart, CheckpointPartKind, Metadata, SectionKind,
};
use alluvium_fuzz::seal_metadata;
use libfuzzer_sys::fuzz_target;

fn parts<'a>(metadata: &Metadata<'a>) -> Vec<CheckpointPart<&'a [u8]>> {
    let part = |section: alluvium_checkpoint::Section<'a>| {
        let kind = match section.kind {
            SectionKind::SUMMARY => CheckpointPartKind::Summary,
            SectionKind::OPERATOR => CheckpointPartKind::Operator,
            _ => return None,
        };
        Some(CheckpointPart {
            kind,
            bytes: section.payload,
        })
    };
    metadata.sections().filter_map(part).collect()
}

fuzz_target!(|bytes: &[u8]| {
    drop(Metadata::parse(bytes));
    let sealed = seal_metadata(bytes);
    if let Ok(metadata) = Metadata::parse(&sealed)
        && let Ok(checkpoint) = CheckpointMetadata::from_parts(parts(&metadata))
    {
        // The writer also looks into the segments, which the reader leaves to the restore.
        let Ok(again) = checkpoint.to_parts() else {
            return;
        };
        let again = again.iter().map(|part| CheckpointPart {
            kind: part.kind,
            bytes: &*part.bytes,
        });
        let read = CheckpointMetadata::from_parts(again).expect("what was written can be read");
        assert_eq!(read, checkpoint);
    }
});
