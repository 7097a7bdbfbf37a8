//! Derived types keep what the traits promise.

#![forbid(unsafe_code)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

#[path = "../../state-api/tests/support/walk.rs"]
mod walk;

use alluvium_state_api::{
    Codec, ErrorKind, NativeCodec, NativeData, OrderedKey, SchemaBuilder, TotalF64, decode_exact,
    decode_key_exact,
};
use alluvium_state_derive::{OrderedKey, StateData};
use proptest::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Debug;

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
    Nothing(),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, StateData, OrderedKey)]
struct Record<T> {
    event: Event,
    items: Vec<T>,
    last: T,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, StateData, OrderedKey)]
enum Path {
    End(u8),
    Fork(Vec<Path>),
}

#[derive(Clone, Debug, PartialEq, StateData)]
struct Profile {
    counts: HashMap<String, u64>,
    seen: BTreeSet<Event>,
    parent: Option<Box<Profile>>,
}

fn event() -> impl Strategy<Value = Event> + Clone {
    prop_oneof![
        Just(Event::Started),
        (-1i8..2, any::<Option<bool>>()).prop_map(|(from, to)| Event::Moved { from, to }),
        ("[\0ab]{0,3}", prop::collection::vec(0u8..2, 0..3))
            .prop_map(|(text, bytes)| Event::Said(text, bytes)),
        any::<u64>().prop_map(|bits| Event::Measured(TotalF64(f64::from_bits(bits)))),
        Just(Event::Nothing()),
    ]
}

fn record() -> impl Strategy<Value = Record<u16>> + Clone {
    (event(), prop::collection::vec(0u16..3, 0..3), 0u16..3)
        .prop_map(|(event, items, last)| Record { event, items, last })
}

fn path() -> impl Strategy<Value = Path> + Clone {
    (0u8..3)
        .prop_map(Path::End)
        .prop_recursive(4, 12, 3, |inner| {
            prop::collection::vec(inner, 0..3).prop_map(Path::Fork)
        })
}

fn profile() -> impl Strategy<Value = Profile> {
    let leaf = Just(None).boxed();
    leaf.prop_recursive(4, 4, 1, |inner| {
        let events = prop::collection::btree_set(event(), 0..4);
        let parts = (any::<HashMap<String, u64>>(), events, inner);
        parts.prop_map(|(counts, seen, parent)| {
            let parent = parent.map(Box::new);
            Some(Profile {
                counts,
                seen,
                parent,
            })
        })
    })
    .prop_filter_map("the innermost is nothing", |profile| profile)
}

fn check_value<T: NativeData + PartialEq + Debug>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    NativeCodec.encode(value, &mut bytes).unwrap();
    assert_eq!(&decode_exact::<T>(&NativeCodec, &bytes).unwrap(), value);
    assert!(bytes.len() >= T::MIN_WIDTH);
    for length in (0..bytes.len()).step_by(bytes.len() / 64 + 1) {
        let cut = decode_exact::<T>(&NativeCodec, &bytes[..length]).unwrap_err();
        assert_eq!(cut.kind(), ErrorKind::Corrupt);
    }
    let mut rest = &bytes[..];
    walk::skip(&T::schema(&mut SchemaBuilder::default()), &mut rest).unwrap();
    assert!(rest.is_empty());
    bytes
}

fn check_bytes<T: NativeData + PartialEq + Debug>(bytes: &[u8]) {
    let mut rest = bytes;
    if let Ok(value) = T::decode(&mut rest) {
        check_value(&value);
    }
}

fn check_keys<K: OrderedKey + Debug>(a: &K, b: &K) {
    let encode = |key: &K| {
        let mut bytes = Vec::new();
        key.encode_key(&mut bytes);
        bytes
    };
    let (left, right) = (encode(a), encode(b));
    assert_eq!(left.cmp(&right), a.cmp(b), "{a:?} against {b:?}");
    assert!(a == b || !left.starts_with(&right));
    assert_eq!(&decode_key_exact::<K>(&left).unwrap(), a);
    for length in 0..left.len() {
        let cut = decode_key_exact::<K>(&left[..length]).unwrap_err();
        assert_eq!(cut.kind(), ErrorKind::Corrupt);
    }
}

fn check_key_bytes<K: OrderedKey>(bytes: &[u8]) {
    let mut rest = bytes;
    if let Ok(key) = K::decode_key(&mut rest) {
        let mut again = Vec::new();
        key.encode_key(&mut again);
        assert_eq!(again, bytes[..bytes.len() - rest.len()]);
    }
}

proptest! {
    #[test]
    fn values_round_trip(event in event(), record in record(), path in path()) {
        check_value(&event);
        check_value(&record);
        check_value(&path);
    }

    #[test]
    fn damage_never_panics(profile in profile(), at: prop::sample::Index, flip in 1u8..) {
        let mut bytes = check_value(&profile);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        check_bytes::<Profile>(&bytes);
    }

    #[test]
    fn keys_keep_their_order(
        events in [event(), event()],
        records in [record(), record()],
        paths in [path(), path()],
    ) {
        check_keys(&events[0], &events[1]);
        check_keys(&records[0], &records[1]);
        check_keys(&paths[0], &paths[1]);
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        bytes in prop::collection::vec(prop_oneof![0u8..4, any::<u8>()], 0..64),
    ) {
        check_bytes::<Record<String>>(&bytes);
        check_bytes::<Path>(&bytes);
        check_bytes::<Profile>(&bytes);
        check_key_bytes::<Record<String>>(&bytes);
        check_key_bytes::<Path>(&bytes);
    }
}

#[test]
fn depth_is_bounded() {
    let error = decode_exact::<Path>(&NativeCodec, &vec![1; 1_000_000]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let bytes = [0, 1, 1].repeat(100_000);
    let error = decode_key_exact::<Path>(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "the bytes nest deeper than 128 levels");
    let deep = (0..200).fold(Path::End(0), |inner, _| Path::Fork(vec![inner]));
    let error = NativeCodec.encode(&deep, &mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
}
