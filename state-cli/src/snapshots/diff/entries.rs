//! Comparing the entries of two states.

use alluvium::checkpoint::{KeyedEntry, KeyedReader, OfflineOptions};
use alluvium::{KeyGroup, Result};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// How an entry differs.
pub(super) enum Side {
    Removed(KeyedEntry),
    Added(KeyedEntry),
    Changed(KeyedEntry, KeyedEntry),
}

impl Side {
    pub(super) const fn sign(&self) -> char {
        match self {
            Self::Removed(_) => '-',
            Self::Added(_) => '+',
            Self::Changed(..) => '~',
        }
    }
}

/// Shows every difference to `visit`; of states with other key groups, no more is held than `options`
/// allow; `count` is called for each entry of `a`.
pub(super) fn compare(
    mut a: KeyedReader,
    mut b: KeyedReader,
    options: OfflineOptions,
    count: impl Fn(),
    visit: impl FnMut(Side) -> Result<()>,
) -> Result<()> {
    if a.max_parallelism() == b.max_parallelism() {
        // Both come in the same order.
        return merge(a.entries().inspect(|_| count()), b.entries(), visit);
    }
    let left = held(&mut a, options, count)?;
    let right = held(&mut b, options, || ())?;
    merge(left.into_iter().map(Ok), right.into_iter().map(Ok), visit)
}

/// All entries, as if there was one key group.
fn held(
    reader: &mut KeyedReader,
    options: OfflineOptions,
    count: impl Fn(),
) -> Result<Vec<KeyedEntry>> {
    let (mut all, mut size) = (BTreeMap::new(), 0);
    for entry in reader.entries() {
        let entry = entry?;
        count();
        size += entry.length();
        let what = "a state that is compared with one of another max parallelism";
        options
            .check(size, what)
            .map_err(|error| error.context("re-key one of the two first"))?;
        let group = KeyGroup(0);
        let entry = KeyedEntry { group, ..entry };
        all.insert(name(&entry), entry);
    }
    Ok(all.into_values().collect())
}

type Name = (KeyGroup, Vec<u8>, Vec<u8>, Vec<u8>);

fn name(entry: &KeyedEntry) -> Name {
    let KeyedEntry {
        group,
        key,
        namespace,
        user_key,
        ..
    } = entry.clone();
    (group, key, namespace, user_key)
}

fn order(a: &KeyedEntry, b: &KeyedEntry) -> Ordering {
    let name = |entry: &KeyedEntry| entry.group;
    name(a)
        .cmp(&name(b))
        .then_with(|| a.key.cmp(&b.key))
        .then_with(|| a.namespace.cmp(&b.namespace))
        .then_with(|| a.user_key.cmp(&b.user_key))
}

fn merge(
    mut a: impl Iterator<Item = Result<KeyedEntry>>,
    mut b: impl Iterator<Item = Result<KeyedEntry>>,
    mut visit: impl FnMut(Side) -> Result<()>,
) -> Result<()> {
    let (mut left, mut right) = (a.next().transpose()?, b.next().transpose()?);
    loop {
        let next = match (&left, &right) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => order(left, right),
        };
        let (before, after) = (
            if next.is_le() { left.take() } else { None },
            if next.is_ge() { right.take() } else { None },
        );
        if before.is_some() {
            left = a.next().transpose()?;
        }
        if after.is_some() {
            right = b.next().transpose()?;
        }
        match (before, after) {
            (Some(before), Some(after)) if before.value != after.value => {
                visit(Side::Changed(before, after))?;
            }
            (Some(before), None) => visit(Side::Removed(before))?,
            (None, Some(after)) => visit(Side::Added(after))?,
            _ => {}
        }
    }
}
