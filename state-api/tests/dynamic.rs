//! Dynamic values against the typed codecs: the same bytes, the same order, the same hashes.

#![forbid(unsafe_code)]
#![cfg(feature = "json")]
#![expect(
    clippy::unwrap_used,
    clippy::zero_sized_map_values,
    reason = "helpers of tests"
)]

use alluvium_state_api::{
    DynamicKeyType, DynamicType, DynamicValue, ErrorKind, MaxParallelism, NativeData, OrderedKey,
    Schema, SchemaBuilder, TotalF32, TotalF64, decode_key_exact,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

fn value_type<T: NativeData>() -> DynamicType {
    DynamicType::new(&T::schema(&mut SchemaBuilder::default())).unwrap()
}

fn key_type<K: OrderedKey>() -> DynamicKeyType {
    DynamicKeyType::new(&K::key_schema(&mut SchemaBuilder::default())).unwrap()
}

fn key_bytes<K: OrderedKey>(key: &K) -> Vec<u8> {
    let mut bytes = Vec::new();
    key.encode_key(&mut bytes);
    bytes
}

/// Bytes, JSON, text: what goes there comes back.
fn check_value<T: NativeData>(typed: &T) {
    let of = value_type::<T>();
    let mut bytes = Vec::new();
    typed.encode(&mut bytes);
    let mut value = of.decode_exact(&bytes).unwrap();
    let mut again = Vec::new();
    of.encode(&value, &mut again).unwrap();
    assert_eq!(again, bytes);
    let json = of.to_json(&value);
    let printed = serde_json::from_str(&json.to_string()).unwrap();
    value.sort();
    let back = of.from_json(&printed);
    assert_eq!(back.as_ref().ok(), Some(&value), "{json}: {back:?}");
    assert!(!of.show(&value).to_string().is_empty());
}

/// Whatever the bytes: the typed codec takes them if and only if the dynamic one does.
fn check_bytes<T: NativeData>(_: &T, bytes: &[u8]) {
    let of = value_type::<T>();
    let (mut typed, mut dynamic) = (bytes, bytes);
    let (a, b) = (T::decode(&mut typed), of.decode(&mut dynamic));
    assert_eq!(a.is_ok(), b.is_ok(), "{:?} {b:?}", a.err());
    let Ok(value) = b else { return };
    assert_eq!(typed, dynamic);
    let mut again = Vec::new();
    of.encode(&value, &mut again).unwrap();
    assert_eq!(again, bytes.strip_suffix(dynamic).unwrap());
}

fn check_keys<K: OrderedKey>(a: &K, b: &K, bytes: &[u8]) {
    let of = key_type::<K>();
    let dynamic = |key: &K| {
        let bytes = key_bytes(key);
        let value = of.decode_exact(&bytes).unwrap();
        let mut again = Vec::new();
        of.encode(&value, &mut again).unwrap();
        assert_eq!(again, bytes);
        assert_eq!(of.key_hash(&value).unwrap(), key.key_hash());
        assert_eq!(of.from_json(&of.to_json(&value)).unwrap(), value);
        value
    };
    assert_eq!(dynamic(a).cmp(&dynamic(b)), a.cmp(b));
    let (typed, found) = (decode_key_exact::<K>(bytes), of.decode_exact(bytes));
    assert_eq!(typed.is_ok(), found.is_ok(), "{:?} {found:?}", typed.err());
}

macro_rules! values {
    ($($name:ident: $strategy:expr,)*) => {$(
        mod $name {
            use super::*;

            proptest! {
                #[test]
                fn bytes_and_json_come_back(value in $strategy) {
                    check_value(&value);
                }

                #[test]
                fn arbitrary_bytes_are_judged_alike(
                    value in $strategy,
                    bytes in prop::collection::vec(prop_oneof![0u8..4, any::<u8>()], 0..64),
                    at: prop::sample::Index,
                    flip in 1u8..,
                ) {
                    check_bytes(&value, &bytes);
                    let mut bytes = Vec::new();
                    value.encode(&mut bytes);
                    if !bytes.is_empty() {
                        let at = at.index(bytes.len());
                        bytes[at] ^= flip;
                    }
                    check_bytes(&value, &bytes);
                }
            }
        }
    )*};
}

macro_rules! keys {
    ($($name:ident: $strategy:expr,)*) => {$(
        mod $name {
            use super::*;

            proptest! {
                #[test]
                fn encoding_order_and_hash_agree(
                    a in $strategy,
                    b in $strategy,
                    bytes in prop::collection::vec(prop_oneof![0u8..4, any::<u8>()], 0..32),
                ) {
                    check_keys(&a, &b, &bytes);
                }
            }
        }
    )*};
}

fn bits32() -> impl Strategy<Value = f32> {
    any::<u32>().prop_map(f32::from_bits)
}

fn bits64() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits)
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let readable = any::<String>().prop_map(String::into_bytes);
    prop_oneof![
        readable,
        any::<Vec<u8>>(),
        Just(b"0x00".to_vec()),
        Just(vec![65, 0])
    ]
}

values! {
    unit: any::<()>(),
    integers: any::<(i8, i16, i32, i64, i128)>(),
    naturals: any::<(u8, u16, u32, u64, u128)>(),
    small_wide_integers: any::<i8>().prop_map(|n| (i128::from(n), i64::from(n))),
    floats_of_32: bits32(),
    floats_of_64: bits64(),
    plain_floats: any::<(f32, f64)>(),
    chars: any::<char>(),
    texts: any::<String>(),
    byte_vectors: bytes(),
    byte_arrays: any::<[u8; 4]>(),
    codes: "[A-Z]{0,4}".prop_map(|code| {
        let mut bytes = [0u8; 4];
        bytes[..code.len()].copy_from_slice(code.as_bytes());
        bytes
    }),
    arrays: any::<[i16; 3]>(),
    arrays_of_nothing: any::<[(); 3]>(),
    lists: any::<Vec<(u8, String)>>(),
    lists_of_nothing: any::<Vec<((), ())>>(),
    options: any::<Vec<Option<bool>>>(),
    options_of_options: any::<Vec<Option<Option<()>>>>(),
    ordered_sets: any::<BTreeSet<i16>>(),
    sets: any::<HashSet<u16>>(),
    sets_of_nothing: any::<HashSet<()>>(),
    ordered_maps: any::<BTreeMap<String, u8>>(),
    maps: any::<HashMap<i32, String>>(),
    maps_by_bool: any::<BTreeMap<bool, ()>>(),
    maps_by_char: any::<BTreeMap<char, u8>>(),
    maps_by_pair: any::<BTreeMap<(u8, u8), Vec<u8>>>(),
    maps_of_nothing: any::<BTreeMap<(), ()>>(),
    addresses: any::<(IpAddr, Ipv4Addr, Ipv6Addr)>(),
    pointers: any::<(Box<u8>, Arc<String>)>(),
}

keys! {
    unit_keys: any::<()>(),
    bool_keys: any::<bool>(),
    i8_keys: any::<i8>(),
    i16_keys: any::<i16>(),
    i32_keys: any::<i32>(),
    i64_keys: any::<i64>(),
    i128_keys: any::<i128>(),
    u8_keys: any::<u8>(),
    u16_keys: any::<u16>(),
    u32_keys: any::<u32>(),
    u64_keys: any::<u64>(),
    u128_keys: any::<u128>(),
    f32_keys: bits32().prop_map(TotalF32),
    f64_keys: bits64().prop_map(TotalF64),
    char_keys: any::<char>(),
    text_keys: any::<String>(),
    byte_keys: bytes(),
    code_keys: any::<[u8; 4]>(),
    array_keys: any::<[u16; 2]>(),
    list_keys: any::<Vec<String>>(),
    lists_of_nothing_keys: any::<Vec<()>>(),
    option_keys: any::<Option<Option<u8>>>(),
    tuple_keys: any::<(String, i32, Option<bool>)>(),
    address_keys: any::<(IpAddr, Ipv4Addr, Ipv6Addr)>(),
}

/// Whether nanoseconds are less than a second, which only the type itself knows.
#[test]
fn durations_are_structs() {
    let duration = Duration::new(1, 2);
    check_value(&duration);
    check_keys(&duration, &Duration::new(0, 999_999_999), &[]);
}

#[test]
fn keys_land_where_typed_keys_land() {
    let max = MaxParallelism::new(128).unwrap();
    for (schema, key, group) in [
        (Schema::String, DynamicValue::from("hello"), 35),
        (Schema::I32, DynamicValue::from(42i32), 29),
        (Schema::U32, DynamicValue::from(u32::MAX), 80),
        (Schema::I64, DynamicValue::from(127i64), 27),
        (Schema::I8, DynamicValue::from(-1i8), 80),
    ] {
        let of = DynamicKeyType::new(&schema).unwrap();
        assert_eq!(of.group_of(&key, max).unwrap().0, group, "{schema} {key}");
    }
}

#[test]
fn sets_and_maps_are_no_keys() {
    for schema in [
        Schema::Set(Schema::U8.into()),
        Schema::Option(Box::new(Schema::Map(Schema::U8.into(), Schema::U8.into()))),
        Schema::Opaque {
            name: "x".into(),
            version: 1,
        },
    ] {
        let error = DynamicKeyType::new(&schema).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse, "{schema}");
    }
}

#[test]
fn what_is_opaque_stays_as_it_is() {
    let opaque = Schema::Opaque {
        name: "geometry.Point".into(),
        version: 3,
    };
    for schema in [opaque.clone(), Schema::List(opaque.into())] {
        let of = DynamicType::new(&schema).unwrap();
        assert!(of.is_opaque());
        let value = of.decode_exact(&[2, 1]).unwrap();
        assert_eq!(value, DynamicValue::Opaque(vec![2, 1]));
        let shown = of.show(&value).to_string();
        assert!(shown.contains("'geometry.Point' version 3"), "{shown}");
        assert!(shown.ends_with(": 0x0201"), "{shown}");
        let json = of.to_json(&value);
        assert_eq!(json["bytes"], "0x0201");
        assert_eq!(of.from_json(&json).unwrap(), value);
        let mut bytes = Vec::new();
        of.encode(&value, &mut bytes).unwrap();
        assert_eq!(bytes, [2, 1]);
    }
}

/// Bytes and trees that would take all memory, or all of the stack.
#[test]
fn hostile_trees_are_bounded() {
    let nothing = |length| Schema::Array(length, Schema::Unit.into());
    let huge = Schema::Array(u32::MAX, nothing(u32::MAX).into());
    for (schema, bytes) in [
        (huge.clone(), vec![]),
        (Schema::List(nothing(1 << 20).into()), vec![3, 0, 0, 0]),
        (Schema::List(huge.into()), vec![1, 0]),
    ] {
        let error = DynamicType::new(&schema)
            .unwrap()
            .decode_exact(&bytes)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{schema}: {error}");
    }
    let endless = Schema::Struct {
        name: "T".into(),
        fields: vec![alluvium_state_api::Field {
            name: "0".into(),
            schema: Schema::Recursive(0),
        }],
    };
    let of = DynamicType::new(&endless).unwrap();
    assert_eq!(of.decode_exact(&[]).unwrap_err().kind(), ErrorKind::Corrupt);
    assert!(of.from_json(&serde_json::json!(1)).is_err());
    assert!(of.from_text("1").is_err());
}

/// As deep as a tree can be, over and over: the limit must come before the end of the stack.
#[test]
fn the_deepest_value_fits_the_stack() {
    let mut inside = Schema::Option(Schema::Recursive(0).into());
    for _ in 0..60 {
        inside = Schema::Option(inside.into());
    }
    let deep = Schema::Struct {
        name: "T".into(),
        fields: vec![alluvium_state_api::Field {
            name: "a".into(),
            schema: inside,
        }],
    };
    let of = DynamicType::new(&deep).unwrap();
    let error = of.decode_exact(&vec![1; 100_000]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    let mut bytes = vec![1; 480];
    bytes.push(0);
    let value = of.decode_exact(&bytes).unwrap();
    let json = of.to_json(&value);
    assert_eq!(of.from_json(&json).unwrap(), value);
    assert!(of.show(&value).to_string().len() > 480);
    let mut again = Vec::new();
    of.encode(&value.clone(), &mut again).unwrap();
    assert_eq!(again, bytes);
}

fn misuse(of: &Schema, json: serde_json::Value) -> String {
    let error = DynamicType::new(of).unwrap().from_json(&json).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    error.to_string()
}

#[test]
fn what_does_not_fit_is_named_with_its_place() {
    use serde_json::json;
    let field = |name: &str, schema| alluvium_state_api::Field {
        name: name.into(),
        schema,
    };
    let order = Schema::Struct {
        name: "Order".into(),
        fields: vec![
            field("price", Schema::U32),
            field("note", Schema::Option(Schema::String.into())),
        ],
    };
    let orders = Schema::List(order.clone().into());
    let of = DynamicType::new(&orders).unwrap();
    assert!(of.from_json(&json!([{"price": 3}])).is_ok());
    for (json, told) in [
        (
            json!([{"price": 1}, {"price": -1}]),
            "'[1].price': expected u32 (0 to 4294967295), found -1",
        ),
        (
            json!([{"price": 1.5}]),
            "'[0].price': expected u32 (0 to 4294967295), found 1.5",
        ),
        (
            json!([{"note": "x"}]),
            "'[0].price': expected u32, found nothing",
        ),
        (
            json!([{"price": 1, "prise": 2}]),
            "'[0]': 'Order' has no field 'prise', its fields are: price, note",
        ),
        (json!([7]), "'[0]': expected an object for 'Order', found 7"),
        (json!({}), "expected a list, found an object"),
    ] {
        assert_eq!(misuse(&orders, json), told);
    }
    assert_eq!(
        misuse(&Schema::Char, json!("ab")),
        "expected one char, found 'ab'"
    );
    assert_eq!(
        misuse(&Schema::Bytes, json!([1, 256])),
        "'[1]': expected a byte (0 to 255), found 256"
    );
    assert_eq!(
        misuse(&Schema::Array(2, Schema::U8.into()), json!("abc")),
        "expected 2 bytes at most, found 3"
    );
    let by_number = Schema::Map(Schema::U8.into(), Schema::Bool.into());
    assert_eq!(
        misuse(&by_number, json!({"7": 1})),
        "'[\"7\"]': expected a bool, found 1"
    );
    assert_eq!(
        misuse(&by_number, json!({"7": true, "07": true})),
        "an entry comes twice"
    );
    let columns = DynamicType::new(&order).unwrap();
    let row = |name: &str| (name == "price").then_some("x");
    let error = columns.from_columns(row).unwrap_err().to_string();
    assert_eq!(
        error,
        "column 'price': expected u32 (0 to 4294967295), found 'x'"
    );
    let error = columns.from_columns(|_| None).unwrap_err().to_string();
    assert_eq!(error, "no column for field 'price' of 'Order'");
    let bytes = columns.encode(&DynamicValue::Struct(vec![1u8.into()]), &mut Vec::new());
    assert_eq!(bytes.unwrap_err().to_string(), "expected 2 fields, found 1");
}

#[test]
fn fields_of_tables_are_read_as_they_are_written() {
    let option = |schema: Schema| Schema::Option(schema.into());
    let pair = Schema::Tuple(vec![Schema::Array(4, Schema::U8.into()), Schema::String]);
    for (schema, text, value) in [
        (Schema::I16, "-7", DynamicValue::from(-7i16)),
        (Schema::Bool, "true", true.into()),
        (Schema::F64, "NaN", f64::NAN.into()),
        (Schema::F32, "0.1", 0.1f32.into()),
        (Schema::String, " as it is ", " as it is ".into()),
        (Schema::String, "7", "7".into()),
        (Schema::Bytes, "0x00ff", vec![0, 255].into()),
        (
            Schema::Array(4, Schema::U8.into()),
            "WN",
            vec![b'W', b'N', 0, 0].into(),
        ),
        (option(Schema::U8), "", DynamicValue::Option(None)),
        (
            option(Schema::U8),
            "5",
            DynamicValue::Option(Some(Box::new(5u8.into()))),
        ),
        (
            pair,
            "[\"SFO\",\"x\"]",
            DynamicValue::Tuple(vec![b"SFO\0".to_vec().into(), "x".into()]),
        ),
    ] {
        let of = DynamicType::new(&schema).unwrap();
        assert_eq!(of.from_text(text).unwrap(), value, "{schema}");
        assert_eq!(of.to_text(&value), text, "{schema}");
    }
    let of = DynamicType::new(&Schema::List(Schema::U8.into())).unwrap();
    let error = of.from_text("1,2").unwrap_err().to_string();
    assert!(
        error.starts_with("expected a list as JSON, found '1,2'"),
        "{error}"
    );
}
