//! Schema trees: their bytes, their bounds, and what differs between two.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use alluvium_state_api::{ErrorKind, Field, Result, Schema, Variant};
use proptest::prelude::*;

fn field(name: &str, schema: Schema) -> Field {
    Field {
        name: name.into(),
        schema,
    }
}

fn record(name: &str, fields: Vec<Field>) -> Schema {
    Schema::Struct {
        name: name.into(),
        fields,
    }
}

fn variant(name: &str, tag: u32, fields: Vec<Field>) -> Variant {
    Variant {
        name: name.into(),
        tag,
        fields,
    }
}

fn choice(name: &str, variants: Vec<Variant>) -> Schema {
    Schema::Enum {
        name: name.into(),
        variants,
    }
}

fn encode(schema: &Schema) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    schema.encode(&mut bytes)?;
    Ok(bytes)
}

fn decode(bytes: &[u8]) -> Result<Schema> {
    let mut rest = bytes;
    let schema = Schema::decode(&mut rest)?;
    assert!(rest.is_empty(), "{rest:?} is left");
    Ok(schema)
}

fn leaf() -> impl Strategy<Value = Schema> {
    prop_oneof![
        prop::sample::select(vec![
            Schema::Unit,
            Schema::Bool,
            Schema::I8,
            Schema::I16,
            Schema::I32,
            Schema::I64,
            Schema::I128,
            Schema::U8,
            Schema::U16,
            Schema::U32,
            Schema::U64,
            Schema::U128,
            Schema::F32,
            Schema::F64,
            Schema::Char,
            Schema::String,
            Schema::Bytes,
        ]),
        ("[a-z]{0,3}", any::<u32>()).prop_map(|(name, version)| Schema::Opaque { name, version }),
    ]
}

/// Fields with distinct names, the last of which may refer to the type that has them.
fn fields(of: impl Strategy<Value = Schema>) -> impl Strategy<Value = Vec<Field>> {
    (prop::collection::vec(of, 0..4), any::<bool>()).prop_map(|(schemas, recursive)| {
        let own = recursive.then_some(Schema::Recursive(0));
        let schemas = schemas.into_iter().chain(own).enumerate();
        schemas
            .map(|(at, schema)| field(&format!("f{at}"), schema))
            .collect()
    })
}

fn tree() -> impl Strategy<Value = Schema> {
    leaf().prop_recursive(4, 48, 4, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        let variants = prop::collection::vec((fields(inner.clone()), 1u32..1000), 0..4);
        prop_oneof![
            boxed().prop_map(Schema::Option),
            boxed().prop_map(Schema::List),
            boxed().prop_map(Schema::Set),
            (boxed(), boxed()).prop_map(|(key, value)| Schema::Map(key, value)),
            (any::<u32>(), boxed()).prop_map(|(length, item)| Schema::Array(length, item)),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Schema::Tuple),
            ("[A-C]", fields(inner.clone())).prop_map(|(name, fields)| record(&name, fields)),
            ("[A-C]", variants).prop_map(|(name, variants)| {
                let variants = variants.into_iter().enumerate();
                let variants = variants.map(|(at, (fields, gap))| {
                    variant(&format!("V{at}"), at as u32 * 1000 + gap, fields)
                });
                choice(&name, variants.collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn trees_round_trip(schema in tree()) {
        let bytes = encode(&schema).unwrap();
        prop_assert_eq!(&decode(&bytes).unwrap(), &schema);
        for length in 0..bytes.len() {
            let error = Schema::decode(&mut &bytes[..length]).unwrap_err();
            prop_assert_eq!(error.kind(), ErrorKind::Corrupt);
        }
        prop_assert!(schema.check(&schema).is_ok());
    }

    #[test]
    fn different_trees_are_incompatible(written in tree(), program in tree()) {
        let checked = written.check(&program);
        prop_assert_eq!(checked.is_ok(), written == program);
        if let Err(error) = checked {
            prop_assert_eq!(error.kind(), ErrorKind::Incompatible);
            prop_assert!(error.to_string().contains("the program"), "{}", error);
            prop_assert!(!error.to_string().contains("another shape"), "{}", error);
        }
    }

    #[test]
    fn damage_never_panics(schema in tree(), at: prop::sample::Index, flip in 1u8..) {
        let mut bytes = encode(&schema).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(other) = Schema::decode(&mut &bytes[..]) {
            prop_assert_eq!(decode(&encode(&other).unwrap()).unwrap(), other);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        bytes in prop::collection::vec(prop_oneof![0u8..30, any::<u8>()], 0..200),
    ) {
        if let Ok(schema) = Schema::decode(&mut &bytes[..]) {
            prop_assert_eq!(decode(&encode(&schema).unwrap()).unwrap(), schema);
        }
    }
}

#[test]
fn golden_bytes() {
    let golden = |schema: Schema, bytes: &[u8]| {
        assert_eq!(encode(&schema).unwrap(), bytes, "{schema}");
        assert_eq!(decode(bytes).unwrap(), schema);
    };
    golden(Schema::Unit, &[0]);
    golden(Schema::Bytes, &[16]);
    golden(Schema::Option(Schema::I64.into()), &[17, 5]);
    golden(Schema::List(Schema::String.into()), &[18, 15]);
    golden(Schema::Set(Schema::Char.into()), &[19, 14]);
    golden(
        Schema::Map(Schema::U32.into(), Schema::F64.into()),
        &[20, 9, 13],
    );
    golden(Schema::Array(300, Schema::U8.into()), &[21, 0xac, 2, 7]);
    golden(
        Schema::Tuple(vec![Schema::Bool, Schema::I8]),
        &[22, 2, 1, 2],
    );
    let opaque = Schema::Opaque {
        name: "x".into(),
        version: 3,
    };
    golden(opaque, &[25, 1, b'x', 3]);
    golden(
        record(
            "T",
            vec![field("a", Schema::U16), field("b", Schema::Recursive(0))],
        ),
        &[23, 1, b'T', 2, 1, b'a', 8, 1, b'b', 26, 0],
    );
    golden(
        choice(
            "E",
            vec![
                variant("A", 0, vec![]),
                variant("B", 7, vec![field("0", Schema::Unit)]),
            ],
        ),
        &[24, 1, b'E', 2, 1, b'A', 0, 0, 1, b'B', 7, 1, 1, b'0', 0],
    );
}

#[test]
fn depth_is_bounded_both_ways() {
    let nested = |levels| (1..levels).fold(Schema::U8, |inner, _| Schema::Option(inner.into()));
    let deepest = nested(Schema::MAX_DEPTH);
    assert_eq!(decode(&encode(&deepest).unwrap()).unwrap(), deepest);
    let error = encode(&nested(Schema::MAX_DEPTH + 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(
        error.to_string().ends_with("is deeper than 64 levels"),
        "{error}"
    );
    for length in [65, 1_000_000] {
        let error = decode(&vec![17; length]).unwrap_err();
        assert_eq!(error.to_string(), "a schema is deeper than 64 levels");
        assert_eq!(error.kind(), ErrorKind::Corrupt);
    }
}

#[test]
fn size_is_bounded_both_ways() {
    let tuple = |parts| Schema::Tuple(vec![Schema::U8; parts]);
    let largest = tuple(Schema::MAX_NODES - 1);
    let mut bytes = encode(&largest).unwrap();
    assert_eq!(decode(&bytes).unwrap(), largest);
    let error = encode(&tuple(Schema::MAX_NODES)).unwrap_err();
    assert!(
        error.to_string().ends_with("has more than 65536 nodes"),
        "{error}"
    );
    bytes.splice(1..4, [0x80, 0x80, 4]);
    bytes.push(7);
    let error = decode(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "a schema has more than 65536 nodes");
    let variants = (0..Schema::MAX_NODES as u32).map(|tag| variant(&tag.to_string(), tag, vec![]));
    let error = encode(&choice("E", variants.collect())).unwrap_err();
    assert!(
        error.to_string().ends_with("has more than 65536 nodes"),
        "{error}"
    );
}

#[test]
fn flawed_trees_are_refused() {
    let refused = |schema: Schema, bytes: &[u8], flaw: &str| {
        let error = encode(&schema).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse);
        assert!(error.to_string().ends_with(flaw), "{error}");
        let error = decode(bytes).unwrap_err();
        assert_eq!(error.to_string(), format!("a schema {flaw}"));
        assert_eq!(error.kind(), ErrorKind::Corrupt);
    };
    refused(
        Schema::List(Schema::Recursive(0).into()),
        &[18, 26, 0],
        "refers to the named type 0 levels up, where only 0 are",
    );
    refused(
        record("T", vec![field("a", Schema::Recursive(1))]),
        &[23, 1, b'T', 1, 1, b'a', 26, 1],
        "refers to the named type 1 levels up, where only 1 are",
    );
    refused(
        record("T", vec![field("a", Schema::U8), field("a", Schema::U8)]),
        &[23, 1, b'T', 2, 1, b'a', 7, 1, b'a', 7],
        "gives 'T' the field a twice",
    );
    refused(
        choice("E", vec![variant("A", 1, vec![]), variant("B", 1, vec![])]),
        &[24, 1, b'E', 2, 1, b'A', 1, 0, 1, b'B', 1, 0],
        "gives 'E' the tag 1 twice",
    );
    refused(
        choice("E", vec![variant("A", 1, vec![]), variant("A", 2, vec![])]),
        &[24, 1, b'E', 2, 1, b'A', 1, 0, 1, b'A', 2, 0],
        "gives 'E' the variant A twice",
    );
    let error = decode(&[27]).unwrap_err();
    assert_eq!(error.to_string(), "a schema has the unknown kind 27");
}

/// A type with something of each kind, whose innermost field is `inner`.
fn nest(inner: Schema) -> Schema {
    let circle = vec![field("radius", Schema::Option(inner.into()))];
    let shape = choice(
        "Shape",
        vec![variant("Dot", 0, vec![]), variant("Circle", 1, circle)],
    );
    let pair = Schema::Tuple(vec![Schema::U8, shape]);
    let map = Schema::Map(Schema::String.into(), Schema::Array(2, pair.into()).into());
    record(
        "Order",
        vec![
            field("id", Schema::U64),
            field("items", Schema::List(map.into())),
        ],
    )
}

fn difference(written: &Schema, program: &Schema) -> String {
    written.check(program).unwrap_err().to_string()
}

#[test]
fn differences_name_the_path() {
    assert_eq!(
        difference(&nest(Schema::U32), &nest(Schema::U64)),
        "value 'items[][value][].1::Circle.radius?' was u32, the program has u64"
    );
    assert_eq!(
        difference(&Schema::U32, &Schema::U64),
        "the type was u32, the program has u64"
    );
    assert_eq!(
        difference(&nest(Schema::U32), &Schema::U64),
        "the type was struct Order, the program has u64"
    );
    let opaque = |version| {
        record(
            "T",
            vec![field(
                "a",
                Schema::Opaque {
                    name: "json".into(),
                    version,
                },
            )],
        )
    };
    assert_eq!(
        difference(&opaque(1), &opaque(2)),
        "field 'a' was 'json' version 1, the program has 'json' version 2"
    );
    let map = |key| Schema::Map(Box::new(key), Schema::Unit.into());
    assert_eq!(
        difference(&map(Schema::I8), &map(Schema::U8)),
        "key '[key]' was i8, the program has u8"
    );
    let array = |length| Schema::Array(length, Schema::U8.into());
    assert_eq!(
        difference(&array(2), &array(3)),
        "the type was [u8; 2], the program has [u8; 3]"
    );
    assert_eq!(
        difference(&Schema::Tuple(vec![]), &Schema::Tuple(vec![Schema::U8])),
        "the type was (), the program has (u8)"
    );
}

#[test]
fn differences_tell_what_became_of_fields() {
    let of = |names: &[&str]| {
        let fields = names.iter().map(|name| field(name, Schema::U8));
        let inner = record("Inner", fields.collect());
        record("Outer", vec![field("in", inner)])
    };
    let check = |written: &[&str], program: &[&str]| difference(&of(written), &of(program));
    assert_eq!(
        check(&["a", "b"], &["a"]),
        "field 'in.b' was written, the program has no such field"
    );
    assert_eq!(
        check(&["a"], &["a", "b"]),
        "field 'in.b' was not written, the program has it: added?"
    );
    assert_eq!(
        check(&["a", "b"], &["a", "c"]),
        "field 'in.b' was written, the program has 'c' instead: renamed?"
    );
    assert_eq!(
        check(&["a", "b"], &["b", "a"]),
        "the fields of field 'in' were in the order a, b, the program has b, a"
    );
    assert_eq!(
        difference(&record("A", vec![]), &record("B", vec![])),
        "the type was struct A, the program has struct B"
    );
}

#[test]
fn differences_tell_what_became_of_variants() {
    let of = |variants: &[(&str, u32)]| {
        let variants = variants
            .iter()
            .map(|(name, tag)| variant(name, *tag, vec![]));
        record("T", vec![field("e", choice("E", variants.collect()))])
    };
    let check = |written: &[_], program: &[_]| difference(&of(written), &of(program));
    assert_eq!(
        check(&[("A", 0), ("B", 1)], &[("A", 0)]),
        "variant 'e::B' was written, the program has no such variant"
    );
    assert_eq!(
        check(&[("A", 0)], &[("A", 0), ("B", 1)]),
        "variant 'e::B' was not written, the program has it: added?"
    );
    assert_eq!(
        check(&[("A", 0)], &[("B", 0)]),
        "variant 'e::A' was written with tag 0, the program has 'B' instead: renamed?"
    );
    assert_eq!(
        check(&[("A", 0), ("B", 1)], &[("A", 1), ("B", 0)]),
        "variant 'e::A' had tag 0, the program gives it tag 1"
    );
    assert_eq!(
        check(&[("A", 0), ("B", 1)], &[("B", 1), ("A", 0)]),
        "the variants of field 'e' were in the order A, B, the program has B, A"
    );
}
