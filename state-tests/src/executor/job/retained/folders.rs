//! Where the files of unfinished checkpoints go.

use alluvium::CheckpointId;
use alluvium::checkpoint::{SnapshotBases, SnapshotFolder};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The folders of the checkpoints and savepoints that have begun and not ended; as many as the
/// coordinator lets there be. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Folders(Arc<Mutex<BTreeMap<CheckpointId, Arc<SnapshotFolder>>>>);

impl Folders {
    /// The folder of a checkpoint; `None` if it has not begun or has ended, or has no files.
    pub(crate) fn get(&self, checkpoint: CheckpointId) -> Option<Arc<SnapshotFolder>> {
        self.0.lock().get(&checkpoint).map(Arc::clone)
    }

    /// What a checkpoint may build on; `None` as for [`get`](Self::get). Who asks never has the
    /// folder, and so never deletes what is in it.
    pub(crate) fn bases(&self, checkpoint: CheckpointId) -> Option<SnapshotBases> {
        let folders = self.0.lock();
        folders
            .get(&checkpoint)
            .map(|folder| folder.bases().clone())
    }

    pub(crate) fn begin(&self, checkpoint: CheckpointId, folder: Arc<SnapshotFolder>) {
        self.0.lock().insert(checkpoint, folder);
    }

    /// All that have begun and not ended.
    pub(crate) fn all(&self) -> Vec<CheckpointId> {
        self.0.lock().keys().copied().collect()
    }

    pub(crate) fn end(&self, checkpoint: CheckpointId) -> Option<Arc<SnapshotFolder>> {
        self.0.lock().remove(&checkpoint)
    }
}
