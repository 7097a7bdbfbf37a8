//! Renaming, removing, re-keying.

use crate::program::{All, Of, SPLIT, UID, UNION, max, put_all, restore_keyed, restore_operator};
use alluvium::checkpoint::{
    CheckpointMetadata, OfflineOptions, OfflineSnapshot, OperatorWriter, SavepointWriter,
};
use alluvium::{ErrorKind, KeyGroup, OrderedKey, RawKeyedState, TotalF64};
use proptest::prelude::*;
use std::fmt::Debug;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, alluvium::StateData, OrderedKey)]
enum Place {
    Nowhere,
    At { x: i32, name: String },
    Code([u8; 4]),
}

fn savepoint<K: OrderedKey>(all: &All<K>, groups: u32, parallelism: u32) -> CheckpointMetadata {
    let mut operator = OperatorWriter::new(UID, max(groups), parallelism).unwrap();
    put_all(&mut operator, all).unwrap();
    operator.list(&SPLIT, &[1, 2, 3]).unwrap();
    operator.list(&UNION, &["a".to_owned()]).unwrap();
    let mut savepoint = SavepointWriter::new("test");
    savepoint.add(operator).unwrap();
    savepoint.into_metadata().unwrap()
}

fn rekeyed(snapshot: &OfflineSnapshot, groups: u32) -> alluvium::Result<CheckpointMetadata> {
    let mut savepoint = SavepointWriter::from_snapshot(snapshot)?;
    savepoint.set_max_parallelism(UID, max(groups))?;
    savepoint.into_metadata()
}

/// Every key must be where the program with the new number of groups looks for it; and a savepoint
/// that was re-keyed must be the one that would have been written with that number.
fn check<K: OrderedKey + Debug>(keys: Vec<K>, from: u32, to: u32, held: u64) {
    let keys = keys.into_iter().zip(0i32..).map(|(key, number)| {
        let mut of = Of {
            least: Some(number),
            ..Of::default()
        };
        of.map.insert(format!("{number}"), 0.5);
        of.list = vec![Some(number.into()), None];
        (key, of)
    });
    let all: All<K> = keys.collect();
    let parallelism = 3.min(from).min(to);
    let before = savepoint(&all, from, parallelism);
    let options = OfflineOptions::default().with_max_held(held);
    let snapshot = OfflineSnapshot::from(before).with_options(options);
    let after = rekeyed(&snapshot, to).unwrap();
    assert_eq!(after.operators[0].max_parallelism, max(to));
    let after = CheckpointMetadata::from_bytes(&after.to_bytes().unwrap()).unwrap();
    for restored in [1, parallelism, to.min(5)] {
        assert_eq!(restore_keyed::<K>(&after, UID, restored).unwrap(), all);
        let operator = restore_operator(&after, UID, restored).unwrap();
        assert_eq!(operator.split.concat(), [1, 2, 3]);
        assert_eq!(operator.union[0], ["a"]);
    }
    if held == u64::MAX {
        assert_eq!(after, savepoint(&all, to, parallelism));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn keys_of_any_type_go_where_they_are_looked_for(
        texts: Vec<String>,
        numbers: Vec<u64>,
        pairs: Vec<(Option<bool>, Vec<u8>)>,
        floats in prop::collection::vec(any::<f64>().prop_map(TotalF64), 0..20),
        places in prop::collection::vec(prop_oneof![
            Just(Place::Nowhere),
            any::<(i32, String)>().prop_map(|(x, name)| Place::At { x, name }),
            any::<[u8; 4]>().prop_map(Place::Code),
        ], 0..20),
        from in 1u32..400,
        to in 1u32..400,
    ) {
        check(texts, from, to, u64::MAX);
        check(numbers, from, to, u64::MAX);
        check(pairs, from, to, u64::MAX);
        check(floats, from, to, u64::MAX);
        check(places, from, to, u64::MAX);
    }

    /// However little memory there is, as long as one group fits.
    #[test]
    fn memory_may_be_short(from in 100u32..300, to in 100u32..300, held in 1_000u64..4_000) {
        check((0u64..300).collect(), from, to, held);
    }
}

#[test]
fn operators_are_renamed_and_removed() {
    let all: All<u8> = [(
        1,
        Of {
            least: Some(1),
            ..Of::default()
        },
    )]
    .into();
    let mut metadata = savepoint(&all, 16, 2);
    metadata.properties.insert("engine".into(), vec![1]);
    let snapshot = OfflineSnapshot::from(metadata);
    let mut changed = SavepointWriter::from_snapshot(&snapshot).unwrap();
    changed
        .add(OperatorWriter::new("new", max(16), 2).unwrap())
        .unwrap();
    for (from, to, told) in [
        ("nobody", "x", "no operator 'nobody'"),
        (UID, "new", "has an operator 'new' already"),
        (UID, "", "needs a uid"),
        ("new", "newer", "made of rows"),
    ] {
        let error = changed.rename_operator(from, to).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    changed.rename_operator(UID, "renamed").unwrap();
    changed.remove_operator("new").unwrap();
    assert!(changed.remove_operator("new").is_err());
    let changed = changed.into_metadata().unwrap();
    assert_eq!(changed.properties["engine"], [1]);
    let changed = CheckpointMetadata::from_bytes(&changed.to_bytes().unwrap()).unwrap();
    assert_eq!(restore_keyed::<u8>(&changed, "renamed", 1).unwrap(), all);
    assert!(restore_keyed::<u8>(&changed, UID, 1).is_err());
}

#[test]
fn raw_keyed_state_cannot_be_re_keyed() {
    let mut metadata = savepoint::<u8>(&All::new(), 16, 2);
    let raw = RawKeyedState::from_groups([(KeyGroup(3), vec![1])]);
    metadata.operators[0].subtasks[0].raw_keyed = raw.clone();
    let snapshot = OfflineSnapshot::from(metadata);
    let error = rekeyed(&snapshot, 32).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    assert!(
        error
            .to_string()
            .contains("raw keyed state, which cannot be re-keyed"),
        "{error}"
    );
    let same = rekeyed(&snapshot, 16).unwrap();
    assert_eq!(same.operators[0].subtasks[0].raw_keyed, raw);
    let error = rekeyed(
        &OfflineSnapshot::from(savepoint::<u8>(&All::new(), 16, 2)),
        1,
    )
    .unwrap_err();
    assert!(error.to_string().contains("2 subtasks"), "{error}");
}

/// A key with a hash that no schema tells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Odd(u8);

impl OrderedKey for Odd {
    fn encode_key(&self, out: &mut Vec<u8>) {
        out.push(self.0);
    }

    fn decode_key(input: &mut &[u8]) -> alluvium::Result<Self> {
        u8::decode_key(input).map(Self)
    }

    fn key_hash(&self) -> i32 {
        77
    }

    fn key_schema(schemas: &mut alluvium::SchemaBuilder) -> alluvium::Schema {
        u8::key_schema(schemas)
    }
}

#[test]
fn a_hash_of_its_own_is_found_out() {
    let all: All<Odd> = (0..9)
        .map(|n| {
            (
                Odd(n),
                Of {
                    least: Some(1),
                    ..Of::default()
                },
            )
        })
        .collect();
    let snapshot = OfflineSnapshot::from(savepoint(&all, 128, 1));
    let error = rekeyed(&snapshot, 256).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    assert!(error.to_string().contains("hash of its own"), "{error}");
}
