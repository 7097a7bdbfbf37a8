//! What derives write: bytes and schema trees.

#![forbid(unsafe_code)]
#![expect(clippy::expect_used, reason = "helpers of tests")]

use alluvium_state_api::{
    Field, NativeCodec, NativeData, OrderedKey, Schema, SchemaBuilder, Variant, decode_exact,
    decode_key_exact, murmur3_32,
};
use alluvium_state_derive::{OrderedKey, StateData};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::marker::PhantomData;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, StateData, OrderedKey)]
struct Point {
    x: i16,
    r#type: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, StateData, OrderedKey)]
struct Pair<T, const N: usize>(T, #[state(rename = "many")] [u8; N]);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, StateData, OrderedKey)]
struct Marker<T>(PhantomData<T>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, StateData, OrderedKey)]
struct Unit;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, StateData, OrderedKey)]
#[state(rename = "Form")]
enum Shape {
    Dot,
    #[state(tag = 300, rename = "Round")]
    Circle {
        radius: u16,
    },
    Text(String, bool),
    #[state(tag = 1)]
    Late,
}

#[derive(Clone, Debug, PartialEq, StateData)]
struct Tree {
    label: u8,
    children: Vec<Self>,
    by_name: BTreeMap<String, Branch>,
}

#[derive(Clone, Debug, PartialEq, StateData)]
enum Branch {
    Leaf(Point),
    Inner(Box<Tree>),
    Both { left: Box<Branch>, right: Box<Self> },
}

fn golden<T: NativeData + PartialEq + Debug>(value: T, bytes: &[u8]) {
    let mut encoded = Vec::new();
    value.encode(&mut encoded);
    assert_eq!(encoded, bytes, "{value:?}");
    let decoded: T = decode_exact(&NativeCodec, bytes).expect("what was encoded");
    assert_eq!(decoded, value);
    assert!(bytes.len() >= T::MIN_WIDTH);
}

fn golden_key<K: OrderedKey + Debug>(key: K, bytes: &[u8]) {
    let mut encoded = Vec::new();
    key.encode_key(&mut encoded);
    assert_eq!(encoded, bytes, "{key:?}");
    let decoded: K = decode_key_exact(bytes).expect("what was encoded");
    assert_eq!(decoded, key);
    assert_eq!(key.key_hash(), murmur3_32(bytes));
}

fn schema<T: NativeData>() -> Schema {
    T::schema(&mut SchemaBuilder::default())
}

fn field(name: &str, schema: Schema) -> Field {
    Field {
        name: name.into(),
        schema,
    }
}

#[test]
fn values() {
    golden(Point { x: -1, r#type: 7 }, &[0xff, 0xff, 7]);
    golden(Pair(5u16, [1, 2, 3]), &[5, 0, 1, 2, 3]);
    golden(Marker::<String>(PhantomData), &[]);
    golden(Unit, &[]);
    golden(vec![Unit, Unit], &[2, 0, 0]);
    golden(Shape::Dot, &[0]);
    golden(Shape::Circle { radius: 5 }, &[0xac, 2, 5, 0]);
    golden(Shape::Text("a".into(), true), &[0xad, 2, 1, b'a', 1]);
    golden(Shape::Late, &[1]);
}

#[test]
fn keys() {
    golden_key(Point { x: -1, r#type: 7 }, &[0x7f, 0xff, 7]);
    golden_key(Pair("a".to_owned(), [1]), &[b'a', 0, 1, 1]);
    golden_key(Marker::<String>(PhantomData), &[]);
    golden_key(Unit, &[]);
    golden_key(Shape::Dot, &[0, 0]);
    golden_key(Shape::Circle { radius: 5 }, &[0, 1, 0, 5]);
    golden_key(Shape::Text("a".into(), true), &[0, 2, b'a', 0, 1, 1]);
    golden_key(Shape::Late, &[0, 3]);
}

#[test]
fn types_that_contain_themselves() {
    let leaf = Tree {
        label: 1,
        children: vec![],
        by_name: BTreeMap::new(),
    };
    golden(leaf.clone(), &[1, 0, 0]);
    let both = Branch::Both {
        left: Box::new(Branch::Leaf(Point { x: 0, r#type: 0 })),
        right: Box::new(Branch::Inner(Box::new(leaf.clone()))),
    };
    let tree = Tree {
        label: 2,
        children: vec![leaf],
        by_name: BTreeMap::from([("b".to_owned(), both)]),
    };
    golden(
        tree,
        &[2, 1, 1, 0, 0, 1, 1, b'b', 2, 0, 0, 0, 0, 1, 1, 0, 0],
    );
}

#[test]
fn schemas_of_structs() {
    let fields = vec![field("x", Schema::I16), field("type", Schema::U8)];
    let name = "Point".to_owned();
    assert_eq!(schema::<Point>(), Schema::Struct { name, fields });
    let many = Schema::Array(2, Schema::U8.into());
    let fields = vec![field("0", Schema::String), field("many", many)];
    let name = "Pair".to_owned();
    assert_eq!(schema::<Pair<String, 2>>(), Schema::Struct { name, fields });
    assert!(
        schema::<Pair<u8, 2>>()
            .check(&schema::<Pair<u8, 3>>())
            .is_err()
    );
}

#[test]
fn schemas_of_enums_list_variants_by_tag() {
    let variant = |name: &str, tag, fields| Variant {
        name: name.into(),
        tag,
        fields,
    };
    let text = || vec![field("0", Schema::String), field("1", Schema::Bool)];
    let round = || vec![field("radius", Schema::U16)];
    let form = |variants| Schema::Enum {
        name: "Form".into(),
        variants,
    };
    let values = form(vec![
        variant("Dot", 0, vec![]),
        variant("Late", 1, vec![]),
        variant("Round", 300, round()),
        variant("Text", 301, text()),
    ]);
    assert_eq!(schema::<Shape>(), values);
    let keys = form(vec![
        variant("Dot", 0, vec![]),
        variant("Round", 1, round()),
        variant("Text", 2, text()),
        variant("Late", 3, vec![]),
    ]);
    assert_eq!(Shape::key_schema(&mut SchemaBuilder::default()), keys);
}

#[test]
fn schemas_that_contain_themselves_end() {
    let schema = schema::<Tree>();
    let mut bytes = Vec::new();
    schema.encode(&mut bytes).expect("a finite tree");
    let Schema::Struct { fields, .. } = &schema else {
        panic!("{schema:?}");
    };
    assert_eq!(fields[1].schema, Schema::List(Schema::Recursive(0).into()));
    let Schema::Map(_, branch) = &fields[2].schema else {
        panic!("{schema:?}");
    };
    let Schema::Enum { variants, .. } = &**branch else {
        panic!("{schema:?}");
    };
    assert_eq!(variants[1].fields[0].schema, Schema::Recursive(1));
    assert_eq!(variants[2].fields[0].schema, Schema::Recursive(0));
    assert_eq!(variants[2].fields[1].schema, Schema::Recursive(0));
}

#[test]
fn unknown_variants_are_named() {
    let error = decode_exact::<Shape>(&NativeCodec, &[2]).expect_err("no such tag");
    assert_eq!(error.to_string(), "'Form' has no variant 2");
    let error = decode_key_exact::<Shape>(&[0, 4]).expect_err("no such place");
    assert_eq!(error.to_string(), "'Form' has no variant 4");
}

/// A type whose parts come through a macro, under names that generated code uses as well.
macro_rules! wrap {
    ($name:ident, $type:ty) => {
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, StateData, OrderedKey)]
        #[state(crate = ::alluvium_state_api)]
        struct $name {
            input: $type,
            out: $type,
            schemas: $type,
        }
    };
}

wrap!(Wrapped, u8);

#[test]
fn names_do_not_clash() {
    let value = Wrapped {
        input: 1,
        out: 2,
        schemas: 3,
    };
    golden(value.clone(), &[1, 2, 3]);
    golden_key(value, &[1, 2, 3]);
}

/// Discriminants that rise may be given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, StateData, OrderedKey)]
enum Level {
    Low = -3,
    Middle,
    High = 0x10,
}

#[test]
fn discriminants_are_not_stored() {
    for (level, place) in [(Level::Low, 0), (Level::Middle, 1), (Level::High, 2)] {
        golden(level.clone(), &[place]);
        golden_key(level, &[0, place]);
    }
}
