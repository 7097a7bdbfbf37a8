//! A schema made ready to decode and encode.

use super::bounds::{Bounds, Depth};
use super::layout::{KeyLayout, Layout, ValueLayout};
use super::misfit::Misfit;
use super::show::Shown;
use super::tree::{Node, Tree};
use super::{DynamicValue, decode, encode};
use crate::data::Codec;
use crate::error::{Result, StateError};
use crate::group::{KeyGroup, MaxParallelism};
use crate::key::{OrderedKey, murmur3_32};
use crate::schema::Schema;
use std::fmt;
use std::sync::Arc;

/// The type of stored values, known by its schema: decodes what the typed codec wrote, and encodes
/// it again to the very same bytes. As a [`Codec`] it can stand in a descriptor.
///
/// A schema that is opaque in any place cannot be taken apart, as only the codec knows where the
/// opaque part ends: all bytes are then one [`DynamicValue::Opaque`].
///
/// A part takes 32 bytes of memory, so that a list of bytes takes some 32 times its encoding. Bytes
/// that ask for more than 16 parts each and 65,536 beyond, or for more than 512 levels, are
/// `LimitExceeded`.
///
/// ```
/// use alluvium_state_api::{DynamicType, DynamicValue, NativeData, Schema};
/// let pairs = DynamicType::new(&Schema::List(Schema::Tuple(vec![Schema::String, Schema::U16]).into()))?;
/// let mut bytes = Vec::new();
/// vec![("a".to_owned(), 1u16)].encode(&mut bytes);
/// let value = pairs.decode_exact(&bytes)?;
/// assert_eq!(pairs.show(&value).to_string(), r#"[("a", 1)]"#);
/// let mut again = Vec::new();
/// pairs.encode(&value, &mut again)?;
/// assert_eq!(again, bytes);
/// # Ok::<(), alluvium_state_api::StateError>(())
/// ```
#[derive(Clone)]
pub struct DynamicType(Arc<Inner>);

struct Inner {
    schema: Schema,
    tree: Tree,
}

impl DynamicType {
    /// The type that `schema` describes.
    ///
    /// # Errors
    /// `Misuse` if the tree is larger than [`Schema::MAX_DEPTH`] or [`Schema::MAX_NODES`] allow,
    /// names a field, variant or tag twice, or refers to an enclosing type that is not there.
    pub fn new(schema: &Schema) -> Result<Self> {
        schema.check_size()?;
        Ok(Self(Arc::new(Inner {
            schema: schema.clone(),
            tree: Tree::new(schema),
        })))
    }

    /// The schema.
    pub fn schema(&self) -> &Schema {
        &self.0.schema
    }

    /// Whether the schema cannot look into values.
    pub fn is_opaque(&self) -> bool {
        matches!(self.tree().node(self.tree().root), Node::Opaque)
    }

    /// Takes a value off the front of `input`; all of it if the type is opaque.
    ///
    /// # Errors
    /// `Corrupt` if `input` does not begin with one; `LimitExceeded` if it is out of all proportion
    /// to its bytes. Never panics, whatever the bytes.
    pub fn decode(&self, input: &mut &[u8]) -> Result<DynamicValue> {
        self.take::<ValueLayout>(input)
    }

    /// Decodes `bytes`, which must hold one value and nothing after it.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn decode_exact(&self, bytes: &[u8]) -> Result<DynamicValue> {
        crate::data::decode_exact(self, bytes)
    }

    /// Appends the encoding of `value` to `out`.
    ///
    /// # Errors
    /// `Misuse` naming the place in the value that is not of this type, or nested too deep. What was
    /// appended before is to be discarded.
    pub fn encode(&self, value: &DynamicValue, out: &mut Vec<u8>) -> Result<()> {
        self.put::<ValueLayout>(value, out)
    }

    /// `value` for people, with the names of the type.
    pub fn show<'a>(&'a self, value: &'a DynamicValue) -> impl fmt::Display + 'a {
        Shown { of: self, value }
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.0.tree
    }

    fn take<L: Layout>(&self, input: &mut &[u8]) -> Result<DynamicValue> {
        let (tree, mut bounds) = (self.tree(), Bounds::of(input.len()));
        decode::value::<L>(tree, tree.root, input, &mut bounds)
    }

    fn put<L: Layout>(&self, value: &DynamicValue, out: &mut Vec<u8>) -> Result<()> {
        let tree = self.tree();
        encode::value::<L>(tree, tree.root, value, Depth::default(), out)
            .map_err(Misfit::into_misuse)
    }
}

impl Codec<DynamicValue> for DynamicType {
    fn encode(&self, value: &DynamicValue, out: &mut Vec<u8>) -> Result<()> {
        self.put::<ValueLayout>(value, out)
    }

    fn decode(&self, input: &mut &[u8]) -> Result<DynamicValue> {
        self.take::<ValueLayout>(input)
    }

    fn schema(&self) -> Schema {
        self.0.schema.clone()
    }
}

impl fmt::Debug for DynamicType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DynamicType({})", self.0.schema)
    }
}

/// The type of keys, namespaces or user keys, known by its schema.
///
/// Encoding and hash are those of the typed key, as far as a schema tells: they hold for every type
/// that this crate implements [`OrderedKey`] for and for all derived ones, not for one that
/// implements it by hand with an encoding or a hash of its own.
///
/// ```
/// use alluvium_state_api::{DynamicKeyType, DynamicValue, MaxParallelism, OrderedKey, Schema};
/// let names = DynamicKeyType::new(&Schema::String)?;
/// let key = DynamicValue::from("hello");
/// assert_eq!(names.key_hash(&key)?, "hello".to_owned().key_hash());
/// assert_eq!(names.group_of(&key, MaxParallelism::new(128)?)?.0, 35);
/// # Ok::<(), alluvium_state_api::StateError>(())
/// ```
#[derive(Clone, Debug)]
pub struct DynamicKeyType(DynamicType);

impl DynamicKeyType {
    /// The type of keys that `schema` describes.
    ///
    /// # Errors
    /// `Misuse` as [`DynamicType::new`], or if no key has this schema: sets, maps and opaque types
    /// are no keys.
    pub fn new(schema: &Schema) -> Result<Self> {
        let inner = DynamicType::new(schema)?;
        if inner.tree().can_be_key() {
            return Ok(Self(inner));
        }
        Err(StateError::misuse(format!(
            "keys consist of no sets, maps and opaque parts, found {schema}"
        )))
    }

    /// The schema.
    pub fn schema(&self) -> &Schema {
        self.0.schema()
    }

    /// The type of the same data as values.
    pub const fn as_value_type(&self) -> &DynamicType {
        &self.0
    }

    /// Takes a key off the front of `input`.
    ///
    /// # Errors
    /// As [`DynamicType::decode`].
    pub fn decode(&self, input: &mut &[u8]) -> Result<DynamicValue> {
        self.0.take::<KeyLayout>(input)
    }

    /// Decodes `bytes`, which must hold one key and nothing after it.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn decode_exact(&self, bytes: &[u8]) -> Result<DynamicValue> {
        let mut rest = bytes;
        let key = self.decode(&mut rest)?;
        if rest.is_empty() {
            return Ok(key);
        }
        Err(crate::key::left_over(bytes.len(), rest.len()))
    }

    /// Appends the order-preserving encoding of `key` to `out`.
    ///
    /// # Errors
    /// As [`DynamicType::encode`].
    pub fn encode(&self, key: &DynamicValue, out: &mut Vec<u8>) -> Result<()> {
        self.0.put::<KeyLayout>(key, out)
    }

    /// The hash that places the key, equal to the typed key's.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn key_hash(&self, key: &DynamicValue) -> Result<i32> {
        let tree = self.0.tree();
        Ok(match (tree.node(tree.root), key) {
            (Node::Integer(integer), key) => integer.key_hash(key).map_err(Misfit::into_misuse)?,
            (Node::Bool, DynamicValue::Bool(bool)) => bool.key_hash(),
            (Node::F32, DynamicValue::F32(float)) => float.key_hash(),
            (Node::F64, DynamicValue::F64(float)) => float.key_hash(),
            (Node::Char, DynamicValue::Char(char)) => char.key_hash(),
            (Node::String, DynamicValue::String(text)) => text.key_hash(),
            _ => {
                let mut encoding = Vec::new();
                self.encode(key, &mut encoding)?;
                murmur3_32(&encoding)
            }
        })
    }

    /// The key group of `key`.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn group_of(&self, key: &DynamicValue, max: MaxParallelism) -> Result<KeyGroup> {
        self.key_hash(key).map(|hash| max.group_of(hash))
    }

    /// `key` for people, with the names of the type.
    pub fn show<'a>(&'a self, key: &'a DynamicValue) -> impl fmt::Display + 'a {
        self.0.show(key)
    }
}
