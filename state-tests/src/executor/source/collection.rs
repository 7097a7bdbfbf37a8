//! Records in memory as a source.

use super::{ReadStep, SplitReader, SplitSource};
use crate::executor::Record;
use alluvium::{Result, StateError};
use std::sync::Arc;

/// A collection, cut into runs of nearly equal length.
#[derive(Clone, Debug)]
pub struct Collection<T> {
    items: Arc<[T]>,
    splits: u32,
}

impl<T> Collection<T> {
    /// `items` in `splits` splits, at least one.
    pub fn new(items: impl IntoIterator<Item = T>, splits: u32) -> Self {
        Self {
            items: items.into_iter().collect(),
            splits: splits.max(1),
        }
    }

    fn bound(&self, split: u32) -> usize {
        self.items.len() * split as usize / self.splits as usize
    }
}

impl<T: Record + Sync> SplitSource for Collection<T> {
    type Record = T;
    type Split = u32;
    type Reader = CollectionReader<T>;

    fn splits(&self) -> Result<Vec<u32>> {
        Ok((0..self.splits).collect())
    }

    fn open(&self, split: &u32, offset: u64) -> Result<CollectionReader<T>> {
        let end = self.bound(split.saturating_add(1));
        let next = self.bound(*split) + offset as usize;
        if *split >= self.splits || next > end {
            return Err(StateError::incompatible(format!(
                "the collection has {} splits and no offset {offset} in split {split}",
                self.splits
            )));
        }
        Ok(CollectionReader {
            items: Arc::clone(&self.items),
            start: self.bound(*split),
            next,
            end,
        })
    }
}

/// Reads one run of a [`Collection`].
#[derive(Debug)]
pub struct CollectionReader<T> {
    items: Arc<[T]>,
    start: usize,
    next: usize,
    end: usize,
}

impl<T: Record + Sync> SplitReader<T> for CollectionReader<T> {
    fn read(&mut self, max: usize, records: &mut Vec<T>) -> Result<ReadStep> {
        let until = self.end.min(self.next.saturating_add(max));
        records.extend_from_slice(self.items.get(self.next..until).unwrap_or_default());
        self.next = until;
        Ok(ReadStep {
            offset: (self.next - self.start) as u64,
            ended: self.next == self.end,
        })
    }
}
