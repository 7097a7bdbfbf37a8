//! Which cell holds which hashes: linear hashing.
//!
//! After Litwin, *Linear hashing: a new tool for file and table addressing*, VLDB 1980, and Larson,
//! *Dynamic hash tables*, CACM 31(4), 1988. With `2^l + s` cells (`s < 2^l`), cell `c < s` and cell
//! `2^l + c` hold the hashes that end with the `l` bits of `c`, told apart by one bit more; the
//! other cells below `2^l` hold theirs alone. The next cell to be split is cell `s`; the last cell
//! is the next to be merged. There is no directory to be read, copied or frozen.

use super::slots::Tag;

/// How entries are dealt out to a number of cells, by the [`table_bits`](Tag::table_bits) of their
/// tags.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addresses {
    cells: usize,
    /// `l + 1` one-bits.
    wide: usize,
}

impl Addresses {
    /// Entries dealt out to `cells` cells.
    pub(super) const fn new(cells: usize) -> Self {
        Self {
            cells,
            wide: (cells + 1).next_power_of_two() - 1,
        }
    }

    /// The cell of entries with this tag.
    #[inline(always)]
    pub(super) const fn cell(self, tag: Tag) -> usize {
        let bits = tag.table_bits();
        let cell = bits & self.wide;
        if cell < self.cells {
            cell
        } else {
            bits & (self.wide >> 1)
        }
    }

    /// Of how many equal parts of all hashes the cell holds one.
    pub(super) const fn parts(self, cell: usize) -> usize {
        let half = (self.wide >> 1) + 1;
        if cell >= half || cell < self.cells - half {
            2 * half
        } else {
            half
        }
    }

    /// The cell that is divided when one more is added; what goes to the new one has
    /// [`split_bit`](Self::split_bit).
    pub(super) const fn next_split(self) -> usize {
        self.cells & (self.wide >> 1)
    }

    /// The bit that tells the cell to be divided next from its new half.
    pub(super) const fn split_bit(self) -> usize {
        (self.wide >> 1) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::{Addresses, Tag};

    fn tags() -> impl Iterator<Item = Tag> {
        (0..64).map(|bits| Tag::of(bits << 33))
    }

    #[test]
    fn cells_hold_their_parts() {
        for cells in 1..=64 {
            let addresses = Addresses::new(cells);
            let mut seen = vec![0; cells];
            tags().for_each(|tag| seen[addresses.cell(tag)] += 1);
            for (cell, seen) in seen.into_iter().enumerate() {
                assert_eq!(seen * addresses.parts(cell), 64, "cell {cell} of {cells}");
            }
        }
    }

    #[test]
    fn one_more_cell_takes_from_one_cell_what_has_the_bit() {
        for cells in 1..64 {
            let (old, new) = (Addresses::new(cells), Addresses::new(cells + 1));
            for tag in tags() {
                let moves =
                    old.cell(tag) == old.next_split() && tag.table_bits() & old.split_bit() != 0;
                let expected = if moves { cells } else { old.cell(tag) };
                assert_eq!(new.cell(tag), expected, "{cells} cells, {tag:?}");
            }
        }
    }
}
