//! Epochs: which changes belong to which snapshot, and what an increment may build on.
//!
//! Every write is stamped with the current epoch; a freeze ends it. A snapshot holds all stamps up
//! to its own epoch, and a delta all above the epoch of the base that was confirmed. Confirmations
//! may be lost, late, repeated or out of order: the base only ever moves forward.

use alluvium_state_api::{CheckpointId, Result, SnapshotMode, StateError};
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

/// How many frozen checkpoints are remembered while they are neither confirmed nor aborted.
const MAX_PENDING: usize = 64;

/// The option that bounds unfinished snapshots, as a configuration names it.
const MAX_UNFINISHED: &str = "state.backend.max-unfinished-snapshots";

/// Held by a snapshot job as long as it lives, so that unfinished ones can be counted.
pub(super) type Token = Arc<()>;

/// A snapshot that later increments may build on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) checkpoint: CheckpointId,
    pub(super) epoch: u32,
}

#[derive(Debug)]
pub(super) struct Epochs {
    current: u32,
    last: Option<CheckpointId>,
    pending: BTreeMap<CheckpointId, u32>,
    base: Option<Base>,
    unfinished: Vec<Weak<()>>,
    max_unfinished: usize,
}

impl Epochs {
    pub(super) fn new(max_unfinished: usize) -> Self {
        Self {
            current: 1,
            last: None,
            pending: BTreeMap::new(),
            base: None,
            unfinished: Vec::new(),
            max_unfinished,
        }
    }

    /// The stamp of what is written now.
    #[inline]
    pub(super) const fn current(&self) -> u32 {
        self.current
    }

    /// Whether a later delta may build on a snapshot that exists by now.
    #[inline]
    pub(super) fn may_be_built_on(&self) -> bool {
        self.base.is_some() || !self.pending.is_empty()
    }

    /// The epoch up to which no delta tells changes apart any more.
    #[inline]
    pub(super) fn settled(&self) -> u32 {
        self.base.map_or(0, |base| base.epoch)
    }

    /// Checks that `checkpoint` may be frozen now.
    pub(super) fn check(&mut self, checkpoint: CheckpointId) -> Result<()> {
        if let Some(last) = self.last.filter(|last| *last >= checkpoint) {
            return Err(StateError::misuse(format!(
                "checkpoint {checkpoint} is to be frozen after checkpoint {last}: numbers must rise"
            )));
        }
        self.unfinished.retain(|token| token.strong_count() > 0);
        if self.unfinished.len() >= self.max_unfinished {
            return Err(StateError::limit(
                format!("with checkpoint {checkpoint}, the number of unfinished snapshots"),
                self.unfinished.len() as u64 + 1,
                self.max_unfinished as u64,
                MAX_UNFINISHED,
            ));
        }
        Ok(())
    }

    /// Ends the current epoch with the freeze of `checkpoint`; returns what the job builds on and
    /// its token.
    pub(super) fn freeze(
        &mut self,
        checkpoint: CheckpointId,
        mode: SnapshotMode,
    ) -> (Option<Base>, Token) {
        self.pending.insert(checkpoint, self.current);
        if self.pending.len() > MAX_PENDING {
            // The oldest has been overtaken so often that its confirmation would change nothing.
            self.pending.pop_first();
        }
        self.last = Some(checkpoint);
        self.current += 1;
        let token = Token::default();
        self.unfinished.push(Arc::downgrade(&token));
        let base = match mode {
            SnapshotMode::Full => None,
            SnapshotMode::Incremental => self.base,
        };
        (base, token)
    }

    /// Notes that `checkpoint` is complete; returns the new base if it moved.
    pub(super) fn confirm(&mut self, checkpoint: CheckpointId) -> Option<Base> {
        let epoch = self.pending.remove(&checkpoint)?;
        if self.base.is_some_and(|base| base.epoch >= epoch) {
            return None;
        }
        self.base = Some(Base { checkpoint, epoch });
        self.base
    }

    /// Notes that `checkpoint` will never be complete.
    pub(super) fn abort(&mut self, checkpoint: CheckpointId) {
        self.pending.remove(&checkpoint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alluvium_state_api::ErrorKind;

    fn freeze(epochs: &mut Epochs, id: u64) -> Option<Base> {
        epochs.check(CheckpointId(id)).unwrap();
        epochs.freeze(CheckpointId(id), SnapshotMode::Incremental).0
    }

    #[test]
    fn increments_build_on_what_was_confirmed_and_the_base_never_moves_back() {
        let mut epochs = Epochs::new(9);
        assert_eq!(freeze(&mut epochs, 1), None);
        assert_eq!(freeze(&mut epochs, 2), None);
        assert_eq!(freeze(&mut epochs, 5), None);
        assert_eq!(
            epochs.confirm(CheckpointId(2)).map(|base| base.epoch),
            Some(2)
        );
        assert_eq!(epochs.confirm(CheckpointId(1)), None, "late");
        assert_eq!(epochs.confirm(CheckpointId(2)), None, "repeated");
        assert_eq!(epochs.confirm(CheckpointId(7)), None, "unknown");
        epochs.abort(CheckpointId(5));
        assert_eq!(epochs.confirm(CheckpointId(5)), None, "aborted");
        let base = freeze(&mut epochs, 6).unwrap();
        assert_eq!((base.checkpoint, base.epoch), (CheckpointId(2), 2));
    }

    #[test]
    fn a_full_snapshot_builds_on_nothing() {
        let mut epochs = Epochs::new(2);
        freeze(&mut epochs, 1);
        epochs.confirm(CheckpointId(1));
        assert_eq!(epochs.freeze(CheckpointId(2), SnapshotMode::Full).0, None);
    }

    #[test]
    fn living_jobs_are_limited_and_numbers_must_rise() {
        let mut epochs = Epochs::new(2);
        let first = epochs.freeze(CheckpointId(1), SnapshotMode::Full);
        let _second = epochs.freeze(CheckpointId(2), SnapshotMode::Full);
        assert_eq!(
            epochs.check(CheckpointId(2)).unwrap_err().kind(),
            ErrorKind::Misuse
        );
        assert_eq!(
            epochs.check(CheckpointId(3)).unwrap_err().kind(),
            ErrorKind::LimitExceeded
        );
        drop(first);
        epochs.check(CheckpointId(3)).unwrap();
    }
}
