//! The value of a list state: chunks of elements behind an `Arc` each.
//!
//! Appending never copies an element: a chunk that a snapshot still reads, or that belongs to an
//! earlier epoch, is left as it is and a new one is begun. Chunks that have become small pieces
//! are merged once no snapshot shares them, by moving their elements.

mod chunk;
#[cfg(test)]
mod tests;

use chunk::Chunk;
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
#[derive(Debug)]
pub struct ListValue<T>(Held<T>);

/// Most lists have a single chunk: it is reached in one step, and costs one allocation less.
#[derive(Debug)]
enum Held<T> {
    One(Arc<Chunk<T>>),
    Many(Arc<Spine<T>>),
}

#[derive(Debug)]
struct Spine<T> {
    chunks: Vec<Arc<Chunk<T>>>,
    /// The epoch in which the list was begun, or last replaced.
    begun: u32,
}

// By hand, here and below: derived, they would demand `T: Clone`.
impl<T> Clone for ListValue<T> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Held::One(chunk) => Held::One(Arc::clone(chunk)),
            Held::Many(spine) => Held::Many(Arc::clone(spine)),
        })
    }
}

impl<T> Clone for Spine<T> {
    fn clone(&self) -> Self {
        Self {
            chunks: self.chunks.clone(),
            begun: self.begun,
        }
    }
}

impl<T> ListValue<T> {
    /// A list that begins in this epoch with these elements.
    pub fn new(items: Vec<T>, epoch: u32) -> Self {
        Self(Held::One(Arc::new(Chunk::new(items, epoch))))
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.chunks().iter().map(|chunk| chunk.len()).sum()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.chunks().iter().all(|chunk| chunk.len() == 0)
    }

    /// The elements, in order.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks().iter().flat_map(|chunk| chunk.items())
    }

    /// Adds one element at the end.
    #[inline]
    pub fn push(&mut self, item: T, stamp: ListStamp) {
        match self.tail(stamp.epoch) {
            Some(tail) => tail.push(item),
            None => self.begin(vec![item], stamp),
        }
    }

    /// Adds all elements at the end.
    pub fn extend(&mut self, items: Vec<T>, stamp: ListStamp) {
        match self.tail(stamp.epoch) {
            Some(tail) if tail.len() + items.len() <= MAX_CHUNK => tail.extend(items),
            _ => self.begin(items, stamp),
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
        (whole, came.flat_map(|chunk| chunk.items()))
    }

    #[inline]
    fn chunks(&self) -> &[Arc<Chunk<T>>] {
        match &self.0 {
            Held::One(chunk) => std::slice::from_ref(chunk),
            Held::Many(spine) => &spine.chunks,
        }
    }

    /// The elements of the last chunk, if more may be added to it in this epoch.
    #[inline]
    fn tail(&mut self, epoch: u32) -> Option<&mut Vec<T>> {
        let last = match &mut self.0 {
            Held::One(chunk) => chunk,
            Held::Many(spine) => Arc::make_mut(spine).chunks.last_mut()?,
        };
        Arc::get_mut(last)?.open_in(epoch)
    }

    /// Begins a chunk, after merging small ones before it.
    #[cold]
    fn begin(&mut self, items: Vec<T>, stamp: ListStamp) {
        let chunk = Arc::new(Chunk::new(items, stamp.epoch));
        match &mut self.0 {
            Held::One(first) => {
                let (begun, chunks) = (first.epoch(), vec![Arc::clone(first), chunk]);
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

impl<T> Spine<T> {
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
        let (Some(first), Some(second)) = (Arc::get_mut(first), Arc::get_mut(second)) else {
            return false;
        };
        if fits && settled {
            first.take_over(second);
            self.chunks.remove(end - 1);
        }
        fits && settled
    }
}
