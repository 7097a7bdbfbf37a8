//! Which cell holds which hashes: linear hashing.
//!
//! After Litwin, *Linear hashing: a new tool for file and table addressing*, VLDB 1980, and Larson,
//! *Dynamic hash tables*, CACM 31(4), 1988. With `2^l + s` cells (`s < 2^l`), cell `c < s` and cell
//! `2^l + c` hold the hashes that end with the `l` bits of `c`, told apart by one bit more; the
//! other cells below `2^l` hold theirs alone. The next cell to be split is cell `s`; the last cell
//! is the next to be merged. There is no directory to be read, copied or frozen.

/// Cells are chosen by the bits of the hash from here on. A small table uses the lowest bits and
/// the highest seven; with bits in common its entries would crowd together.
const FIRST_BIT: u32 = 32;

/// How the hashes are dealt out to a number of cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addresses {
    cells: usize,
    /// `l + 1` one-bits.
    wide: usize,
}

impl Addresses {
    /// Hashes dealt out to `cells` cells.
    pub(super) const fn new(cells: usize) -> Self {
        Self {
            cells,
            wide: (cells + 1).next_power_of_two() - 1,
        }
    }

    /// The cell of entries with this hash.
    #[inline(always)]
    pub(super) const fn cell(self, hash: u64) -> usize {
        let bits = (hash >> FIRST_BIT) as usize;
        let cell = bits & self.wide;
        if cell < self.cells {
            cell
        } else {
            bits & (self.wide >> 1)
        }
    }

    /// The cell that is divided when one more is added; what goes to the new one has
    /// [`split_bit`](Self::split_bit).
    pub(super) const fn next_split(self) -> usize {
        self.cells & (self.wide >> 1)
    }

    /// The bit of the hash that tells the cell to be divided next from its new half.
    pub(super) const fn split_bit(self) -> u64 {
        ((self.wide >> 1) as u64 + 1) << FIRST_BIT
    }
}

#[cfg(test)]
mod tests {
    use super::{Addresses, FIRST_BIT};

    fn hashes() -> impl Iterator<Item = u64> {
        (0..64).map(|bits| bits << FIRST_BIT)
    }

    #[test]
    fn every_cell_holds_something() {
        for cells in 1..=64 {
            let addresses = Addresses::new(cells);
            let mut seen = vec![0; cells];
            hashes().for_each(|hash| seen[addresses.cell(hash)] += 1);
            let (least, most) = (seen.iter().min(), seen.iter().max());
            assert!(least.unwrap() * 2 >= *most.unwrap(), "{cells}: {seen:?}");
        }
    }

    #[test]
    fn one_more_cell_takes_from_one_cell_what_has_the_bit() {
        for cells in 1..64 {
            let (old, new) = (Addresses::new(cells), Addresses::new(cells + 1));
            for hash in hashes() {
                let moves = old.cell(hash) == old.next_split() && hash & old.split_bit() != 0;
                let expected = if moves { cells } else { old.cell(hash) };
                assert_eq!(new.cell(hash), expected, "{cells} cells, hash {hash:x}");
            }
        }
    }
}
