//! What the tests share: random numbers, values that count their clones, and a table with the
//! hash that it needs.

use alluvium_state_heap::table::{FrozenTable, Hold, KeyHold, Table};
use foldhash::fast::FixedState;
use std::hash::{BuildHasher, Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// splitmix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// A key or value that owns heap memory and counts its clones.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) text: String,
    clones: Arc<AtomicUsize>,
}

impl Counted {
    pub(crate) fn new(text: impl Into<String>, clones: &Arc<AtomicUsize>) -> Self {
        Self {
            text: text.into(),
            clones: Arc::clone(clones),
        }
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.clones.fetch_add(1, Ordering::Relaxed);
        Self::new(self.text.clone(), &self.clones)
    }
}

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Counted {}

impl PartialOrd for Counted {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Counted {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl Hash for Counted {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

pub(crate) fn hash_of(key: &impl Hash) -> u64 {
    FixedState::with_seed(7).hash_one(key)
}

/// A table whose keys have the hash of [`hash_of`].
pub(crate) struct Keyed<K, V, KS, VS> {
    table: Table<KS, VS>,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K, V, KS, VS> Keyed<K, V, KS, VS>
where
    K: Hash + Eq,
    KS: KeyHold<K>,
    VS: Hold<V>,
{
    pub(crate) fn new() -> Self {
        Self {
            table: Table::new(),
            types: PhantomData,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    pub(crate) fn allocated(&self) -> usize {
        self.table.allocated()
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        let found = self.table.get(hash_of(key), |held| held.get() == key);
        found.and_then(Hold::get)
    }

    pub(crate) fn set(&mut self, key: K, value: V, epoch: u32) {
        let hash = hash_of(&key);
        // The key is needed twice: compared, then held.
        let held = KS::new(key);
        let eq = |other: &KS| other.get() == held.get();
        self.table.set(hash, eq, || held.clone(), value, epoch);
    }

    /// As a backend does it: lends what is there, or adds what comes.
    pub(crate) fn update<R>(
        &mut self,
        key: K,
        epoch: u32,
        f: impl FnOnce(&mut Option<V>) -> R,
    ) -> R {
        let hash = hash_of(&key);
        let eq = |held: &KS| *held.get() == key;
        if let Some(held) = self.table.get_mut(hash, eq, epoch) {
            let (result, present) = held.update(f);
            if !present {
                self.remove(&key);
            }
            return result;
        }
        let mut value = None;
        let result = f(&mut value);
        if let Some(value) = value {
            let (key, value) = (KS::new(key), VS::new(value));
            self.table.insert_new(hash, key, value, epoch);
        }
        result
    }

    pub(crate) fn remove(&mut self, key: &K) -> bool {
        let eq = |held: &KS| held.get() == key;
        self.table.remove(hash_of(key), eq).is_some()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V, u32)> {
        self.table.iter().map(lend)
    }

    pub(crate) fn freeze(&mut self) -> View<K, V, KS, VS> {
        View {
            table: self.table.freeze(),
            types: PhantomData,
        }
    }
}

/// A frozen [`Keyed`].
pub(crate) struct View<K, V, KS, VS> {
    table: FrozenTable<KS, VS>,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K, V, KS, VS> View<K, V, KS, VS>
where
    K: Hash + Eq,
    KS: KeyHold<K>,
    VS: Hold<V>,
{
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        let found = self.table.get(hash_of(key), |held| held.get() == key);
        found.and_then(Hold::get)
    }

    pub(crate) fn since(&self, epoch: Option<u32>) -> impl Iterator<Item = (&K, &V, u32)> {
        self.table.since(epoch).map(lend)
    }
}

impl<K, V, KS, VS> Clone for View<K, V, KS, VS> {
    fn clone(&self) -> Self {
        Self {
            table: self.table.clone(),
            types: PhantomData,
        }
    }
}

fn lend<'t, K, V, KS: KeyHold<K>, VS: Hold<V>>(
    (key, value, stamp): (&'t KS, &'t VS, u32),
) -> (&'t K, &'t V, u32) {
    (key.get(), value.get().unwrap(), stamp)
}
