//! Encodings of keys: round trips, order, prefixes, damage, arbitrary bytes, golden bytes.

#![forbid(unsafe_code)]
#![expect(clippy::indexing_slicing, reason = "helpers of tests")]

use alluvium_state_api::{
    ErrorKind, OrderedKey, Schema, SchemaBuilder, TotalF32, TotalF64, decode_key_exact,
};
use proptest::prelude::*;
use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

fn encode<K: OrderedKey>(key: &K) -> Vec<u8> {
    let mut bytes = Vec::new();
    key.encode_key(&mut bytes);
    bytes
}

fn decode<K: OrderedKey>(bytes: &[u8]) -> Option<K> {
    match decode_key_exact(bytes) {
        Ok(key) => Some(key),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
            None
        }
    }
}

fn check_pair<K: OrderedKey + Debug>(a: &K, b: &K) {
    let (left, right) = (encode(a), encode(b));
    assert_eq!(
        left.cmp(&right),
        a.cmp(b),
        "{a:?} {left:?} against {b:?} {right:?}"
    );
    if a == b {
        assert_eq!(a.key_hash(), b.key_hash());
    } else {
        assert!(
            !left.starts_with(&right),
            "{right:?} is a prefix of {left:?}"
        );
    }
    assert_eq!(decode::<K>(&left).as_ref(), Some(a));
    for length in (0..left.len()).step_by(left.len() / 64 + 1) {
        assert_eq!(decode::<K>(&left[..length]), None, "cut at {length}");
    }
}

/// Whatever `bytes` hold: if it is a key, then these are its bytes.
fn check_bytes<K: OrderedKey>(bytes: &[u8]) {
    let mut rest = bytes;
    if let Ok(key) = K::decode_key(&mut rest) {
        assert_eq!(encode(&key), bytes[..bytes.len() - rest.len()]);
    }
}

macro_rules! properties {
    ($($name:ident: $strategy:expr,)*) => {$(
        mod $name {
            use super::*;

            proptest! {
                #[test]
                fn order_is_kept(a in $strategy, b in $strategy) {
                    check_pair(&a, &b);
                    check_pair(&(a.clone(), b.clone()), &(b, a));
                }

                #[test]
                fn damage_never_panics(
                    key in $strategy,
                    at: prop::sample::Index,
                    flip in 1u8..,
                ) {
                    let mut bytes = encode(&key);
                    if !bytes.is_empty() {
                        let at = at.index(bytes.len());
                        bytes[at] ^= flip;
                    }
                    check_same(&key, &bytes);
                }

                #[test]
                fn arbitrary_bytes_never_panic(
                    key in $strategy,
                    bytes in prop::collection::vec(prop_oneof![0u8..4, any::<u8>()], 0..64),
                ) {
                    check_same(&key, &bytes);
                }
            }
        }
    )*};
}

/// [`check_bytes`] for the type of `_key`.
fn check_same<K: OrderedKey>(_key: &K, bytes: &[u8]) {
    check_bytes::<K>(bytes);
}

/// Texts over few letters, the escaped one among them, so that some share a beginning.
fn text() -> impl Strategy<Value = String> + Clone {
    prop_oneof!["[\0\u{1}a\u{ff}]{0,4}", any::<String>()]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> + Clone {
    let byte = prop_oneof![Just(0u8), Just(1), Just(0xfe), Just(0xff), any::<u8>()];
    prop::collection::vec(byte, 0..6)
}

/// Few values, so that many are equal.
fn near<T: Clone + Debug + 'static>(all: Vec<T>) -> impl Strategy<Value = T> + Clone {
    prop::sample::select(all)
}

properties! {
    unit: any::<()>(),
    bools: any::<bool>(),
    chars: any::<char>(),
    i8s: any::<i8>(),
    i16s: any::<i16>(),
    i32s: any::<i32>(),
    i64s: any::<i64>(),
    i128s: any::<i128>(),
    u8s: any::<u8>(),
    u16s: any::<u16>(),
    u32s: any::<u32>(),
    u64s: any::<u64>(),
    u128s: any::<u128>(),
    texts: text(),
    shared_texts: text().prop_map(Arc::<str>::from),
    boxed_texts: text().prop_map(Box::<str>::from),
    byte_vectors: bytes(),
    boxed_bytes: bytes().prop_map(Vec::into_boxed_slice),
    vectors: prop::collection::vec(near(vec![-1i16, 0, 1, 256]), 0..4),
    vectors_of_texts: prop::collection::vec(text(), 0..3),
    vectors_of_units: any::<Vec<()>>(),
    vectors_of_vectors: prop::collection::vec(bytes(), 0..3),
    arrays: any::<[i8; 2]>(),
    arrays_of_texts: [text(), text()],
    options: prop::option::of(near(vec![-1i32, 0, 1])),
    nested_options: any::<Option<Option<bool>>>(),
    floats: any::<u64>().prop_map(|bits| TotalF64(f64::from_bits(bits))),
    narrow_floats: any::<u32>().prop_map(|bits| TotalF32(f32::from_bits(bits))),
    small_floats: near(vec![TotalF64(0.0), TotalF64(-0.0), TotalF64(f64::NAN), TotalF64(-1.5)]),
    durations: any::<Duration>(),
    addresses: any::<IpAddr>(),
    addresses_of_4: any::<Ipv4Addr>(),
    addresses_of_6: any::<Ipv6Addr>(),
    six_tuples: (any::<bool>(), text(), near(vec![1u8, 2]), any::<()>(), bytes(), any::<i16>()),
}

fn golden<K: OrderedKey + Debug>(key: K, bytes: &[u8]) {
    assert_eq!(encode(&key), bytes, "{key:?}");
    assert_eq!(decode::<K>(bytes), Some(key));
}

#[test]
fn golden_scalars() {
    golden((), b"");
    golden(false, &[0]);
    golden(5u8, &[5]);
    golden(-1i8, &[0x7f]);
    golden(1i16, &[0x80, 1]);
    golden(0x1234u16, &[0x12, 0x34]);
    golden(-1i32, &[0x7f, 0xff, 0xff, 0xff]);
    golden(1u32, &[0, 0, 0, 1]);
    golden(i64::MIN, &[0; 8]);
    golden(1u64, &[0, 0, 0, 0, 0, 0, 0, 1]);
    golden('é', &[0, 0, 0, 0xe9]);
    golden(TotalF32(1.0), &[0xbf, 0x80, 0, 0]);
    golden(
        TotalF64(-0.0),
        &[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    );
    golden(TotalF64(0.0), &[0x80, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn golden_compounds() {
    golden(String::new(), &[0, 1]);
    golden("ab".to_owned(), &[b'a', b'b', 0, 1]);
    golden(vec![7u8, 0, 8], &[7, 0, 0xff, 8, 0, 1]);
    golden(vec![1u16, 2], &[1, 0, 1, 1, 0, 2, 0]);
    golden([1u16, 2], &[0, 1, 0, 2]);
    golden([7u8, 0], &[7, 0]);
    golden(None::<u8>, &[0]);
    golden(Some(5u8), &[1, 5]);
    golden(("a".to_owned(), 1u16), &[b'a', 0, 1, 0, 1]);
    golden(Duration::new(1, 2), &[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2]);
    golden(IpAddr::from([127, 0, 0, 1]), &[0, 127, 0, 0, 1]);
}

#[test]
fn refusals_say_why() {
    let reason = |error: alluvium_state_api::StateError| error.to_string();
    let cut = reason(decode_key_exact::<String>(b"ab").unwrap_err());
    assert_eq!(cut, "a byte string in a key has no end");
    let escape = reason(decode_key_exact::<Vec<u8>>(&[0, 2]).unwrap_err());
    assert_eq!(escape, "a byte string in a key has the unknown escape 0x02");
    let text = reason(decode_key_exact::<String>(&[0xff, 0, 1]).unwrap_err());
    assert!(text.starts_with("a string is not UTF-8"), "{text}");
    let more = reason(decode_key_exact::<u8>(&[1, 2]).unwrap_err());
    assert!(more.contains("followed by 1 bytes"), "{more}");
}

#[test]
fn schemas() {
    fn schema<K: OrderedKey>() -> Schema {
        K::key_schema(&mut SchemaBuilder::default())
    }
    assert_eq!(schema::<Vec<u8>>(), Schema::Bytes);
    assert_eq!(
        schema::<(TotalF32, [char; 3])>().to_string(),
        "(f32, [char; 3])"
    );
    assert_eq!(
        schema::<Option<Vec<Arc<str>>>>().to_string(),
        "option<list<string>>"
    );
}
