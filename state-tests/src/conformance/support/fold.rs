//! What a chain of layers says in the end: the logical entries, decoded by nobody.

use super::Layers;
use alluvium_state_api::{Change, Content, Entry, KeyGroup, SnapshotEvent, SnapshotSource};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

/// Where an entry stands: group, state, key, namespace, user key.
pub(crate) type PlainEntry = (KeyGroup, String, Vec<u8>, Vec<u8>, Vec<u8>);

/// All entries with their values.
pub(crate) type Folded = BTreeMap<PlainEntry, Vec<u8>>;

/// The entries of one snapshot. Checks on the way what every layer promises.
pub(crate) fn fold(layers: &Layers) -> Folded {
    let mut folded = Folded::new();
    for layer in &layers.0 {
        apply(&mut folded, &mut *layer.source());
    }
    folded
}

/// The entries of the snapshots of all subtasks; no two may hold the same one.
pub(crate) fn fold_all(snapshots: &[Layers]) -> Folded {
    let mut all = Folded::new();
    for entry in snapshots.iter().flat_map(fold) {
        assert!(
            !all.contains_key(&entry.0),
            "two subtasks hold {:?}",
            entry.0
        );
        all.insert(entry.0, entry.1);
    }
    all
}

/// Checks that two snapshots hold the same entries; says where they do not.
#[track_caller]
pub(crate) fn same(found: &Folded, expected: &Folded, what: impl Display) {
    let mut differ = found.keys().chain(expected.keys());
    if let Some(at) = differ.find(|at| found.get(*at) != expected.get(*at)) {
        panic!(
            "{what}: {at:?} is {:?}, expected {:?}",
            found.get(at),
            expected.get(at)
        );
    }
}

/// Applies one layer. A layer without a base holds everything, so that it voids what was before.
fn apply(folded: &mut Folded, source: &mut dyn SnapshotSource) {
    let header = source.header().clone();
    if header.base.is_none() {
        folded.clear();
    }
    for (index, state) in header.states.iter().enumerate() {
        let mut seen = BTreeSet::new();
        let mut section = None;
        let mut last: Option<Place> = None;
        let mut written = Written::new();
        source
            .read(index, header.groups, &mut |event| {
                match event {
                    SnapshotEvent::Section(found) => {
                        assert_eq!(found.state, index, "section of another state");
                        assert!(
                            header.groups.contains(found.group),
                            "group {} outside {}",
                            found.group,
                            header.groups
                        );
                        if found.content == Content::Full && seen.insert(found.group) {
                            folded.retain(|at, _| at.0 != found.group || at.1 != state.name);
                        }
                        section = Some(found);
                        last = None;
                    }
                    SnapshotEvent::Entry(entry) => {
                        let section = section.unwrap();
                        let place = place(&entry);
                        if section.sorted
                            && let Some(last) = &last
                        {
                            let more = matches!(entry.change, Change::Append(_));
                            assert!(
                                *last < place || (more && *last == place),
                                "entries flagged as sorted are not: {last:?} before {place:?}"
                            );
                        }
                        once(
                            &mut written,
                            section.group,
                            &place,
                            entry.change,
                            &state.name,
                        );
                        last = Some(place);
                        change(folded, (section.group, state.name.clone()), &entry);
                    }
                }
                Ok(())
            })
            .unwrap();
    }
}

/// Key, namespace, user key.
type Place = (Vec<u8>, Vec<u8>, Vec<u8>);

/// The entries that a layer has written of a state, and whether they are gone.
type Written = BTreeMap<(KeyGroup, Place), bool>;

/// Checks that a layer says of an entry once what has become of it. Only a list goes on, in runs;
/// and that an entry is gone may be told again, which changes nothing.
fn once(written: &mut Written, group: KeyGroup, place: &Place, change: Change<'_>, state: &str) {
    if matches!(change, Change::Append(_)) {
        return;
    }
    let gone = change == Change::Delete;
    let before = written.insert((group, place.clone()), gone);
    assert!(
        before.is_none_or(|before| before && gone),
        "an entry of '{state}' is written twice: {place:?}"
    );
}

fn place(entry: &Entry<'_>) -> Place {
    (
        entry.key.to_vec(),
        entry.namespace.to_vec(),
        entry.user_key.to_vec(),
    )
}

fn change(folded: &mut Folded, (group, state): (KeyGroup, String), entry: &Entry<'_>) {
    let (key, namespace, user_key) = place(entry);
    let at = (group, state, key, namespace, user_key);
    match entry.change {
        Change::Put(value) => {
            folded.insert(at, value.to_vec());
        }
        Change::Append(value) => folded.entry(at).or_default().extend_from_slice(value),
        Change::Delete => {
            folded.remove(&at);
        }
    }
}
