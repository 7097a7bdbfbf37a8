use crate::fake::{FakeJob, Row, header, open, read, section, state};
use alluvium_checkpoint::{SegmentSource, hide_voided};
use alluvium_state_api::{Content, KeyGroup, KeyGroupRange, Section, SnapshotSource, StateKind};
use std::collections::BTreeMap;
use std::sync::Arc;

const ALL: [u16; 8] = [2, 3, 4, 5, 6, 7, 8, 9];

fn layer(base: Option<u64>, content: Content, groups: &[u16], value: &[u8]) -> FakeJob {
    let sections = groups.iter().map(|group| {
        (
            section(0, *group, content),
            vec![Row::put(&[*group as u8], value)],
        )
    });
    FakeJob {
        header: header(base),
        sections: sections.collect(),
    }
}

fn sources(layers: &[FakeJob]) -> Vec<SegmentSource<Arc<[u8]>>> {
    layers
        .iter()
        .map(|layer| open(&layer.bytes(64)).unwrap())
        .collect()
}

/// What the chain says in the end: by name of the state, group and key.
fn outcome(layers: &mut [SegmentSource<Arc<[u8]>>]) -> BTreeMap<(String, u16, Vec<u8>), Row> {
    let mut outcome = BTreeMap::new();
    for layer in layers {
        let (groups, states) = (layer.header().groups, layer.header().states.clone());
        for (
            Section {
                state,
                group,
                content,
                ..
            },
            rows,
        ) in read(layer, groups).unwrap()
        {
            let name = &states.get(state).unwrap().name;
            if content == Content::Full {
                outcome.retain(|(held, in_group, _), _| (held, *in_group) != (name, group.0));
            }
            for row in rows {
                outcome.insert((name.clone(), group.0, row.key.clone()), row);
            }
        }
    }
    outcome
}

fn shown(source: &SegmentSource<Arc<[u8]>>) -> Vec<(usize, KeyGroup)> {
    source
        .sections()
        .map(|(section, _)| (section.state, section.group))
        .collect()
}

#[test]
fn what_a_later_layer_holds_in_full_is_not_read() {
    let mut moved = layer(Some(2), Content::Full, &[7], b"moved");
    // States are the same by their names, wherever they stand.
    moved.header.states.swap(0, 1);
    moved.sections[0].0.state = 1;
    let layers = [
        layer(None, Content::Full, &ALL, b"base"),
        layer(Some(1), Content::Delta, &[2, 3, 4], b"delta"),
        layer(Some(1), Content::Full, &[3], b"folded"),
        layer(Some(2), Content::Delta, &[3, 5], b"later"),
        moved,
    ];
    let mut chain = sources(&layers);
    let expected = outcome(&mut chain);
    let all = KeyGroupRange::new(2, 9).unwrap();
    let before: u64 = chain.iter().map(|layer| layer.stored_length(all)).sum();
    let untouched = chain[0].clone();
    hide_voided(&mut chain);
    assert_eq!(outcome(&mut chain), expected);
    let groups = |layer: usize| -> Vec<u16> {
        shown(&chain[layer])
            .into_iter()
            .map(|(_, group)| group.0)
            .collect()
    };
    assert_eq!(groups(0), [2, 4, 5, 6, 8, 9]);
    assert_eq!(groups(1), [2, 4]);
    assert_eq!(groups(2), [3]);
    assert_eq!(groups(3), [3, 5]);
    let after: u64 = chain.iter().map(|layer| layer.stored_length(all)).sum();
    assert!(after < before, "{after} {before}");
    assert_eq!(shown(&untouched).len(), ALL.len());
}

#[test]
fn other_states_of_a_group_stay() {
    let mut base = layer(None, Content::Full, &ALL, b"base");
    base.header
        .states
        .push(state("count more", StateKind::Value));
    base.sections
        .push((section(3, 3, Content::Full), vec![Row::put(b"x", b"y")]));
    let layers = [base, layer(Some(1), Content::Full, &ALL, b"all anew")];
    let mut chain = sources(&layers);
    let expected = outcome(&mut chain);
    hide_voided(&mut chain);
    assert_eq!(shown(&chain[0]), [(3, KeyGroup(3))]);
    assert_eq!(outcome(&mut chain), expected);
}
