//! The bytes of values, as `docs/format/values.md` lists them.

#![forbid(unsafe_code)]
#![expect(clippy::expect_used, reason = "helpers of tests")]
#![expect(
    clippy::zero_sized_map_values,
    reason = "whatever the types allow has a layout"
)]

use alluvium_state_api::{NativeCodec, NativeData, Schema, SchemaBuilder, TotalF64, decode_exact};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

fn golden<T: NativeData + PartialEq + Debug>(value: T, bytes: &[u8]) {
    let mut encoded = Vec::new();
    value.encode(&mut encoded);
    assert_eq!(encoded, bytes, "{value:?}");
    assert_eq!(decode_exact::<T>(&NativeCodec, bytes).ok(), Some(value));
}

fn refused<T: NativeData + Debug>(bytes: &[u8], reason: &str) {
    let error = decode_exact::<T>(&NativeCodec, bytes).expect_err(reason);
    assert!(error.to_string().contains(reason), "{error}");
}

fn schema<T: NativeData>() -> Schema {
    T::schema(&mut SchemaBuilder::default())
}

#[test]
fn scalars() {
    golden((), b"");
    golden(true, &[1]);
    golden(-2i8, &[0xfe]);
    golden(0x1234u16, &[0x34, 0x12]);
    golden(-2i32, &[0xfe, 0xff, 0xff, 0xff]);
    golden(1u64, &[1, 0, 0, 0, 0, 0, 0, 0]);
    golden(1usize, &[1, 0, 0, 0, 0, 0, 0, 0]);
    golden(
        1u128 << 120,
        &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    );
    golden(1.5f32, &[0, 0, 0xc0, 0x3f]);
    golden(TotalF64(-0.0), &[0, 0, 0, 0, 0, 0, 0, 0x80]);
    golden('é', &[0xe9, 0, 0, 0]);
}

#[test]
fn text_and_bytes() {
    golden("aé".to_owned(), &[3, b'a', 0xc3, 0xa9]);
    golden(Arc::<str>::from("a"), &[1, b'a']);
    golden(vec![7u8, 0], &[2, 7, 0]);
    golden([7u8, 0], &[7, 0]);
    let long = "x".repeat(300);
    let mut bytes = vec![0xac, 0x02];
    bytes.extend_from_slice(long.as_bytes());
    golden(long, &bytes);
}

#[test]
fn compounds() {
    golden(vec![1u16, 2], &[2, 1, 0, 2, 0]);
    golden(VecDeque::from([1u16, 2]), &[2, 1, 0, 2, 0]);
    golden(vec![(), ()], &[2, 0, 0]);
    golden([1u16, 2], &[1, 0, 2, 0]);
    golden([(), ()], &[]);
    golden((1u8, "a".to_owned()), &[1, 1, b'a']);
    golden(None::<u16>, &[0]);
    golden(Some(5u16), &[1, 5, 0]);
    golden(Box::new(5u16), &[5, 0]);
    golden(BTreeSet::from([3u8, 2]), &[2, 2, 3]);
    golden(
        BTreeMap::from([(256u16, 1u8), (1, 2)]),
        &[2, 1, 0, 2, 0, 1, 1],
    );
    golden(
        HashMap::<u16, u8>::from([(256, 1), (1, 2)]),
        &[2, 0, 1, 1, 1, 0, 2],
    );
    golden(BTreeMap::from([((), ())]), &[1, 0]);
}

#[test]
fn standard_types() {
    golden(Duration::new(1, 2), &[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]);
    golden(Ipv4Addr::LOCALHOST, &[127, 0, 0, 1]);
    golden(IpAddr::from([127, 0, 0, 1]), &[0, 127, 0, 0, 1]);
    let mut bytes = [0; 17];
    (bytes[0], bytes[16]) = (1, 1);
    golden(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]), &bytes);
}

#[test]
fn refusals_say_why() {
    refused::<u32>(&[1, 2], "expected 4 more bytes, found 2");
    refused::<u8>(&[1, 2], "followed by 1 bytes");
    refused::<bool>(&[2], "a bool must be 0 or 1, found 2");
    refused::<Option<u8>>(&[7, 1], "option must be 0 or 1, found 7");
    refused::<char>(&[0, 0xd8, 0, 0], "0xd800 is not a Unicode scalar value");
    refused::<String>(&[1, 0xff], "not UTF-8");
    refused::<Vec<u32>>(
        &[2, 0, 0, 0, 0, 0],
        "2 elements are announced, the bytes left hold at most 1",
    );
    refused::<Vec<u8>>(&[0x80, 0], "shortest form");
    refused::<Vec<()>>(&[1, 1], "filler");
    refused::<BTreeSet<u8>>(
        &[2, 1, 1],
        "of 2 entries of a collection only 1 are distinct",
    );
    refused::<HashMap<u8, u8>>(
        &[2, 1, 1, 1, 2],
        "of 2 entries of a collection only 1 are distinct",
    );
    refused::<Duration>(
        &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0xca, 0x9a, 0x3b],
        "1000000000 nanoseconds",
    );
    refused::<IpAddr>(&[2, 0], "'IpAddr' has no variant 2");
}

#[test]
fn schemas() {
    assert_eq!(schema::<Vec<u8>>(), Schema::Bytes);
    assert_eq!(schema::<Box<[u8]>>(), Schema::Bytes);
    assert_eq!(schema::<[u8; 2]>().to_string(), "[u8; 2]");
    assert_eq!(schema::<Vec<Vec<i8>>>().to_string(), "list<list<i8>>");
    assert_eq!(schema::<Box<usize>>(), Schema::U64);
    assert_eq!(schema::<Arc<str>>(), Schema::String);
    assert_eq!(
        schema::<HashMap<char, BTreeSet<Option<TotalF64>>>>().to_string(),
        "map<char, set<option<f64>>>"
    );
    assert_eq!(schema::<(bool, ())>().to_string(), "(bool, ())");
    assert_eq!(schema::<Duration>().to_string(), "struct Duration");
}
