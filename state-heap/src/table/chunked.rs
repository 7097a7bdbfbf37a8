//! A growing array that is frozen chunk by chunk, and whose growth never moves more than one.

use triomphe::Arc;

/// Items in a chunk; a power of two.
const CHUNK: usize = 1 << CHUNK_BITS;
const CHUNK_BITS: u32 = 10;

/// Some items: owned, or shared with snapshots until one of them is written.
#[derive(Debug)]
enum Chunk<T> {
    Owned(Vec<T>),
    Shared(Arc<Vec<T>>),
}

impl<T> Chunk<T> {
    #[inline(always)]
    fn items(&self) -> &Vec<T> {
        match self {
            Self::Owned(items) => items,
            Self::Shared(items) => items,
        }
    }
}

impl<T: Clone> Chunk<T> {
    #[inline(always)]
    fn write(&mut self) -> &mut Vec<T> {
        if let Self::Shared(_) = self {
            self.take_back();
        }
        match self {
            Self::Owned(items) => items,
            Self::Shared(items) => Arc::make_mut(items),
        }
    }

    #[cold]
    #[inline(never)]
    fn take_back(&mut self) {
        if let Self::Shared(items) = std::mem::replace(self, Self::Owned(Vec::new())) {
            *self = Self::Owned(Arc::unwrap_or_clone(items));
        }
    }

    fn freeze(&mut self, prepare: impl FnMut(&mut T)) -> Arc<Vec<T>> {
        let items = match std::mem::replace(self, Self::Owned(Vec::new())) {
            Self::Owned(mut items) => {
                items.iter_mut().for_each(prepare);
                Arc::new(items)
            }
            Self::Shared(items) => items,
        };
        *self = Self::Shared(Arc::clone(&items));
        items
    }
}

/// An array that grows and shrinks at its end.
#[derive(Debug)]
pub(super) struct Chunked<T> {
    /// The first chunk: all there is, mostly, and one step nearer than the others.
    first: Chunk<T>,
    rest: Vec<Chunk<T>>,
}

impl<T: Clone> Chunked<T> {
    pub(super) const fn new() -> Self {
        Self {
            first: Chunk::Owned(Vec::new()),
            rest: Vec::new(),
        }
    }

    #[inline(always)]
    pub(super) fn get(&self, index: usize) -> Option<&T> {
        match self.first.items().get(index) {
            Some(item) => Some(item),
            None => self.far(index),
        }
    }

    /// The item, for writing: the first write to a chunk that snapshots share clones its items.
    #[inline(always)]
    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        if index < self.first.items().len() {
            return self.first.write().get_mut(index);
        }
        self.far_mut(index)
    }

    pub(super) fn push(&mut self, item: T) {
        if self.len() >= CHUNK && self.len().is_multiple_of(CHUNK) {
            self.rest.push(Chunk::Owned(Vec::new()));
        }
        let last = self.rest.last_mut().unwrap_or(&mut self.first).write();
        if last.len() == last.capacity() {
            // Exactly one at first: most key groups of a small state have a single cell.
            last.reserve_exact(last.len().max(1));
        }
        last.push(item);
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        let last = self.rest.last_mut().unwrap_or(&mut self.first).write();
        let item = last.pop();
        if last.len() * 4 <= last.capacity() {
            last.shrink_to(last.len() * 2);
        }
        if last.is_empty() {
            self.rest.pop();
        }
        item
    }

    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        match self.rest.split_last() {
            None => self.first.items().len(),
            Some((last, full)) => (full.len() + 1) * CHUNK + last.items().len(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> + Clone {
        let chunks = std::iter::once(&self.first).chain(&self.rest);
        chunks.flat_map(Chunk::items)
    }

    /// The items as they are now. Each that has been written since the last time is prepared to be
    /// cloned; none is cloned before it is written again.
    pub(super) fn freeze(&mut self, mut prepare: impl FnMut(&mut T)) -> FrozenChunks<T> {
        if self.len() == 0 {
            return FrozenChunks(Vec::new());
        }
        let chunks = std::iter::once(&mut self.first).chain(&mut self.rest);
        FrozenChunks(chunks.map(|chunk| chunk.freeze(&mut prepare)).collect())
    }

    pub(super) fn allocated_bytes(&self) -> usize {
        let chunks = std::iter::once(&self.first).chain(&self.rest);
        let items: usize = chunks.map(|chunk| chunk.items().capacity()).sum();
        items * size_of::<T>() + self.rest.capacity() * size_of::<Chunk<T>>()
    }

    #[inline(never)]
    fn far(&self, index: usize) -> Option<&T> {
        let index = index.checked_sub(CHUNK)?;
        let chunk = self.rest.get(index >> CHUNK_BITS)?;
        chunk.items().get(index & (CHUNK - 1))
    }

    #[inline(never)]
    fn far_mut(&mut self, index: usize) -> Option<&mut T> {
        let index = index.checked_sub(CHUNK)?;
        let chunk = self.rest.get_mut(index >> CHUNK_BITS)?;
        chunk.write().get_mut(index & (CHUNK - 1))
    }
}

/// The items of an array as they were.
#[derive(Debug)]
pub(super) struct FrozenChunks<T>(Vec<Arc<Vec<T>>>);

impl<T> FrozenChunks<T> {
    pub(super) fn get(&self, index: usize) -> Option<&T> {
        self.0.get(index >> CHUNK_BITS)?.get(index & (CHUNK - 1))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flat_map(|chunk| chunk.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, Chunked};
    use proptest::prelude::*;

    #[test]
    fn grows_and_shrinks_at_its_end() {
        let mut items = Chunked::new();
        for i in 0..3 * CHUNK + 5 {
            assert_eq!(items.len(), i);
            items.push(i);
        }
        for i in [0, CHUNK - 1, CHUNK, 2 * CHUNK, 3 * CHUNK + 4] {
            assert_eq!(items.get(i), Some(&i));
            assert_eq!(items.get_mut(i), Some(&mut { i }));
        }
        assert_eq!(items.get(3 * CHUNK + 5), None);
        assert!(items.iter().copied().eq(0..3 * CHUNK + 5));
        for i in (0..3 * CHUNK + 5).rev() {
            assert_eq!(items.pop(), Some(i));
            assert_eq!(items.get(i), None);
            assert_eq!(items.len(), i);
        }
        assert_eq!(items.pop(), None);
        assert!(items.allocated_bytes() <= 3 * size_of::<Vec<usize>>() * 2);
    }

    #[test]
    fn nothing_is_allocated_before_the_first_item() {
        let mut items = Chunked::new();
        assert_eq!(items.allocated_bytes(), 0);
        items.push(1_u64);
        assert_eq!(items.allocated_bytes(), 8);
    }

    #[test]
    fn items_are_prepared_once_and_cloned_when_one_of_their_chunk_is_written() {
        /// Counts how often it was prepared, and how often cloned since.
        #[derive(Debug, Default, PartialEq)]
        struct Item(u32, u32);
        impl Clone for Item {
            fn clone(&self) -> Self {
                Self(self.0, self.1 + 1)
            }
        }
        let mut items = Chunked::new();
        (0..CHUNK + 3).for_each(|_| items.push(Item::default()));
        let prepare = |item: &mut Item| item.0 += 1;
        let first = items.freeze(prepare);
        let second = items.freeze(prepare);
        assert!(
            second
                .iter()
                .chain(items.iter())
                .all(|item| *item == Item(1, 0))
        );
        items.get_mut(CHUNK);
        assert!(items.iter().take(CHUNK).all(|item| *item == Item(1, 0)));
        assert!(items.iter().skip(CHUNK).all(|item| *item == Item(1, 1)));
        drop((first, second));
        items.get_mut(0);
        assert_eq!(items.get(0), Some(&Item(1, 0)));
        let third = items.freeze(prepare);
        assert_eq!(third.get(0), Some(&Item(2, 0)), "may have been written");
    }

    proptest! {
        #[test]
        fn what_is_frozen_never_changes(
            steps in prop::collection::vec((0..4, 0..CHUNK * 3, any::<u32>()), 1..200),
            start in 0..CHUNK * 3,
        ) {
            let mut model: Vec<_> = (0..start as u32).collect();
            let mut items = Chunked::new();
            for item in &model {
                items.push(*item);
            }
            let mut held = Vec::new();
            for (what, index, value) in steps {
                match what {
                    0 => {
                        items.push(value);
                        model.push(value);
                    }
                    1 => prop_assert_eq!(items.pop(), model.pop()),
                    2 => {
                        let (item, expected) = (items.get_mut(index), model.get_mut(index));
                        prop_assert_eq!(&item, &expected);
                        if let (Some(item), Some(expected)) = (item, expected) {
                            (*item, *expected) = (value, value);
                        }
                    }
                    _ => held.push((items.freeze(|_| {}), model.clone())),
                }
                prop_assert_eq!(items.len(), model.len());
            }
            prop_assert!(items.iter().eq(&model));
            for (frozen, model) in held {
                prop_assert!(frozen.iter().eq(&model));
                for at in [0, model.len() / 2, model.len()] {
                    prop_assert_eq!(frozen.get(at), model.get(at));
                }
            }
        }
    }
}
