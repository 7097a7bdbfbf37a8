//! Reading a published checkpoint back.

use alluvium_state_api::{Result, StateError};

use std::collections::BTreeSet;
use std::sync::Arc;

use super::layout;
use crate::files::{
    FilePlace, FileRef, SnapshotFiles, StoredSnapshot, StoredSnapshotOptions, check_metadata_size,
};
use crate::log::{JobId, PublishedCheckpoint};
use crate::metadata::{Metadata, SectionKind};
use crate::storage::Storage;
use crate::subtask::OperatorSnapshot;

/// What an opener of a store finds of the run before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The newest published checkpoint that can be restored.
    pub checkpoint: u64,
    /// Its metadata, as it was published.
    pub metadata: Vec<u8>,
    /// Where its metadata is, for messages.
    pub location: String,
    /// Whether the job has finished: nothing is left to do but what the checkpoint says.
    pub finished: bool,
    /// Newer checkpoints that are damaged, newest first, each with what is wrong.
    pub skipped: Vec<(u64, String)>,
}

/// The metadata of `published`, all of whose files are there.
///
/// # Errors
/// As [`read_metadata`]; `Corrupt` naming the first file that is missing or has another length.
pub(super) fn read_checkpoint(
    storage: &Arc<dyn Storage>,
    job: &JobId,
    published: &PublishedCheckpoint,
    max_metadata: u64,
) -> Result<Vec<u8>> {
    let bytes = read_metadata(&**storage, job, published, max_metadata)?;
    let path = layout::in_job(job, &published.path);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let files = SnapshotFiles::new(Arc::clone(storage), folder)?;
    for file in file_refs(&bytes)? {
        files.open(&file)?;
    }
    Ok(bytes)
}

/// The files that metadata names, each once.
fn file_refs(metadata: &[u8]) -> Result<BTreeSet<FileRef>> {
    let mut files = BTreeSet::new();
    for section in Metadata::parse(metadata)?.sections() {
        if section.kind == SectionKind::OPERATOR {
            files.extend(OperatorSnapshot::decode(section.payload)?.files().cloned());
        }
    }
    Ok(files)
}

/// The shared files among them.
///
/// # Errors
/// `Corrupt` or `Incompatible` if it is no metadata that this version knows.
pub(super) fn shared_files(metadata: &[u8]) -> Result<BTreeSet<FileRef>> {
    let files = file_refs(metadata)?.into_iter();
    Ok(files
        .filter(|file| file.place == FilePlace::Shared)
        .collect())
}

/// Where the files lie, from the root, that `metadata`, that of `checkpoint`, names.
///
/// # Errors
/// `Corrupt` and `Incompatible`.
pub(super) fn paths(job: &JobId, checkpoint: u64, metadata: &[u8]) -> Result<BTreeSet<String>> {
    let own = layout::checkpoint_folder(job, checkpoint);
    let path = |file: FileRef| match file.place {
        FilePlace::Own => format!("{own}/{}", file.name),
        FilePlace::Shared => layout::shared(job, &file.name),
    };
    Ok(file_refs(metadata)?.into_iter().map(path).collect())
}

/// Opens a checkpoint that a job has published; its metadata is checked against what the log says
/// about it. Changes nothing, so it can be done beside a running job.
///
/// # Errors
/// All name the place. `Corrupt` if the metadata is missing, damaged, or not what was published;
/// `Incompatible` if a later version wrote it; `LimitExceeded` if it is longer than the options
/// allow; `Storage`. `Misuse` for options out of range.
pub fn open_published(
    storage: Arc<dyn Storage>,
    job: &JobId,
    published: &PublishedCheckpoint,
    options: StoredSnapshotOptions,
) -> Result<StoredSnapshot> {
    let bytes = read_metadata(&*storage, job, published, options.max_metadata)?;
    let path = layout::in_job(job, &published.path);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    StoredSnapshot::parse(storage, folder, &bytes, options)
}

/// The metadata of `published`, with length and checksum checked against the log.
///
/// # Errors
/// `Corrupt` if it is missing or differs; `LimitExceeded` if it is longer than `max_metadata`;
/// `Storage`.
pub(crate) fn read_metadata(
    storage: &dyn Storage,
    job: &JobId,
    published: &PublishedCheckpoint,
    max_metadata: u64,
) -> Result<Vec<u8>> {
    let path = layout::in_job(job, &published.path);
    let place = storage.locate(&path);
    let expected = published.length;
    check_metadata_size(&place, expected, max_metadata)?;
    let Some(bytes) = storage.read(&path, expected.saturating_add(1))? else {
        return Err(StateError::corrupt(format!(
            "'{place}' of published checkpoint {} is missing",
            published.checkpoint
        )));
    };
    let found = bytes.len() as u64;
    if found != expected {
        let found = if found > expected {
            "more".to_owned()
        } else {
            found.to_string()
        };
        return Err(StateError::corrupt(format!(
            "'{place}': expected {expected} bytes as published, found {found}"
        )));
    }
    let crc = crc32fast::hash(&bytes);
    if crc != published.crc {
        return Err(StateError::corrupt(format!(
            "'{place}': expected the checksum {:#010x} as published over bytes 0 to {expected}, \
             found {crc:#010x}",
            published.crc
        )));
    }
    Ok(bytes)
}
