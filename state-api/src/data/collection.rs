//! Sets and maps: the number of entries, then the entries. Their order carries no meaning to a
//! reader; writers have one, so that equal collections have equal bytes.

use super::native::{take_filler, write_filler};
use super::{NativeData, nesting, wire};
use crate::error::{Result, StateError};
use crate::schema::{Schema, SchemaBuilder};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;
use std::ops::Range;

/// An entry is laid out as a pair is.
type Entry<K, V> = (K, V);

fn write_entry<K: NativeData, V: NativeData>(key: &K, value: &V, out: &mut Vec<u8>) {
    key.encode(out);
    value.encode(out);
    write_filler(Entry::<K, V>::MIN_WIDTH, out);
}

/// Writes entries that come in the order of their keys.
fn write_ordered<'a, K: NativeData, V: NativeData>(
    entries: impl ExactSizeIterator<Item = (&'a K, &'a V)>,
    out: &mut Vec<u8>,
) {
    wire::write_count(entries.len(), out);
    nesting::encoding::<Entry<K, V>>(|| {
        for (key, value) in entries {
            write_entry(key, value, out);
        }
    });
}

/// Writes entries that come in any order in the order of their encoded keys.
fn write_unordered<'a, K: NativeData, V: NativeData>(
    entries: impl ExactSizeIterator<Item = (&'a K, &'a V)>,
    out: &mut Vec<u8>,
) {
    wire::write_count(entries.len(), out);
    nesting::encoding::<Entry<K, V>>(|| {
        let mut keys = Vec::new();
        let mut sorted: Vec<(Range<usize>, &V)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let start = keys.len();
            key.encode(&mut keys);
            sorted.push((start..keys.len(), value));
        }
        let bytes_of = |at: &Range<usize>| keys.get(at.clone()).unwrap_or_default();
        sorted.sort_unstable_by(|(a, _), (b, _)| bytes_of(a).cmp(bytes_of(b)));
        for (at, value) in sorted {
            out.extend_from_slice(bytes_of(&at));
            value.encode(out);
            write_filler(Entry::<K, V>::MIN_WIDTH, out);
        }
    });
}

/// The entries of an encoded collection, taken off one by one.
struct Entries<'a, 'b, K, V> {
    left: usize,
    input: &'a mut &'b [u8],
    types: PhantomData<(K, V)>,
}

impl<K: NativeData, V: NativeData> Iterator for Entries<'_, '_, K, V> {
    type Item = Result<(K, V)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        Some(Entry::<K, V>::decode(self.input).and_then(|entry| {
            take_filler(Entry::<K, V>::MIN_WIDTH, self.input)?;
            Ok(entry)
        }))
    }
}

/// Collects the entries of an encoded collection by `collect`, which must find the announced
/// number of distinct keys.
fn read_entries<K: NativeData, V: NativeData, C>(
    input: &mut &[u8],
    collect: impl FnOnce(usize, Entries<'_, '_, K, V>) -> Result<C>,
    len: impl FnOnce(&C) -> usize,
) -> Result<C> {
    let count = wire::read_count(input, Entry::<K, V>::MIN_WIDTH)?;
    let room = wire::room_for::<Entry<K, V>>(count, input);
    let entries = Entries {
        left: count,
        input,
        types: PhantomData,
    };
    let collected = nesting::decoding::<Entry<K, V>, _>(|| collect(room, entries))?;
    let distinct = len(&collected);
    if distinct == count {
        return Ok(collected);
    }
    Err(StateError::corrupt(format!(
        "of {count} entries of a collection only {distinct} are distinct"
    )))
}

fn set_schema<T: NativeData>(schemas: &mut SchemaBuilder) -> Schema {
    Schema::Set(Box::new(T::schema(schemas)))
}

fn map_schema<K: NativeData, V: NativeData>(schemas: &mut SchemaBuilder) -> Schema {
    Schema::Map(Box::new(K::schema(schemas)), Box::new(V::schema(schemas)))
}

impl<K: NativeData + Ord, V: NativeData> NativeData for BTreeMap<K, V> {
    const MIN_WIDTH: usize = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        write_ordered(self.iter(), out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self> {
        read_entries(input, |_, entries| entries.collect(), Self::len)
    }

    fn schema(schemas: &mut SchemaBuilder) -> Schema {
        map_schema::<K, V>(schemas)
    }
}

impl<T: NativeData + Ord> NativeData for BTreeSet<T> {
    const MIN_WIDTH: usize = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        write_ordered(self.iter().map(|item| (item, &())), out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self> {
        let collect = |_, entries: Entries<'_, '_, T, ()>| {
            entries.map(|entry| entry.map(|(item, ())| item)).collect()
        };
        read_entries(input, collect, Self::len)
    }

    fn schema(schemas: &mut SchemaBuilder) -> Schema {
        set_schema::<T>(schemas)
    }
}

impl<K, V, S> NativeData for HashMap<K, V, S>
where
    K: NativeData + Eq + Hash,
    V: NativeData,
    S: BuildHasher + Default + Clone + Send + Sync + 'static,
{
    const MIN_WIDTH: usize = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        write_unordered(self.iter(), out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self> {
        let collect = |room, entries: Entries<'_, '_, K, V>| {
            let mut map = Self::with_capacity_and_hasher(room, S::default());
            for entry in entries {
                let (key, value) = entry?;
                map.insert(key, value);
            }
            Ok(map)
        };
        read_entries(input, collect, Self::len)
    }

    fn schema(schemas: &mut SchemaBuilder) -> Schema {
        map_schema::<K, V>(schemas)
    }
}

impl<T, S> NativeData for HashSet<T, S>
where
    T: NativeData + Eq + Hash,
    S: BuildHasher + Default + Clone + Send + Sync + 'static,
{
    const MIN_WIDTH: usize = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        write_unordered(self.iter().map(|item| (item, &())), out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self> {
        let collect = |room, entries: Entries<'_, '_, T, ()>| {
            let mut set = Self::with_capacity_and_hasher(room, S::default());
            for entry in entries {
                set.insert(entry?.0);
            }
            Ok(set)
        };
        read_entries(input, collect, Self::len)
    }

    fn schema(schemas: &mut SchemaBuilder) -> Schema {
        set_schema::<T>(schemas)
    }
}
