//! Types that contain themselves: bounded, in both directions.

#![forbid(unsafe_code)]

mod support;

use alluvium_state_api::{
    Codec, ErrorKind, Field, MAX_NESTING, NativeCodec, NativeData, OrderedKey, Result, Schema,
    SchemaBuilder, decode_exact, decode_key_exact,
};
use support::walk;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Chain(Vec<Chain>);

fn describe(
    schemas: &mut SchemaBuilder,
    vector: impl FnOnce(&mut SchemaBuilder) -> Schema,
) -> Schema {
    schemas.named::<Chain>(|schemas| Schema::Struct {
        name: "Chain".into(),
        fields: vec![Field {
            name: "0".into(),
            schema: vector(schemas),
        }],
    })
}

impl NativeData for Chain {
    const MIN_WIDTH: usize = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self> {
        Vec::decode(input).map(Self)
    }

    fn schema(schemas: &mut SchemaBuilder) -> Schema {
        describe(schemas, Vec::<Self>::schema)
    }
}

impl OrderedKey for Chain {
    fn encode_key(&self, out: &mut Vec<u8>) {
        self.0.encode_key(out);
    }

    fn decode_key(input: &mut &[u8]) -> Result<Self> {
        Vec::decode_key(input).map(Self)
    }

    fn key_schema(schemas: &mut SchemaBuilder) -> Schema {
        describe(schemas, Vec::<Self>::key_schema)
    }
}

/// A chain of `links` vectors.
fn chain(links: u32) -> Chain {
    (1..links).fold(Chain(Vec::new()), |inner, _| Chain(vec![inner]))
}

#[test]
fn values_reach_down_to_the_bound() {
    let deepest = chain(MAX_NESTING);
    let mut bytes = Vec::new();
    NativeCodec.encode(&deepest, &mut bytes).unwrap();
    assert_eq!(
        decode_exact::<Chain>(&NativeCodec, &bytes).unwrap(),
        deepest
    );
    let schema = Chain::schema(&mut SchemaBuilder::default());
    let mut rest = &bytes[..];
    walk::skip(&schema, &mut rest).unwrap();
    assert!(rest.is_empty());
}

#[test]
fn deeper_values_are_refused_before_they_are_stored() {
    let too_deep = chain(MAX_NESTING + 1);
    let error = NativeCodec.encode(&too_deep, &mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("128 levels"), "{error}");
    let fine = NativeCodec.encode(&chain(3), &mut Vec::new());
    assert!(fine.is_ok(), "one refusal does not stick: {fine:?}");
}

#[test]
fn hostile_depth_is_corrupt() {
    for length in [1_000, 1_000_000] {
        let error = decode_exact::<Chain>(&NativeCodec, &vec![1; length]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        let error = decode_key_exact::<Chain>(&vec![1; length]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
    }
    decode_exact::<Chain>(&NativeCodec, &[1, 1, 0]).unwrap();
}

#[test]
fn keys_reach_down_to_the_bound() {
    let deepest = chain(MAX_NESTING);
    let mut bytes = Vec::new();
    deepest.encode_key(&mut bytes);
    assert_eq!(decode_key_exact::<Chain>(&bytes).unwrap(), deepest);
}

#[test]
#[should_panic(expected = "deeper than 128 levels")]
fn a_deeper_key_is_refused_when_it_is_hashed() {
    chain(MAX_NESTING + 1).key_hash();
}
