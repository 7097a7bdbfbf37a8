//! Retiring, and deleting what is not needed.

use std::collections::BTreeSet;

use alluvium_state_api::{Result, StateError};

use super::super::layout;
use super::{CheckpointStore, checkpoint_folders};
use crate::log::{LogEvent, LogState, MAX_RETIRED_FILES, Retirement};

/// How many retired checkpoints and files whose deletion failed are tried again; more wait for the
/// [`sweep`](CheckpointStore::sweep) of the next owner.
const LEFT_OVER: usize = 1024;

/// What a [`sweep`](CheckpointStore::sweep) deletes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Checkpoints that were begun and not published, or retired and not deleted, ascending.
    pub checkpoints: Vec<u64>,
    /// The names of shared files.
    pub files: Vec<String>,
}

impl CheckpointStore {
    /// Takes published checkpoints out of the log, and with them the shared files that nobody needs
    /// any more; then deletes them. What cannot be deleted is tried again with the next retirement;
    /// that is no error.
    ///
    /// # Errors
    /// `Misuse` if one is not published or all would go, and as [`publish`](Self::publish) says;
    /// `Storage` if the retirement could not be recorded: then nothing is deleted.
    pub fn retire(&mut self, checkpoints: &[u64]) -> Result<()> {
        self.log.check()?;
        let retired: BTreeSet<u64> = checkpoints.iter().copied().collect();
        let state = self.log.state();
        if let Some(&unknown) = retired.iter().find(|&&id| !state.is_live(id)) {
            return Err(self.not_published(unknown));
        }
        if retired.is_empty() {
            return Ok(());
        }
        if retired.len() == state.live.len() {
            return Err(StateError::misuse(format!(
                "job '{}' would be left without a checkpoint: the newest cannot be retired",
                self.job
            )));
        }
        let ids: Vec<u64> = retired.iter().copied().collect();
        let state = state.without(&ids);
        self.discard(retired, ids, state)
    }

    /// Records that these are `retired`, and what is not needed any more, and deletes it; `ids` are
    /// those of them that this takes out of the log, and `state` is what it says then.
    pub(super) fn discard(
        &mut self,
        retired: BTreeSet<u64>,
        ids: Vec<u64>,
        state: LogState,
    ) -> Result<()> {
        self.registry.retire(&retired, self.begun_below());
        let files = self.registry.garbage(MAX_RETIRED_FILES);
        if !ids.is_empty() || !files.is_empty() {
            let checkpoints = ids;
            let retirement = Retirement { checkpoints, files };
            self.log
                .append(LogEvent::Retired(retirement.clone()), state)?;
            self.registry.forget(&retirement.files);
            self.files_left_over.extend(retirement.files);
        }
        self.left_over.extend(retired);
        self.delete_left_over();
        Ok(())
    }

    /// No checkpoint of this id or above has begun.
    fn begun_below(&self) -> u64 {
        let newest = self.registry.newest_pending();
        newest.map_or(0, |id| id + 1).max(self.next_checkpoint)
    }

    fn delete_left_over(&mut self) {
        for checkpoint in std::mem::take(&mut self.left_over) {
            if let Err(error) = self.delete(checkpoint) {
                tracing::warn!(job = %self.job, checkpoint, %error, "cannot delete a checkpoint");
                if self.left_over.len() < LEFT_OVER {
                    self.left_over.insert(checkpoint);
                }
            }
        }
        for file in std::mem::take(&mut self.files_left_over) {
            if let Err(error) = self.storage.delete(&layout::shared(&self.job, &file)) {
                tracing::warn!(job = %self.job, file, %error, "cannot delete a shared file");
                if self.files_left_over.len() < LEFT_OVER {
                    self.files_left_over.insert(file);
                }
            }
        }
    }

    fn delete(&self, checkpoint: u64) -> Result<()> {
        let folder = layout::checkpoint_folder(&self.job, checkpoint);
        for name in self.storage.list(&folder)? {
            self.storage.delete(&format!("{folder}/{name}"))?;
        }
        Ok(())
    }

    /// Deletes what earlier owners left: folders of checkpoints that are not published, begun
    /// before this owner's claim, and shared files that no published checkpoint names; local copies
    /// if nothing is published.
    ///
    /// # Errors
    /// `Storage`; some may have been deleted.
    pub fn sweep(&mut self) -> Result<Swept> {
        let orphans = self.orphans()?;
        for &checkpoint in &orphans.checkpoints {
            self.delete(checkpoint)?;
            self.left_over.remove(&checkpoint);
        }
        for file in &orphans.files {
            self.storage.delete(&layout::shared(&self.job, file))?;
        }
        if self.latest().is_none() {
            self.retain_copies(None);
        }
        Ok(orphans)
    }

    /// What [`sweep`](Self::sweep) would delete.
    ///
    /// # Errors
    /// As [`publish`](Self::publish) if another owner has taken over; `Storage`.
    pub fn orphans(&self) -> Result<Swept> {
        self.log.check()?;
        let state = self.log.state();
        let mut checkpoints: Vec<u64> = checkpoint_folders(&*self.storage, &self.job)?
            .into_iter()
            .filter(|&id| id < self.first_checkpoint && !state.is_live(id))
            .collect();
        checkpoints.sort_unstable();
        let mut files = self.storage.list(&layout::shared_folder(&self.job))?;
        files.retain(|file| self.registry.is_orphan(file, self.generation()));
        Ok(Swept { checkpoints, files })
    }
}
