//! The value of a list state: chunks of elements, counted references to each.
//!
//! Appending never copies an element: a chunk that a snapshot still reads, or that belongs to an
//! earlier epoch, is left as it is and a new one is begun. Chunks that have become small pieces
//! are merged once no snapshot shares them, by moving their elements.

mod chunk;
#[cfg(test)]
mod tests;

use chunk::Chunk;
use ecow::EcoVec;
use triomphe::Arc;

/// The greatest number of elements of a chunk.
pub const MAX_CHUNK: usize = 8_192;

/// How many chunks at the end are passed over in search of settled ones.
const MAX_UNSETTLED: usize = 8;

/// How a write treats the chunks that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListStamp {
    /// The epoch of the write.
    pub epoch: u32,
    /// Chunks of epochs up to this one need not be told apart any more.
    pub settled: u32,
}

/// The elements of one list. Cheap to clone; never empty when it stands in a table.
#[derive(Clone, Debug)]
pub struct ListValue<T>(Held<T>);

/// Most lists have a single chunk: it is reached in one step, and costs one allocation less.
#[derive(Clone, Debug)]
enum Held<T> {
    One(Chunk<T>),
    Many(Arc<Spine<T>>),
}

#[derive(Clone, Debug)]
struct Spine<T> {
    chunks: Vec<Chunk<T>>,
    /// The epoch in which the list was begun, or last replaced.
    begun: u32,
}

impl<T> ListValue<T> {
    /// The number of elements.
    pub fn len(&self) -> usize {
        self.chunks().iter().map(Chunk::len).sum()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.chunks().iter().all(|chunk| chunk.len() == 0)
    }

    /// The elements, in order.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks().iter().flat_map(Chunk::items)
    }

    /// Looks at the memory in which the last elements are held, so that it is there when it is
    /// wanted.
    #[inline]
    pub fn touch(&self) {
        if let Some(last) = self.chunks().last() {
            last.touch();
        }
    }

    /// What changed after the epoch `since`: whether the list was begun anew since then, and the
    /// elements that came; all of them if it was, or if `since` is `None`.
    pub fn since(&self, since: Option<u32>) -> (bool, impl Iterator<Item = &T>) {
        let begun = match &self.0 {
            Held::One(chunk) => chunk.epoch(),
            Held::Many(spine) => spine.begun,
        };
        let whole = since.is_none_or(|since| begun > since);
        let chunks = self.chunks().iter();
        let came = chunks.filter(move |chunk| whole || since.is_none_or(|s| chunk.epoch() > s));
        (whole, came.flat_map(Chunk::items))
    }

    #[inline]
    fn chunks(&self) -> &[Chunk<T>] {
        match &self.0 {
            Held::One(chunk) => std::slice::from_ref(chunk),
            Held::Many(spine) => &spine.chunks,
        }
    }
}

impl<T: Clone> ListValue<T> {
    /// A list that begins in this epoch with these elements.
    pub fn new(items: Vec<T>, epoch: u32) -> Self {
        Self(Held::One(Chunk::new(items, epoch)))
    }

    /// A list that begins in this epoch with one element.
    pub fn one(item: T, epoch: u32) -> Self {
        Self(Held::One(Chunk::one(item, epoch)))
    }

    /// Adds one element at the end.
    #[inline]
    pub fn push(&mut self, item: T, stamp: ListStamp) {
        match self.tail(stamp.epoch, 1) {
            Some(tail) => tail.push(item),
            None => self.begin(Chunk::one(item, stamp.epoch), stamp),
        }
    }

    /// Adds all elements at the end.
    pub fn extend(&mut self, items: Vec<T>, stamp: ListStamp) {
        match self.tail(stamp.epoch, items.len()) {
            Some(tail) => tail.extend(items),
            None => self.begin(Chunk::new(items, stamp.epoch), stamp),
        }
    }

    /// The elements of the last chunk, if so many may be added to it in this epoch.
    #[inline]
    fn tail(&mut self, epoch: u32, more: usize) -> Option<&mut EcoVec<T>> {
        let last = match &mut self.0 {
            Held::One(chunk) => chunk,
            Held::Many(spine) => Arc::make_mut(spine).chunks.last_mut()?,
        };
        last.open_in(epoch, more)
    }

    /// Begins a chunk, after merging small ones before it.
    #[cold]
    fn begin(&mut self, chunk: Chunk<T>, stamp: ListStamp) {
        match &mut self.0 {
            Held::One(first) => {
                let (begun, chunks) = (first.epoch(), vec![first.clone(), chunk]);
                self.0 = Held::Many(Arc::new(Spine { chunks, begun }));
            }
            Held::Many(spine) => {
                let spine = Arc::make_mut(spine);
                while spine.merge_settled(stamp.settled) {}
                spine.chunks.push(chunk);
            }
        }
    }
}

impl<T: Clone> Spine<T> {
    /// Merges the last two settled chunks if nobody else reads them and the first is not much
    /// longer: so each element is moved a logarithmic number of times at most.
    fn merge_settled(&mut self, settled: u32) -> bool {
        let recent = self.chunks.iter().rev().take(MAX_UNSETTLED);
        let unsettled = recent.take_while(|chunk| chunk.epoch() > settled).count();
        let end = self.chunks.len() - unsettled;
        let Some([.., first, second]) = self.chunks.get_mut(..end) else {
            return false;
        };
        let fits = first.len() <= 2 * second.len() && first.len() + second.len() <= MAX_CHUNK;
        let settled = second.epoch() <= settled;
        let merges = fits && settled && first.is_unique() && second.is_unique();
        if merges {
            let second = self.chunks.remove(end - 1);
            if let Some(first) = self.chunks.get_mut(end - 2) {
                first.take_over(second);
            }
        }
        merges
    }
}
