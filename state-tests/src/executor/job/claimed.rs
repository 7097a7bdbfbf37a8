//! A savepoint that belongs to its job: deleted once newer checkpoints subsume it.
//!
//! Until then every checkpoint of the job notes it, so that a process that goes on from there knows
//! of it too. The note names the root of the checkpoints: in a copy of them, which has another one,
//! it counts for nothing, as the savepoint is the original's.

use super::JobSettings;
use alluvium::Result;
use alluvium::checkpoint::storage::{Location, StorageOptions};
use alluvium::checkpoint::{CheckpointMetadata, dispose};

/// The property of a checkpoint's metadata that holds the note: the number of checkpoints after
/// which the savepoint is deleted, the root, and the savepoint's folder, a line each.
const NOTE: &str = "alluvium.claimed-savepoint";

/// A savepoint that the job has claimed.
pub(super) struct Claimed {
    folder: Location,
    /// Where the checkpoints are kept that note it; `None` in memory.
    root: Option<Location>,
    options: StorageOptions,
    /// After how many more checkpoints it is deleted; at least 1.
    left: u32,
}

impl Claimed {
    /// The savepoint in `folder`, from now on.
    pub(super) fn new(folder: Location, settings: &JobSettings) -> Result<Self> {
        Ok(Self {
            folder,
            root: root(settings)?,
            options: settings.storage.clone(),
            left: settings.checkpoints.num_retained.max(1),
        })
    }

    /// The one that a checkpoint of the job notes. What is no note of this job is passed over.
    pub(super) fn noted(
        metadata: &CheckpointMetadata,
        settings: &JobSettings,
    ) -> Result<Option<Self>> {
        let Some(note) = metadata.properties.get(NOTE) else {
            return Ok(None);
        };
        let root = root(settings)?;
        let read = || {
            let mut lines = std::str::from_utf8(note).ok()?.split('\n');
            let (left, noted, folder) = (lines.next()?, lines.next()?, lines.next()?);
            let ours = root.as_ref().is_some_and(|root| root.as_str() == noted);
            let left: u32 = left.parse().ok()?;
            let folder = Location::new(folder).ok()?;
            ours.then_some((left, folder))
        };
        let Some((left, folder)) = read() else {
            tracing::warn!(
                checkpoint = %metadata.checkpoint,
                "the claimed savepoint that the checkpoint notes is not of this checkpoint \
                 directory, and is left alone"
            );
            return Ok(None);
        };
        Ok(Some(Self {
            folder,
            root,
            options: settings.storage.clone(),
            left: left.max(1),
        }))
    }

    /// Notes it in a checkpoint that is about to be published.
    pub(super) fn note(&self, metadata: &mut CheckpointMetadata) {
        let Some(root) = &self.root else { return };
        let (left, folder) = (self.left - 1, &self.folder);
        // A path that is no text, or of several lines, cannot be noted.
        let is_line = |place: &Location| Location::parse(place.as_str()).as_ref() == Ok(place);
        if is_line(root) && is_line(folder) {
            let note = format!("{left}\n{root}\n{folder}");
            metadata
                .properties
                .insert(NOTE.to_owned(), note.into_bytes());
        }
    }

    /// A checkpoint is complete; what is left of the claim.
    pub(super) fn completed(mut self) -> Option<Self> {
        self.left -= 1;
        if self.left > 0 {
            return Some(self);
        }
        if let Err(error) = dispose(&self.folder, &self.options) {
            tracing::warn!(%error, "a claimed savepoint could not be deleted");
        }
        None
    }
}

fn root(settings: &JobSettings) -> Result<Option<Location>> {
    settings
        .checkpoint_dir()?
        .map(Location::absolute)
        .transpose()
}
