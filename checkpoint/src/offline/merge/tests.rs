use super::*;
use crate::segment::{SegmentSink, SegmentSource};
use alluvium_state_api::{
    CheckpointId, ErrorKind, MaxParallelism, Schema, Section, SnapshotHeader, SnapshotSink,
    StateKind, StateMeta,
};
use proptest::prelude::*;
use std::sync::Arc;

const GROUPS: u16 = 4;

/// One step of the life of a list state with single-byte keys.
#[derive(Clone, Debug)]
enum Step {
    Put(u8, Vec<u8>),
    Append(u8, Vec<u8>),
    Delete(u8),
}

/// A layer: per group the steps in it, and whether they stand upon the layers before.
type Layer = Vec<(Content, Vec<Step>)>;

fn group_of(key: u8) -> KeyGroup {
    KeyGroup(u16::from(key) % GROUPS)
}

fn state(name: &str) -> StateMeta {
    StateMeta {
        name: name.into(),
        kind: StateKind::List,
        namespace: Schema::Unit,
        user_key: None,
        value: Schema::Bytes,
    }
}

/// The layer as a segment; the state stands at another place in each.
fn segment(place: u64, layer: &Layer) -> Box<dyn alluvium_state_api::SnapshotSource> {
    let max = MaxParallelism::new(u32::from(GROUPS)).unwrap();
    let mut states = vec![state("other"), state("list")];
    if place % 2 == 1 {
        states.reverse();
    }
    let index = states
        .iter()
        .position(|state| state.name == "list")
        .unwrap();
    let mut sink = SegmentSink::in_memory();
    sink.begin(&SnapshotHeader {
        checkpoint: CheckpointId(place + 1),
        base: (place > 0).then_some(CheckpointId(place)),
        max_parallelism: max,
        groups: max.all_groups(),
        key: Schema::U8,
        states,
    })
    .unwrap();
    for (group, (content, steps)) in (0..).zip(layer) {
        sink.section(Section {
            group: KeyGroup(group),
            state: index,
            content: *content,
            sorted: false,
        })
        .unwrap();
        for step in steps {
            let (key, change) = match step {
                Step::Put(key, value) => (key, Change::Put(value)),
                Step::Append(key, value) => (key, Change::Append(value)),
                Step::Delete(key) => (key, Change::Delete),
            };
            sink.entry(Entry {
                key: &[*key],
                namespace: &[],
                user_key: &[],
                change,
            })
            .unwrap();
        }
    }
    let bytes: Arc<[u8]> = sink.finish().unwrap().output.into();
    Box::new(SegmentSource::open(bytes, "test").unwrap())
}

fn model(layers: &[Layer]) -> BTreeMap<(KeyGroup, u8), Vec<u8>> {
    let mut model = BTreeMap::new();
    for layer in layers {
        for (group, (content, steps)) in (0..).map(KeyGroup).zip(layer) {
            if *content == Content::Full {
                model.retain(|(there, _), _| *there != group);
            }
            for step in steps {
                match step {
                    Step::Put(key, value) => {
                        model.insert((group, *key), value.clone());
                    }
                    Step::Append(key, value) => {
                        let there: &mut Vec<u8> = model.entry((group, *key)).or_default();
                        there.extend_from_slice(value);
                    }
                    Step::Delete(key) => {
                        model.remove(&(group, *key));
                    }
                }
            }
        }
    }
    model
}

fn steps(group: u16, whole: bool) -> impl Strategy<Value = (Content, Vec<Step>)> {
    let value = || prop::collection::vec(any::<u8>(), 0..3);
    let key = (0u8..5).prop_map(move |key| key * GROUPS as u8 + group as u8);
    let step = (key, value(), 0..3).prop_map(|(key, value, kind)| match kind {
        0 => Step::Put(key, value),
        1 => Step::Append(key, value),
        _ => Step::Delete(key),
    });
    let full = if whole {
        Just(true).boxed()
    } else {
        prop::bool::weighted(0.2).boxed()
    };
    (full, prop::collection::vec(step, 0..6)).prop_map(|(full, mut steps)| {
        if full {
            steps.retain(|step| !matches!(step, Step::Delete(_)));
            return (Content::Full, steps);
        }
        (Content::Delta, steps)
    })
}

fn layer(whole: bool) -> impl Strategy<Value = Layer> {
    (0..GROUPS)
        .map(|group| steps(group, whole))
        .collect::<Vec<_>>()
}

fn read(chains: &mut [SnapshotChain], groups: KeyGroupRange) -> BTreeMap<(KeyGroup, u8), Vec<u8>> {
    let options = OfflineOptions::default();
    let merged = Merged::read(chains, "list", groups, &options).unwrap();
    let entries: Vec<_> = merged.into_entries().collect();
    assert!(entries.is_sorted());
    let named = entries.into_iter().map(|entry| {
        assert_eq!(entry.group, group_of(entry.key[0]));
        ((entry.group, entry.key[0]), entry.value)
    });
    named.collect()
}

proptest! {
    #[test]
    fn layers_lie_over_one_another_as_in_the_model(
        whole in layer(true),
        deltas in prop::collection::vec(layer(false), 0..4),
        one in 0..GROUPS,
    ) {
        let layers: Vec<_> = std::iter::once(whole).chain(deltas).collect();
        let chain = (0..).zip(&layers).map(|(place, layer)| segment(place, layer));
        let mut chains = vec![chain.collect()];
        let all = KeyGroupRange::new(0, 3).unwrap();
        let expected = model(&layers);
        prop_assert_eq!(&read(&mut chains, all), &expected);
        let group = KeyGroupRange::new(one.into(), one.into()).unwrap();
        let of_one = expected.into_iter().filter(|((group, _), _)| group.0 == one);
        prop_assert_eq!(read(&mut chains, group), of_one.collect());
    }
}

#[test]
fn memory_is_bounded() {
    let put = |key, length| Step::Put(key, vec![7; length]);
    let layer = vec![
        (Content::Full, vec![put(0, 60), put(4, 60)]),
        (Content::Full, vec![put(1, 90)]),
    ];
    let mut chains = vec![vec![segment(0, &layer)]];
    let options = OfflineOptions::default().with_max_held(100);
    let one = |group| KeyGroupRange::new(group, group).unwrap();
    assert!(Merged::read(&mut chains, "list", one(1), &options).is_ok());
    let error = Merged::read(&mut chains, "list", one(0), &options)
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert!(
        error.to_string().contains("'offline.max-held-size'"),
        "{error}"
    );
    // A value that is replaced does not count twice.
    let layer = vec![(Content::Full, vec![put(0, 60), put(0, 60), put(0, 90)])];
    let mut chains = vec![vec![segment(0, &layer)]];
    assert!(Merged::read(&mut chains, "list", one(0), &options).is_ok());
}
