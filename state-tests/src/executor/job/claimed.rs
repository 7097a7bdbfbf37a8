//! Savepoints that belong to their job: deleted once newer checkpoints subsume them.
//!
//! Until then every checkpoint of the job notes them, so that a process that goes on from there
//! knows of them too. The note names the root of the checkpoints: in a copy of them, which has
//! another one, it counts for nothing, as the savepoints are the original's.

use super::JobSettings;
use alluvium::Result;
use alluvium::checkpoint::storage::{Location, StorageOptions};
use alluvium::checkpoint::{CheckpointMetadata, StoredSnapshotOptions, dispose};

/// The property of a checkpoint's metadata that holds the notes. Each is the number of checkpoints
/// after which the savepoint is deleted, the root, and the savepoint's folder, a line each.
const NOTE: &str = "alluvium.claimed-savepoint";

/// How many are noted: each needs a start from a savepoint before the last one was subsumed.
const MOST: usize = 64;

/// A savepoint that the job has claimed.
pub(super) struct Claimed {
    folder: Location,
    /// Where the checkpoints are kept that note it; `None` in memory.
    root: Option<Location>,
    store: StorageOptions,
    options: StoredSnapshotOptions,
    /// After how many more checkpoints it is deleted; at least 1.
    left: u32,
}

impl Claimed {
    /// The savepoint in `folder`, from now on.
    pub(super) fn new(folder: Location, settings: &JobSettings) -> Result<Self> {
        Ok(Self {
            folder,
            root: settings.checkpoint_root()?,
            store: settings.storage.clone(),
            options: settings.store.snapshot_options(),
            left: settings.checkpoints.num_retained.max(1),
        })
    }

    /// Those that a checkpoint of the job notes. What is no note of this job is passed over.
    pub(super) fn noted(
        metadata: &CheckpointMetadata,
        settings: &JobSettings,
    ) -> Result<Vec<Self>> {
        let Some(notes) = metadata.properties.get(NOTE) else {
            return Ok(Vec::new());
        };
        let root = settings.checkpoint_root()?;
        let lines: Vec<&str> = std::str::from_utf8(notes)
            .map(|notes| notes.split('\n').collect())
            .unwrap_or_default();
        let mut claimed = Vec::new();
        for note in lines.chunks(3).take(MOST) {
            let Some((left, folder)) = read(note, root.as_ref()) else {
                tracing::warn!(
                    checkpoint = %metadata.checkpoint,
                    "a claimed savepoint that the checkpoint notes is not of this checkpoint \
                     directory, and is left alone"
                );
                continue;
            };
            claimed.push(Self {
                folder,
                root: root.clone(),
                store: settings.storage.clone(),
                options: settings.store.snapshot_options(),
                left,
            });
        }
        Ok(claimed)
    }

    /// Whether it is the savepoint in this folder.
    pub(super) fn is_in(&self, folder: &Location) -> bool {
        self.folder == *folder
    }

    /// Notes these in a checkpoint that is about to be published.
    pub(super) fn note(claimed: &[Self], metadata: &mut CheckpointMetadata) {
        let notes = claimed.iter().filter_map(|claimed| {
            let (left, folder) = (claimed.left - 1, &claimed.folder);
            let (root, folder) = (line(claimed.root.as_ref()?)?, line(folder)?);
            Some(format!("{left}\n{root}\n{folder}"))
        });
        let notes: Vec<String> = notes.take(MOST).collect();
        if !notes.is_empty() {
            let notes = notes.join("\n").into_bytes();
            metadata.properties.insert(NOTE.to_owned(), notes);
        }
    }

    /// A checkpoint is complete; whether the savepoint is to be deleted now.
    pub(super) const fn completed(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left == 0
    }

    /// Deletes the savepoint.
    pub(super) fn dispose(&self) {
        if let Err(error) = dispose(&self.folder, &self.store, self.options) {
            tracing::warn!(%error, "a claimed savepoint could not be deleted");
        }
    }
}

/// A place as it can be noted; not a path that is no text, or of several lines.
pub(super) fn line(place: &Location) -> Option<&str> {
    let text = place.as_str();
    (Location::parse(text).as_ref() == Ok(place)).then_some(text)
}

/// How many checkpoints are left, and the folder, if the note is of this root.
fn read(note: &[&str], root: Option<&Location>) -> Option<(u32, Location)> {
    let [left, noted, folder] = note else {
        return None;
    };
    let ours = root.is_some_and(|root| root.as_str() == *noted);
    let left: u32 = left.parse().ok()?;
    let folder = Location::new(folder).ok()?;
    ours.then_some((left.max(1), folder))
}
