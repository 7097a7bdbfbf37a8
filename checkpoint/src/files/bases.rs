//! What snapshots may build on.

use super::reference::Contents;
use crate::subtask::{KeyedChain, KeyedSegment};
use alluvium_state_api::CheckpointId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Shared files that a checkpoint names.
pub(crate) type NamedFiles = BTreeMap<String, Contents>;

/// Shared files that are lost, each with what is wrong.
pub(crate) type LostFiles = BTreeMap<String, String>;

/// What the snapshots in a [`SnapshotFolder`](super::SnapshotFolder) may build on: what was
/// published when its checkpoint began, and what is published since then, as far as the files are
/// still there. Nothing, if the folder shares nothing with others. Clones are cheap.
#[derive(Clone, Debug, Default)]
pub struct SnapshotBases(Option<Arc<Bases>>);

#[derive(Debug)]
pub(crate) struct Bases {
    /// The newest checkpoint that was published when it began, if there was one.
    pub(crate) newest: Option<u64>,
    /// What those named that were published then.
    pub(crate) named: Vec<Arc<NamedFiles>>,
    /// What of that is lost, as far as is known.
    pub(crate) lost: Arc<LostFiles>,
}

impl From<Bases> for SnapshotBases {
    fn from(bases: Bases) -> Self {
        Self(Some(Arc::new(bases)))
    }
}

impl SnapshotBases {
    /// Whether `chain`, that of checkpoint `base`, may be built on.
    pub(crate) fn allow(&self, base: CheckpointId, chain: &KeyedChain) -> bool {
        let Some(bases) = self.0.as_deref() else {
            return false;
        };
        // What is published while a checkpoint is unfinished stays until that has ended.
        let stays = Some(base.0) > bases.newest;
        let named = |name: &String| bases.named.iter().any(|files| files.contains_key(name));
        let mut files = chain.layers.iter().filter_map(KeyedSegment::file);
        files.all(|file| (stays || named(&file.name)) && !bases.lost.contains_key(&file.name))
    }
}
