//! Copying the files of a snapshot.

use crate::files::{FilePlace, FileRef, SnapshotFiles, SnapshotFolder};
use crate::segment::SegmentOutput;
use crate::subtask::{CheckpointMetadata, KeyedSegment};
use alluvium_state_api::Result;
use std::collections::BTreeMap;

/// Copies all files that `metadata` names from `files` into `folder`, where each is its own;
/// returns the metadata that names the copies. Every byte is checked on the way.
///
/// # Errors
/// `Corrupt` if a file is missing or damaged; `Storage`. What was written goes with `folder`.
pub fn copy_into(
    metadata: &CheckpointMetadata,
    files: &SnapshotFiles,
    folder: &SnapshotFolder,
) -> Result<CheckpointMetadata> {
    let mut copied = metadata.clone();
    // One that several subtasks name is copied once.
    let mut known: BTreeMap<FileRef, FileRef> = BTreeMap::new();
    let mut copy = |file: &mut FileRef| -> Result<()> {
        let copy = match known.get(file) {
            Some(copy) => copy.clone(),
            None => {
                let copy = copy_file(file, files, folder)?;
                known.insert(file.clone(), copy.clone());
                copy
            }
        };
        *file = copy;
        Ok(())
    };
    let operators = copied.operators.iter_mut();
    for subtask in operators.flat_map(|operator| &mut operator.subtasks) {
        let layers = subtask.keyed.iter_mut().flat_map(|chain| &mut chain.layers);
        for layer in layers {
            if let KeyedSegment::File(file) = layer {
                copy(file)?;
            }
        }
        if let Some(file) = &mut subtask.rest {
            copy(file)?;
        }
    }
    Ok(copied)
}

fn copy_file(file: &FileRef, files: &SnapshotFiles, folder: &SnapshotFolder) -> Result<FileRef> {
    let mut output = folder.create(FilePlace::Own)?;
    files.scan(file, |part| output.append(part))?;
    output.finish()
}
