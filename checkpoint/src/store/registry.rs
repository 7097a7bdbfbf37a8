//! Which shared files are needed, and by whom.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alluvium_state_api::{Result, StateError};

use crate::files::{FileName, SnapshotFolder};

/// The shared files of a job, as its owner knows them. A file is needed while a published
/// checkpoint names it, and while an unfinished one may build on it: each may name what was
/// published when it began.
#[derive(Default)]
pub(super) struct Registry {
    /// What each published checkpoint names; `None` if its metadata could not be read.
    published: BTreeMap<u64, Option<BTreeSet<String>>>,
    /// The checkpoints that have begun and not ended, with the files that they write.
    pending: BTreeMap<u64, Arc<SnapshotFolder>>,
    /// Files that no published checkpoint names any more, each with the least id of a checkpoint
    /// that cannot build on it.
    free: BTreeMap<String, u64>,
}

impl Registry {
    /// Notes a checkpoint that was published by an earlier owner.
    pub(super) fn restore(&mut self, checkpoint: u64, files: Option<BTreeSet<String>>) {
        self.published.insert(checkpoint, files);
    }

    /// Notes that a checkpoint has begun.
    pub(super) fn begin(&mut self, checkpoint: u64, folder: Arc<SnapshotFolder>) {
        self.pending.insert(checkpoint, folder);
    }

    pub(super) fn pending(&self, checkpoint: u64) -> Option<&Arc<SnapshotFolder>> {
        self.pending.get(&checkpoint)
    }

    /// The newest checkpoint that has begun and not ended.
    pub(super) fn newest_pending(&self) -> Option<u64> {
        self.pending.keys().next_back().copied()
    }

    pub(super) fn pending_count(&self) -> usize {
        self.pending.len()
    }

    /// Ends a checkpoint that will not be published; its folder stops who still writes, and then
    /// deletes what was written.
    pub(super) fn abandon(&mut self, checkpoint: u64) {
        if let Some(folder) = self.pending.remove(&checkpoint) {
            folder.cancel();
        }
    }

    /// Checks that every file of a checkpoint is still there: written for it, or named by another
    /// and not given up since.
    ///
    /// # Errors
    /// `Misuse` naming the first that is not.
    pub(super) fn check(
        &self,
        checkpoint: u64,
        generation: u64,
        files: &BTreeSet<String>,
    ) -> Result<()> {
        let own = |file: &str| {
            FileName::parse(file)
                .is_some_and(|name| (name.generation, name.checkpoint) == (generation, checkpoint))
        };
        let missing = files
            .iter()
            .find(|file| !own(file) && !self.is_named(file) && !self.free.contains_key(*file));
        match missing {
            None => Ok(()),
            Some(file) => Err(StateError::misuse(format!(
                "checkpoint {checkpoint} names shared file '{file}', which no checkpoint that was \
                 published when it began names"
            ))),
        }
    }

    fn is_named(&self, file: &str) -> bool {
        let known = self.published.values().flatten();
        known.into_iter().any(|files| files.contains(file))
    }

    /// Notes that a checkpoint is published, or may be: its files stay.
    pub(super) fn publish(&mut self, checkpoint: u64, files: BTreeSet<String>) {
        if let Some(folder) = self.pending.remove(&checkpoint) {
            folder.keep();
        }
        for file in &files {
            self.free.remove(file);
        }
        self.published.insert(checkpoint, Some(files));
    }

    /// Notes that checkpoints are retired; those that begin from `next` on cannot build on them.
    pub(super) fn retire(&mut self, checkpoints: &BTreeSet<u64>, next: u64) {
        let gone = checkpoints
            .iter()
            .filter_map(|id| self.published.remove(id));
        let files: Vec<String> = gone.flatten().flatten().collect();
        for file in files {
            if !self.is_named(&file) {
                self.free.insert(file, next);
            }
        }
    }

    /// At most `most` files that nobody can need any more.
    pub(super) fn garbage(&self, most: usize) -> Vec<String> {
        if self.published.values().any(Option::is_none) {
            // Some checkpoint names files that are not known: none may go.
            return Vec::new();
        }
        let oldest = self.pending.keys().next().copied().unwrap_or(u64::MAX);
        let free = self.free.iter().filter(|(_, next)| **next <= oldest);
        free.take(most).map(|(file, _)| file.clone()).collect()
    }

    /// Notes that files are retired in the log.
    pub(super) fn forget(&mut self, files: &[String]) {
        for file in files {
            self.free.remove(file);
        }
    }

    /// Whether a shared file was left by an owner before `generation` and is named by none of the
    /// published checkpoints.
    pub(super) fn is_orphan(&self, file: &str, generation: u64) -> bool {
        let older = FileName::parse(file).is_some_and(|name| name.generation < generation);
        let known = self.published.values().all(Option::is_some);
        older && known && !self.is_named(file) && !self.free.contains_key(file)
    }
}
