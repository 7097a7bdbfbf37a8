//! Looking whether the shared files that increments build on are still there.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use alluvium_state_api::{Result, StateError};

use super::layout;
use crate::files::{Contents, LostFiles};
use crate::log::JobId;
use crate::storage::Storage;

/// At every how many checkpoints the files are looked for, unless told otherwise: where that is a
/// call of the local file system, and where it is a request, or several, of an object store.
const EVERY_LOCAL: u32 = 1;
const EVERY_REMOTE: u32 = 10;

/// How many of the files that a listing does not show are asked for one by one: a store whose
/// listings lag behind is not to be believed.
const ASKED: usize = 16;

/// How many local files are measured at once; the next ones are when they are next looked for.
const MEASURED: usize = 256;

/// How many lost files are named in a warning.
const NAMED: usize = 8;

/// Looks now and then for the shared files of a job.
#[derive(Default)]
pub(super) struct Watch {
    /// How many checkpoints have begun since the last look.
    begun: u32,
    lost: Arc<LostFiles>,
    /// The file that was measured last.
    measured: String,
}

impl Watch {
    /// What is lost, as far as is known.
    pub(super) fn lost(&self) -> Arc<LostFiles> {
        Arc::clone(&self.lost)
    }

    /// Whether a checkpoint that begins now is one to look at: each `every`th, none for 0.
    pub(super) fn is_due(
        &mut self,
        every: Option<u32>,
        storage: &dyn Storage,
        job: &JobId,
    ) -> bool {
        let every = every.unwrap_or_else(|| {
            if is_local(storage, job) {
                EVERY_LOCAL
            } else {
                EVERY_REMOTE
            }
        });
        self.begun = self.begun.saturating_add(1);
        let due = every > 0 && self.begun >= every;
        if due {
            self.begun = 0;
        }
        due
    }

    /// Looks for the files in `named`; those of them that are lost, and were not before. What
    /// cannot be looked for counts as it did.
    pub(super) fn look(
        &mut self,
        storage: &dyn Storage,
        job: &JobId,
        named: &BTreeMap<&str, Contents>,
    ) -> LostFiles {
        let found = self.find(storage, job, named).unwrap_or_else(|error| {
            tracing::warn!(%job, %error, "shared files could not be looked for");
            let mut known = (*self.lost).clone();
            known.retain(|file, _| named.contains_key(&**file));
            known
        });
        let before = std::mem::replace(&mut self.lost, Arc::new(found));
        let lost = self
            .lost
            .iter()
            .filter(|(file, _)| !before.contains_key(*file));
        lost.map(|(file, what)| (file.clone(), what.clone()))
            .collect()
    }

    fn find(
        &mut self,
        storage: &dyn Storage,
        job: &JobId,
        named: &BTreeMap<&str, Contents>,
    ) -> Result<LostFiles> {
        if named.is_empty() {
            return Ok(LostFiles::new());
        }
        let there = storage.list(&layout::shared_folder(job))?;
        let there: BTreeSet<&str> = there.iter().map(|name| &**name).collect();
        let missing = || named.keys().filter(|name| !there.contains(**name));
        for name in missing().take(ASKED) {
            if storage.exists(&layout::shared(job, name))? {
                return Err(StateError::storage(format!(
                    "'{}' is there, but not in the listing of its folder",
                    storage.locate(&layout::shared(job, name))
                )));
            }
        }
        let place = |name: &str| storage.locate(&layout::shared(job, name));
        let missing = missing().map(|name| {
            let what = format!("'{}' is missing", place(name));
            ((*name).to_owned(), what)
        });
        let mut lost: LostFiles = missing.collect();
        if is_local(storage, job) {
            self.measure(storage, job, named, &mut lost)?;
        }
        Ok(lost)
    }

    /// Compares the lengths of some files, and of those that differed before.
    fn measure(
        &mut self,
        storage: &dyn Storage,
        job: &JobId,
        named: &BTreeMap<&str, Contents>,
        lost: &mut LostFiles,
    ) -> Result<()> {
        let behind = (Bound::Excluded(&*self.measured), Bound::Unbounded);
        let round = named.range::<str, _>(behind).chain(named).take(named.len());
        let turn: Vec<_> = round.take(MEASURED).collect();
        let again = named
            .iter()
            .filter(|(name, _)| self.lost.contains_key(**name));
        for (name, contents) in turn.iter().copied().chain(again) {
            let path = layout::shared(job, name);
            let Some(reader) = storage.open(&path)? else {
                // Listed as missing, or by the next look.
                continue;
            };
            let (expected, found) = (contents.length(), reader.length());
            if expected != found {
                let place = storage.locate(&path);
                let what = format!("'{place}': expected {expected} bytes, found {found}");
                lost.insert((*name).to_owned(), what);
            }
        }
        if let Some((last, _)) = turn.last() {
            self.measured = (**last).to_owned();
        }
        Ok(())
    }
}

/// Says what is lost, and what is done about it.
pub(super) fn warn(job: &JobId, lost: &LostFiles, checkpoints: &[u64]) {
    let count = lost.len();
    let what: Vec<&str> = lost.values().take(NAMED).map(|what| &**what).collect();
    tracing::warn!(
        %job, count, ?checkpoints, files = what.join(", "),
        "shared files of retained checkpoints are lost: these checkpoints cannot be restored. The \
         state that builds on them is written whole by the checkpoint that begins now"
    );
}

fn is_local(storage: &dyn Storage, job: &JobId) -> bool {
    storage.local_path(&layout::shared_folder(job)).is_some()
}
