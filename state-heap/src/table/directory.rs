//! The directory: from some bits of a hash to the small table that holds its entries.

/// The bits of a hash that the directory uses begin here: the small tables use the lowest bits to
/// find a bucket and the highest seven to tell entries apart, and neither may be used twice.
const SHIFT: u32 = 32;

/// The greatest number of bits: at most 2^24 small tables a key group.
pub(super) const MAX_DEPTH: u8 = 24;

/// How many cells lie together: a directory of many cells grows without moving them.
const CHUNK: usize = 256;

/// A growing sequence whose elements never move by more than a chunk at a time.
#[derive(Debug)]
pub(super) struct Chunks<T>(Vec<Vec<T>>);

impl<T> Chunks<T> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    #[inline]
    pub(super) fn get(&self, index: u32) -> Option<&T> {
        self.0
            .get(index as usize / CHUNK)?
            .get(index as usize % CHUNK)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, index: u32) -> Option<&mut T> {
        self.0
            .get_mut(index as usize / CHUNK)?
            .get_mut(index as usize % CHUNK)
    }

    pub(super) fn len(&self) -> usize {
        self.0
            .last()
            .map_or(0, |last| (self.0.len() - 1) * CHUNK + last.len())
    }

    /// Adds an element; returns its index.
    pub(super) fn push(&mut self, item: T) -> u32 {
        let index = self.len() as u32;
        match self.0.last_mut() {
            Some(last) if last.len() < CHUNK => last.push(item),
            _ => self.0.push(vec![item]),
        }
        index
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flatten()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().flatten()
    }
}

/// Maps hashes to cell numbers.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    cells: Vec<u32>,
    depth: u8,
}

impl Directory {
    pub(super) const fn new() -> Self {
        Self {
            cells: Vec::new(),
            depth: 0,
        }
    }

    /// The cell of `hash`; `None` while there are no cells.
    #[inline]
    pub(super) fn cell(&self, hash: u64) -> Option<u32> {
        self.cells.get(self.place(hash)).copied()
    }

    #[inline]
    fn place(&self, hash: u64) -> usize {
        (hash >> SHIFT) as usize & ((1 << self.depth) - 1)
    }

    /// Makes cell 0 the cell of every hash.
    pub(super) fn start(&mut self) {
        self.cells = vec![0];
        self.depth = 0;
    }

    /// Whether `hash` belongs to the new cell when a cell of `depth` bits is split.
    #[inline]
    pub(super) const fn moves(hash: u64, depth: u8) -> bool {
        (hash >> SHIFT) >> depth & 1 == 1
    }

    /// Gives the half of a cell of `depth` bits whose next bit is set to `new`; `hash` is one of
    /// the cell's hashes.
    pub(super) fn split(&mut self, hash: u64, depth: u8, new: u32) {
        if depth == self.depth {
            self.cells.extend_from_within(..);
            self.depth += 1;
        }
        let shared = (hash >> SHIFT) as usize & ((1 << depth) - 1);
        let step = 1usize << (depth + 1);
        for cell in self
            .cells
            .iter_mut()
            .skip(shared | 1 << depth)
            .step_by(step)
        {
            *cell = new;
        }
    }

    /// The bytes that it has allocated.
    pub(super) fn allocated(&self) -> usize {
        self.cells.capacity() * size_of::<u32>()
    }
}
