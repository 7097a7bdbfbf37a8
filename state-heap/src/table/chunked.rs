//! A growing array whose growth never moves more than one chunk.

/// Items in a chunk; a power of two.
const CHUNK: usize = 1 << CHUNK_BITS;
const CHUNK_BITS: u32 = 10;

/// An array that grows and shrinks at its end.
#[derive(Debug)]
pub(super) struct Chunked<T> {
    /// The first chunk: all there is, mostly, and one step nearer than the others.
    first: Vec<T>,
    rest: Vec<Vec<T>>,
}

impl<T> Chunked<T> {
    pub(super) const fn new() -> Self {
        Self {
            first: Vec::new(),
            rest: Vec::new(),
        }
    }

    #[inline(always)]
    pub(super) fn get(&self, index: usize) -> Option<&T> {
        match self.first.get(index) {
            Some(item) => Some(item),
            None => self.far(index),
        }
    }

    #[inline(always)]
    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        if index < self.first.len() {
            return self.first.get_mut(index);
        }
        self.far_mut(index)
    }

    pub(super) fn push(&mut self, item: T) {
        if self.first.len() == CHUNK && self.rest.last().is_none_or(|last| last.len() == CHUNK) {
            self.rest.push(Vec::new());
        }
        let last = self.rest.last_mut().unwrap_or(&mut self.first);
        if last.len() == last.capacity() {
            // Exactly one at first: most key groups of a small state have a single cell.
            last.reserve_exact(last.len().max(1));
        }
        last.push(item);
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        let last = self.rest.last_mut().unwrap_or(&mut self.first);
        let item = last.pop();
        if last.len() * 4 <= last.capacity() {
            last.shrink_to(last.len() * 2);
        }
        if self.rest.last().is_some_and(Vec::is_empty) {
            self.rest.pop();
        }
        item
    }

    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        match self.rest.split_last() {
            None => self.first.len(),
            Some((last, full)) => (full.len() + 1) * CHUNK + last.len(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> + Clone {
        self.first.iter().chain(self.rest.iter().flatten())
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.first.iter_mut().chain(self.rest.iter_mut().flatten())
    }

    pub(super) fn allocated_bytes(&self) -> usize {
        let rest: usize = self.rest.iter().map(Vec::capacity).sum();
        (self.first.capacity() + rest) * size_of::<T>() + self.rest.capacity() * size_of::<Vec<T>>()
    }

    #[inline(never)]
    fn far(&self, index: usize) -> Option<&T> {
        let index = index.checked_sub(CHUNK)?;
        self.rest.get(index >> CHUNK_BITS)?.get(index & (CHUNK - 1))
    }

    #[inline(never)]
    fn far_mut(&mut self, index: usize) -> Option<&mut T> {
        let index = index.checked_sub(CHUNK)?;
        self.rest
            .get_mut(index >> CHUNK_BITS)?
            .get_mut(index & (CHUNK - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, Chunked};

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
}
