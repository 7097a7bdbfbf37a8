//! Reading a published checkpoint back.

use alluvium_state_api::{Result, StateError};

use super::layout;
use super::options::MAX_METADATA;
use crate::log::{JobId, PublishedCheckpoint};
use crate::storage::Storage;

/// What an opener of a store finds of the run before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The newest published checkpoint.
    pub checkpoint: u64,
    /// Its metadata, as it was published.
    pub metadata: Vec<u8>,
    /// Where its metadata is, for messages.
    pub location: String,
    /// Whether the job has finished: nothing is left to do but what the checkpoint says.
    pub finished: bool,
}

/// The metadata of `published`, with length and checksum checked against the log.
///
/// # Errors
/// `Corrupt` if it is missing or differs; `LimitExceeded` if it is longer than `max_metadata`;
/// `Storage`.
pub(super) fn read_metadata(
    storage: &dyn Storage,
    job: &JobId,
    published: &PublishedCheckpoint,
    max_metadata: u64,
) -> Result<Vec<u8>> {
    let path = layout::in_job(job, &published.path);
    let place = storage.locate(&path);
    let expected = published.length;
    if expected > max_metadata {
        let what = format!("the metadata '{place}'");
        return Err(StateError::limit(
            what,
            expected,
            max_metadata,
            MAX_METADATA,
        ));
    }
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
