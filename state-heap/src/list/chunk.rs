//! A run of elements that were added in one epoch, or in epochs that need not be told apart.

use super::MAX_CHUNK;
use ecow::EcoVec;
use std::hint::black_box;

/// Cheap to clone. What stands in a list itself needs one step to reach its end: whether somebody
/// else reads the elements, and where the next one goes, lie in the same piece of memory.
#[derive(Clone, Debug)]
pub(super) struct Chunk<T> {
    items: EcoVec<T>,
    epoch: u32,
}

impl<T> Chunk<T> {
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) const fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(super) fn items(&self) -> &[T] {
        &self.items
    }

    #[inline]
    pub(super) fn touch(&self) {
        black_box(self.items.capacity());
    }

    /// Whether nobody else reads the elements, so that adding to them copies none.
    #[inline]
    pub(super) fn is_unique(&mut self) -> bool {
        self.items.is_unique()
    }
}

impl<T: Clone> Chunk<T> {
    pub(super) fn new(items: Vec<T>, epoch: u32) -> Self {
        let items = items.into();
        Self { items, epoch }
    }

    pub(super) fn one(item: T, epoch: u32) -> Self {
        let mut items = EcoVec::new();
        items.push(item);
        Self { items, epoch }
    }

    /// The elements, if `more` may be added in `epoch`.
    #[inline]
    pub(super) fn open_in(&mut self, epoch: u32, more: usize) -> Option<&mut EcoVec<T>> {
        let fits = self.items.len() + more <= MAX_CHUNK;
        (self.epoch == epoch && fits && self.items.is_unique()).then_some(&mut self.items)
    }

    /// Moves the elements of `other` behind its own; nobody else reads either.
    pub(super) fn take_over(&mut self, other: Self) {
        self.items.extend(other.items);
        self.epoch = self.epoch.max(other.epoch);
    }
}
