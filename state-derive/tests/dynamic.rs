//! Dynamic values of derived types against their typed codecs.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use alluvium_state_api::{
    DynamicKeyType, DynamicType, NativeData, OrderedKey, SchemaBuilder, TotalF64,
};
use alluvium_state_derive::{OrderedKey, StateData};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, StateData, OrderedKey)]
enum Event {
    Started,
    #[state(tag = 9)]
    Moved {
        from: i8,
        to: Option<bool>,
    },
    Said(String, Vec<u8>),
    #[state(tag = 1)]
    Measured(TotalF64),
    Wrapped(Option<Name>),
    Nothing(),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, StateData, OrderedKey)]
struct Name(Option<String>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, StateData, OrderedKey)]
struct Empty;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, StateData, OrderedKey)]
struct Pair(Event, Empty);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, StateData, OrderedKey)]
enum Tree {
    Leaf(u8),
    Fork(Vec<Tree>),
}

/// May be `null` in JSON, at every level.
#[derive(Clone, Debug, PartialEq, StateData)]
struct Chain(Option<Box<Chain>>);

#[derive(Clone, Debug, PartialEq, StateData)]
struct Profile {
    counts: HashMap<Name, u64>,
    events: BTreeMap<u8, Event>,
    parent: Option<Box<Profile>>,
    empty: Vec<Empty>,
}

fn name() -> impl Strategy<Value = Name> {
    any::<Option<String>>().prop_map(Name)
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::Started),
        (any::<i8>(), any::<Option<bool>>()).prop_map(|(from, to)| Event::Moved { from, to }),
        ("[\0ab]{0,3}", prop::collection::vec(0u8..2, 0..3))
            .prop_map(|(text, bytes)| Event::Said(text, bytes)),
        any::<u64>().prop_map(|bits| Event::Measured(TotalF64(f64::from_bits(bits)))),
        prop::option::of(name()).prop_map(Event::Wrapped),
        Just(Event::Nothing()),
    ]
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = any::<u8>().prop_map(Tree::Leaf);
    leaf.prop_recursive(5, 30, 4, |tree| {
        prop::collection::vec(tree, 0..4).prop_map(Tree::Fork)
    })
}

fn chain() -> impl Strategy<Value = Chain> {
    (0..5).prop_map(|length| (0..length).fold(Chain(None), |inner, _| Chain(Some(Box::new(inner)))))
}

fn profile() -> impl Strategy<Value = Profile> {
    let leaf = (
        prop::collection::hash_map(name(), any::<u64>(), 0..3),
        prop::collection::btree_map(any::<u8>(), event(), 0..3),
        0usize..3,
    )
        .prop_map(|(counts, events, empty)| Profile {
            counts,
            events,
            parent: None,
            empty: vec![Empty; empty],
        });
    leaf.prop_recursive(3, 4, 1, |parent| {
        parent.prop_map(|parent| Profile {
            parent: Some(Box::new(parent.clone())),
            ..parent
        })
    })
}

fn check<T: NativeData>(typed: &T) {
    let of = DynamicType::new(&T::schema(&mut SchemaBuilder::default())).unwrap();
    let mut bytes = Vec::new();
    typed.encode(&mut bytes);
    let mut value = of.decode_exact(&bytes).unwrap();
    let mut again = Vec::new();
    of.encode(&value, &mut again).unwrap();
    assert_eq!(again, bytes);
    value.sort();
    let json = of.to_json(&value);
    assert_eq!(of.from_json(&json).unwrap(), value, "{json}");
    assert_eq!(of.from_text(&of.to_text(&value)).unwrap(), value, "{json}");
}

fn check_keys<K: OrderedKey>(a: &K, b: &K) {
    let of = DynamicKeyType::new(&K::key_schema(&mut SchemaBuilder::default())).unwrap();
    let dynamic = |key: &K| {
        let (mut bytes, mut again) = (Vec::new(), Vec::new());
        key.encode_key(&mut bytes);
        let value = of.decode_exact(&bytes).unwrap();
        of.encode(&value, &mut again).unwrap();
        assert_eq!(again, bytes);
        assert_eq!(of.key_hash(&value).unwrap(), key.key_hash());
        value
    };
    assert_eq!(dynamic(a).cmp(&dynamic(b)), a.cmp(b));
}

proptest! {
    #[test]
    fn events_come_back(a in event(), b in event()) {
        check(&a);
        check(&Pair(a.clone(), Empty));
        check_keys(&a, &b);
        check_keys(&Pair(a, Empty), &Pair(b, Empty));
    }

    #[test]
    fn trees_come_back(a in tree(), b in tree()) {
        check(&a);
        check_keys(&a, &b);
    }

    #[test]
    fn chains_come_back(chain in chain()) {
        check(&chain);
    }

    #[test]
    fn profiles_come_back(profile in profile()) {
        check(&profile);
    }

    #[test]
    fn arbitrary_bytes_are_judged_alike(bytes in prop::collection::vec(0u8..5, 0..40)) {
        let of = DynamicType::new(&Profile::schema(&mut SchemaBuilder::default())).unwrap();
        let (mut typed, mut dynamic) = (&bytes[..], &bytes[..]);
        let (a, b) = (Profile::decode(&mut typed), of.decode(&mut dynamic));
        prop_assert_eq!(a.is_ok(), b.is_ok(), "{:?} {:?}", a, b);
        if b.is_ok() {
            prop_assert_eq!(typed, dynamic);
        }
    }
}

#[test]
fn derived_types_are_shown_with_their_names() {
    let of = DynamicType::new(&Event::schema(&mut SchemaBuilder::default())).unwrap();
    for (event, shown, json) in [
        (Event::Started, "Started", "\"Started\""),
        (
            Event::Moved {
                from: -1,
                to: Some(true),
            },
            "Moved { from: -1, to: Some(true) }",
            r#"{"Moved":{"from":-1,"to":true}}"#,
        ),
        (
            Event::Said("a".into(), vec![0, 1]),
            "Said(\"a\", 0x0001)",
            r#"{"Said":["a","0x0001"]}"#,
        ),
        (
            Event::Wrapped(Some(Name(None))),
            "Wrapped(Some(Name(None)))",
            r#"{"Wrapped":{"some":null}}"#,
        ),
    ] {
        let mut bytes = Vec::new();
        event.encode(&mut bytes);
        let value = of.decode_exact(&bytes).unwrap();
        assert_eq!(of.show(&value).to_string(), shown);
        assert_eq!(of.to_json(&value).to_string(), json);
    }
}
