//! Small hash tables: making room, splitting, merging.

use hashbrown::HashTable;

/// Makes room for one more entry in a table without any.
pub(super) fn grow<E>(table: &mut HashTable<E>, hash: impl Fn(&E) -> u64) {
    let full = usable(table.num_buckets());
    if table.len() * 16 < full * 15 {
        // Slots of removed entries are what fills it: left to itself, the table would double. It
        // may even do with half the slots.
        let old = std::mem::replace(table, HashTable::with_capacity(room(table)));
        absorb(table, old, hash);
    } else {
        table.reserve(1, hash);
    }
}

/// Splits the entries by `hash & bit`: those without it and those with it.
pub(super) fn split<E>(
    mut table: HashTable<E>,
    bit: u64,
    hash: impl Fn(&E) -> u64,
) -> (HashTable<E>, HashTable<E>) {
    let hashes: Vec<u64> = table.iter().map(&hash).collect();
    let ones = hashes.iter().filter(|&&hash| hash & bit != 0).count();
    let mut low = HashTable::with_capacity(hashes.len() - ones);
    let mut high = HashTable::with_capacity(ones);
    for (entry, entry_hash) in table.drain().zip(hashes) {
        let side = if entry_hash & bit == 0 {
            &mut low
        } else {
            &mut high
        };
        side.insert_unique(entry_hash, entry, &hash);
    }
    (low, high)
}

/// Moves all entries of `from` into `table`.
pub(super) fn absorb<E>(
    table: &mut HashTable<E>,
    mut from: HashTable<E>,
    hash: impl Fn(&E) -> u64,
) {
    table.reserve(from.len(), &hash);
    for entry in from.drain() {
        table.insert_unique(hash(&entry), entry, &hash);
    }
}

/// Moves the entries to a smaller table if they fill no more than a third of this one.
pub(super) fn shrink<E>(table: &mut HashTable<E>, hash: impl Fn(&E) -> u64) {
    if table.is_empty() {
        *table = HashTable::new();
    } else if is_sparse(table) {
        table.shrink_to(room(table), hash);
    }
}

/// Whether [`shrink`] would do something.
#[inline(always)]
pub(super) fn is_sparse<E>(table: &HashTable<E>) -> bool {
    table.len() * 3 <= table.num_buckets()
}

/// Room for the entries and some more.
fn room<E>(table: &HashTable<E>) -> usize {
    table.len() + table.len() / 16 + 1
}

/// How many entries fit into a table of so many slots.
const fn usable(buckets: usize) -> usize {
    if buckets < 8 {
        buckets.saturating_sub(1)
    } else {
        buckets / 8 * 7
    }
}
