//! Which shared files are needed, and by whom.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alluvium_state_api::{Result, StateError};

use crate::files::{Bases, Contents, FileName, FileRef, LostFiles, NamedFiles, SnapshotFolder};

/// The shared files of a job, as its owner knows them. A file is needed while a published
/// checkpoint names it, and while an unfinished one may build on it: each may name what was
/// published when it began.
#[derive(Default)]
pub(super) struct Registry {
    /// What each published checkpoint names; `None` if its metadata could not be read.
    published: BTreeMap<u64, Option<Arc<NamedFiles>>>,
    /// The checkpoints that have begun and not ended, with the files that they write.
    pending: BTreeMap<u64, Arc<SnapshotFolder>>,
    /// Files that no published checkpoint names any more.
    free: BTreeMap<String, Free>,
}

/// A file that no published checkpoint names any more.
struct Free {
    contents: Contents,
    /// The least id of a checkpoint that cannot build on it.
    next: u64,
}

impl Registry {
    /// Notes a checkpoint that was published by an earlier owner.
    pub(super) fn restore(&mut self, checkpoint: u64, files: Option<BTreeSet<FileRef>>) {
        self.published.insert(checkpoint, files.map(named));
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

    /// Checks that every file of a checkpoint is there, and what the checkpoint says it is: written
    /// for it, or named by another and not given up since.
    ///
    /// # Errors
    /// `Misuse` naming the first that is not, with what was expected and found.
    pub(super) fn check(
        &self,
        checkpoint: u64,
        generation: u64,
        files: &BTreeSet<FileRef>,
    ) -> Result<()> {
        files.iter().try_for_each(|file| {
            let (name, found) = (&file.name, file.contents());
            let own = FileName::parse(name)
                .is_some_and(|of| (of.generation, of.checkpoint) == (generation, checkpoint));
            let (known, whence, unknown) = if own {
                // Nobody but its folder gives out such names, so that no store has to be asked.
                let folder = self.pending(checkpoint);
                let known = folder.and_then(|folder| folder.shared_contents(name));
                (known, "written", "was not written for it")
            } else {
                let unknown = "no checkpoint that was published when it began names";
                (self.contents(name), "published", unknown)
            };
            let problem = match known {
                Some(known) if known == found => return Ok(()),
                Some(known) => format!(": expected {known}, as it was {whence}, found {found}"),
                None => format!(", which {unknown}"),
            };
            Err(StateError::misuse(format!(
                "checkpoint {checkpoint} names shared file '{name}'{problem}"
            )))
        })
    }

    /// What a checkpoint that begins now may build on, if these files are lost.
    pub(super) fn bases(&self, lost: Arc<LostFiles>) -> Bases {
        Bases {
            newest: self.published.keys().next_back().copied(),
            named: self.published.values().flatten().map(Arc::clone).collect(),
            lost,
        }
    }

    /// What published checkpoints name, as far as is known.
    pub(super) fn named(&self) -> BTreeMap<&str, Contents> {
        let files = self.published.values().flatten();
        let files = files.flat_map(|files| files.iter());
        files.map(|(file, contents)| (&**file, *contents)).collect()
    }

    /// Those that name one of these files.
    pub(super) fn naming(&self, files: &LostFiles) -> Vec<u64> {
        let names = |named: &Arc<NamedFiles>| named.keys().any(|file| files.contains_key(file));
        let published = self.published.iter();
        published
            .filter(|(_, named)| named.as_ref().is_some_and(names))
            .map(|(checkpoint, _)| *checkpoint)
            .collect()
    }

    /// What is in a file that was published.
    fn contents(&self, file: &str) -> Option<Contents> {
        let mut published = self.published.values().rev().flatten();
        let named = published.find_map(|files| files.get(file));
        let free = || self.free.get(file).map(|free| &free.contents);
        named.or_else(free).copied()
    }

    fn is_named(&self, file: &str) -> bool {
        let known = self.published.values().flatten();
        known.into_iter().any(|files| files.contains_key(file))
    }

    /// Notes that a checkpoint is published, or may be: its files stay.
    pub(super) fn publish(&mut self, checkpoint: u64, files: BTreeSet<FileRef>) {
        if let Some(folder) = self.pending.remove(&checkpoint) {
            folder.keep();
        }
        for file in &files {
            self.free.remove(&file.name);
        }
        self.published.insert(checkpoint, Some(named(files)));
    }

    /// Notes that checkpoints are retired; those that begin from `next` on cannot build on them.
    pub(super) fn retire(&mut self, checkpoints: &BTreeSet<u64>, next: u64) {
        let gone = checkpoints
            .iter()
            .filter_map(|id| self.published.remove(id));
        let gone: Vec<Arc<NamedFiles>> = gone.flatten().collect();
        for (file, &contents) in gone.iter().flat_map(|files| files.iter()) {
            if !self.is_named(file) {
                self.free.insert(file.clone(), Free { contents, next });
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
        let free = self.free.iter().filter(|(_, free)| free.next <= oldest);
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

fn named(files: BTreeSet<FileRef>) -> Arc<NamedFiles> {
    let files = files.into_iter().map(|file| {
        let contents = file.contents();
        (file.name, contents)
    });
    Arc::new(files.collect())
}
