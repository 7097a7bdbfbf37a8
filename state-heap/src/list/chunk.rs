//! A run of elements that were added in one epoch, or in epochs that need not be told apart.

use super::MAX_CHUNK;

#[derive(Debug)]
pub(super) struct Chunk<T> {
    items: Vec<T>,
    epoch: u32,
}

impl<T> Chunk<T> {
    pub(super) const fn new(items: Vec<T>, epoch: u32) -> Self {
        Self { items, epoch }
    }

    pub(super) const fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) const fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(super) fn items(&self) -> &[T] {
        &self.items
    }

    /// The elements, if more may be added in `epoch`.
    #[inline]
    pub(super) fn open_in(&mut self, epoch: u32) -> Option<&mut Vec<T>> {
        (self.epoch == epoch && self.items.len() < MAX_CHUNK).then_some(&mut self.items)
    }

    /// Moves the elements of `other` behind its own.
    pub(super) fn take_over(&mut self, other: &mut Self) {
        self.items.append(&mut other.items);
        self.epoch = self.epoch.max(other.epoch);
    }
}
