//! Memory of checkpoints that have ended, so that late messages about them are judged rightly.

use std::collections::{BTreeSet, VecDeque};

/// How many ended checkpoints are remembered. About one that is forgotten a late acknowledgement
/// is taken for the first of its task.
const REMEMBERED: usize = 64;

#[derive(Debug)]
struct Ended<T> {
    checkpoint: u64,
    /// Tasks whose handle was dealt with: completed, discarded or left to collection.
    settled: BTreeSet<T>,
}

#[derive(Debug)]
pub(super) struct RecentlyEnded<T> {
    ended: VecDeque<Ended<T>>,
}

impl<T: Clone + Ord> RecentlyEnded<T> {
    pub(super) fn new() -> Self {
        Self {
            ended: VecDeque::with_capacity(REMEMBERED),
        }
    }

    /// `checkpoint` has ended, with the handles of `settled` dealt with.
    pub(super) fn push(&mut self, checkpoint: u64, settled: BTreeSet<T>) {
        if self.ended.len() == REMEMBERED {
            self.ended.pop_front();
        }
        self.ended.push_back(Ended {
            checkpoint,
            settled,
        });
    }

    /// Whether a handle that `task` delivers late is one not dealt with yet; from now on it is.
    pub(super) fn is_news(&mut self, checkpoint: u64, task: &T) -> bool {
        match self.ended.iter_mut().find(|e| e.checkpoint == checkpoint) {
            Some(ended) => ended.settled.insert(task.clone()),
            None => true,
        }
    }
}
