//! Encodings of values: round trips, truncations, damage, arbitrary bytes.

#![forbid(unsafe_code)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]
#![expect(
    clippy::zero_sized_map_values,
    reason = "whatever the types allow must round-trip"
)]

mod support;

use alluvium_state_api::{
    ErrorKind, NativeCodec, NativeData, SchemaBuilder, TotalF32, TotalF64, decode_exact,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::Debug;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;
use support::walk;

fn encode<T: NativeData>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.encode(&mut bytes);
    bytes
}

fn decode<T: NativeData>(bytes: &[u8]) -> Option<T> {
    match decode_exact(&NativeCodec, bytes) {
        Ok(value) => Some(value),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
            None
        }
    }
}

fn check_value<T: NativeData + PartialEq + Debug>(value: &T) {
    let bytes = encode(value);
    assert_eq!(decode::<T>(&bytes).as_ref(), Some(value));
    assert!(bytes.len() >= T::MIN_WIDTH, "{bytes:?}");
    for length in (0..bytes.len()).step_by(bytes.len() / 64 + 1) {
        assert_eq!(decode::<T>(&bytes[..length]), None, "cut at {length}");
    }
    let schema = T::schema(&mut SchemaBuilder::default());
    let mut rest = &bytes[..];
    walk::skip(&schema, &mut rest).unwrap();
    assert!(rest.is_empty(), "{schema} leaves {rest:?}");
}

/// Whatever `bytes` hold: if it is a value, then it is one that round-trips.
fn check_bytes<T: NativeData + PartialEq + Debug>(bytes: &[u8]) {
    let mut rest = bytes;
    if let Ok(value) = T::decode(&mut rest) {
        assert_eq!(decode::<T>(&encode(&value)), Some(value));
    }
}

macro_rules! properties {
    ($($name:ident: $type:ty,)*) => {$(
        mod $name {
            use super::*;

            proptest! {
                #[test]
                fn values_round_trip(value: $type) {
                    check_value(&value);
                }

                #[test]
                fn damage_never_panics(value: $type, at: prop::sample::Index, flip in 1u8..) {
                    let mut bytes = encode(&value);
                    if !bytes.is_empty() {
                        let at = at.index(bytes.len());
                        bytes[at] ^= flip;
                    }
                    check_bytes::<$type>(&bytes);
                }

                #[test]
                fn arbitrary_bytes_never_panic(
                    bytes in prop::collection::vec(prop_oneof![0u8..4, any::<u8>()], 0..64),
                ) {
                    check_bytes::<$type>(&bytes);
                }
            }
        }
    )*};
}

type FixedHashMap<K, V> = HashMap<K, V, std::hash::BuildHasherDefault<Seedless>>;

/// A hasher without a seed.
#[derive(Clone, Default)]
struct Seedless(u64);

impl std::hash::Hasher for Seedless {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(5) ^ u64::from(*byte);
        }
    }
}

properties! {
    unit: (),
    bools: bool,
    chars: char,
    i8s: i8,
    i16s: i16,
    i32s: i32,
    i64s: i64,
    i128s: i128,
    isizes: isize,
    u8s: u8,
    u16s: u16,
    u32s: u32,
    u64s: u64,
    u128s: u128,
    usizes: usize,
    strings: String,
    boxed_strs: Box<str>,
    shared_strs: Arc<str>,
    bytes: Vec<u8>,
    boxed_bytes: Box<[u8]>,
    byte_arrays: [u8; 5],
    arrays: [u16; 3],
    nested_arrays: [[Option<u8>; 2]; 2],
    unit_arrays: [(); 3],
    vectors: Vec<u32>,
    unit_vectors: Vec<()>,
    string_vectors: Vec<String>,
    nested_vectors: Vec<Vec<Option<u16>>>,
    deques: VecDeque<u16>,
    options: Option<u32>,
    nested_options: Option<Option<()>>,
    boxes: Box<u32>,
    boxes_of_vectors: Vec<Box<Vec<Arc<u8>>>>,
    maps: BTreeMap<i16, String>,
    maps_to_nothing: BTreeMap<String, ()>,
    sets: BTreeSet<String>,
    unit_sets: BTreeSet<()>,
    hash_maps: HashMap<u32, String>,
    unit_hash_maps: HashMap<(), ()>,
    hash_sets: HashSet<String>,
    one_tuples: (String,),
    pairs: (u8, String),
    eight_tuples: (u8, (), i16, String, bool, Option<u8>, Vec<u8>, char),
    durations: Duration,
    addresses: IpAddr,
    addresses_of_4: Ipv4Addr,
    addresses_of_6: Vec<Ipv6Addr>,
}

proptest! {
    #[test]
    fn floats_keep_their_bits(bits: u64) {
        let (wide, narrow) = (f64::from_bits(bits), f32::from_bits(bits as u32));
        check_value(&TotalF64(wide));
        check_value(&TotalF32(narrow));
        prop_assert_eq!(encode(&wide), bits.to_le_bytes());
        prop_assert_eq!(encode(&narrow), (bits as u32).to_le_bytes());
    }

    #[test]
    fn hash_maps_encode_in_one_order(entries: Vec<(u32, u8)>) {
        let forward: FixedHashMap<_, _> = entries.iter().copied().collect();
        let mut backward = HashMap::with_capacity(1000);
        for (key, _) in entries.iter().rev() {
            backward.insert(*key, forward[key]);
        }
        prop_assert_eq!(encode(&forward), encode(&backward));
        prop_assert_eq!(
            decode::<BTreeMap<_, _>>(&encode(&backward)).unwrap(),
            forward.into_iter().collect::<BTreeMap<_, _>>()
        );
    }
}

#[test]
fn deques_that_wrap_around_read_in_order() {
    let mut deque = VecDeque::with_capacity(4);
    deque.extend([1u16, 2, 3, 4]);
    deque.rotate_left(3);
    deque.pop_front();
    deque.push_back(5);
    check_value(&deque);
    assert_eq!(encode(&deque), encode(&Vec::from(deque.clone())));
}

#[test]
fn phantom_data_leaves_no_trace() {
    check_value(&PhantomData::<NotData>);
    check_value(&vec![PhantomData::<NotData>; 3]);
}

#[derive(Clone, Debug, PartialEq)]
struct NotData;
