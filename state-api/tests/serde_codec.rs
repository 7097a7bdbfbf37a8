//! Values through serde.

#![forbid(unsafe_code)]
#![cfg(feature = "serde")]

use alluvium_state_api::{Codec, ErrorKind, SerdeCodec, StateData, decode_exact};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Debug;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Dot,
    Circle { radius: u32 },
    Named(String, Vec<Option<i64>>),
    Group(Vec<Shape>),
    Inside(Box<Shape>),
}

const CODEC: SerdeCodec<Shape> = SerdeCodec::new("test.Shape", 3);

fn codec<V>() -> SerdeCodec<V> {
    SerdeCodec::new("test", 1)
}

fn shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        Just(Shape::Dot),
        any::<u32>().prop_map(|radius| Shape::Circle { radius }),
        any::<(String, Vec<Option<i64>>)>().prop_map(|(name, many)| Shape::Named(name, many)),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Shape::Group),
            inner.prop_map(|shape| Shape::Inside(Box::new(shape))),
        ]
    })
}

fn nested(levels: usize) -> Shape {
    (0..levels).fold(Shape::Dot, |inner, _| Shape::Inside(Box::new(inner)))
}

proptest! {
    #[test]
    fn values_round_trip(value in shape()) {
        let mut bytes = Vec::new();
        CODEC.encode(&value, &mut bytes).unwrap();
        prop_assert_eq!(&decode_exact(&CODEC, &bytes).unwrap(), &value);
        for length in (0..bytes.len()).step_by(bytes.len() / 64 + 1) {
            let error = decode_exact(&CODEC, &bytes[..length]).unwrap_err();
            prop_assert_eq!(error.kind(), ErrorKind::Corrupt);
        }
        bytes.push(0);
        prop_assert!(decode_exact(&CODEC, &bytes).is_err());
        let mut rest = &bytes[..];
        prop_assert_eq!(CODEC.decode(&mut rest).unwrap(), value);
        prop_assert_eq!(rest, [0]);
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        bytes in prop::collection::vec(prop_oneof![0u8..6, any::<u8>()], 0..64),
    ) {
        fn hostile<V: StateData + Serialize + DeserializeOwned>(bytes: &[u8]) {
            if let Err(error) = codec::<V>().decode(&mut &bytes[..]) {
                assert_eq!(error.kind(), ErrorKind::Corrupt);
            }
        }
        hostile::<Shape>(&bytes);
        hostile::<(u8, i128, char, f64, bool)>(&bytes);
        hostile::<BTreeMap<String, Vec<u64>>>(&bytes);
        hostile::<Vec<[u64; 8]>>(&bytes);
    }
}

#[test]
fn encodings_are_appended() {
    let mut bytes = vec![9];
    CODEC
        .encode(&Shape::Circle { radius: 300 }, &mut bytes)
        .unwrap();
    assert_eq!(bytes, [9, 1, 0xac, 2]);
}

#[test]
fn what_cannot_be_serialized_is_misuse() {
    #[derive(Clone, Deserialize)]
    struct Endless;

    impl Serialize for Endless {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serde::ser::SerializeSeq::end(serializer.serialize_seq(None)?)
        }
    }

    let error = codec().encode(&Endless, &mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert_eq!(
        error.to_string(),
        "'test' version 1: a value cannot be serialized: The length of a sequence must be known"
    );
}

#[test]
fn announced_lengths_are_not_believed() {
    let mut bytes = vec![0xff; 9];
    bytes.push(1);
    assert!(decode_exact(&codec::<Vec<u64>>(), &bytes).is_err());
    assert!(decode_exact(&codec::<String>(), &bytes).is_err());
}

#[test]
fn depth_is_bounded_both_ways() {
    let mut bytes = Vec::new();
    CODEC.encode(&nested(20), &mut bytes).unwrap();
    assert_eq!(decode_exact(&CODEC, &bytes).unwrap(), nested(20));
    let error = CODEC.encode(&nested(2_000), &mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert_eq!(
        error.to_string(),
        "'test.Shape' version 3: a value is nested too deep"
    );
    let error = decode_exact(&CODEC, &vec![4; 1_000_000]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert_eq!(
        error.to_string(),
        "'test.Shape' version 3: the bytes nest too deep"
    );
}
