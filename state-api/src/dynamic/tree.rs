//! What a schema is made into: nodes that refer to one another by number, so that a type which
//! contains itself is a circle.

use super::integer::Integer;
use crate::data::NativeData;
use crate::schema::{Field, Schema, SchemaBuilder, Variant};
use std::net::IpAddr;

/// The place of a node.
pub(super) type Id = usize;

#[derive(Debug)]
pub(super) enum Node {
    Unit,
    Bool,
    Integer(Integer),
    F32,
    F64,
    Char,
    String,
    Bytes,
    Option(Id),
    List(Id),
    Set(Id),
    Map(Id, Id),
    ByteArray(usize),
    Array(usize, Id),
    Tuple(Vec<Id>),
    Struct(String, Vec<FieldNode>),
    Enum(EnumNode),
    /// A struct or enum around this place.
    Again(Id),
    Opaque,
}

#[derive(Debug)]
pub(super) struct FieldNode {
    pub(super) name: String,
    pub(super) node: Id,
}

#[derive(Debug)]
pub(super) struct EnumNode {
    pub(super) name: String,
    pub(super) variants: Vec<VariantNode>,
    /// Whether it is the standard library's `IpAddr`, the one enum whose keys begin with one byte.
    pub(super) is_ip_address: bool,
}

#[derive(Debug)]
pub(super) struct VariantNode {
    pub(super) name: String,
    pub(super) tag: u32,
    pub(super) fields: Vec<FieldNode>,
}

#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// Whether encodings of the node take no bytes.
    empty: Vec<bool>,
    pub(super) root: Id,
}

impl Tree {
    /// The nodes of `schema`, whose size has been checked.
    pub(super) fn new(schema: &Schema) -> Self {
        if contains_opaque(schema) {
            // Where the opaque part ends only its codec knows: so all of it is opaque.
            return Self {
                nodes: vec![Node::Opaque],
                empty: vec![false],
                root: 0,
            };
        }
        let mut tree = Self {
            nodes: Vec::new(),
            empty: Vec::new(),
            root: 0,
        };
        tree.root = tree.add(schema, &mut Vec::new());
        tree
    }

    pub(super) fn node(&self, id: Id) -> &Node {
        self.nodes.get(id).unwrap_or(&Node::Unit)
    }

    /// Whether encodings of the node take no bytes.
    pub(super) fn is_empty(&self, id: Id) -> bool {
        self.empty.get(id).copied().unwrap_or_default()
    }

    /// Whether every node may be part of a key.
    pub(super) fn can_be_key(&self) -> bool {
        let no_key = |node: &Node| matches!(node, Node::Set(_) | Node::Map(..) | Node::Opaque);
        !self.nodes.iter().any(no_key)
    }

    fn add(&mut self, schema: &Schema, enclosing: &mut Vec<Id>) -> Id {
        let id = self.nodes.len();
        self.nodes.push(Node::Unit);
        self.empty.push(false);
        let node = self.make(id, schema, enclosing);
        let empty = self.takes_nothing(&node);
        if let (Some(slot), Some(flag)) = (self.nodes.get_mut(id), self.empty.get_mut(id)) {
            (*slot, *flag) = (node, empty);
        }
        id
    }

    fn make(&mut self, id: Id, schema: &Schema, enclosing: &mut Vec<Id>) -> Node {
        match schema {
            Schema::Unit => Node::Unit,
            Schema::Bool => Node::Bool,
            Schema::I8 => Node::Integer(Integer::I8),
            Schema::I16 => Node::Integer(Integer::I16),
            Schema::I32 => Node::Integer(Integer::I32),
            Schema::I64 => Node::Integer(Integer::I64),
            Schema::I128 => Node::Integer(Integer::I128),
            Schema::U8 => Node::Integer(Integer::U8),
            Schema::U16 => Node::Integer(Integer::U16),
            Schema::U32 => Node::Integer(Integer::U32),
            Schema::U64 => Node::Integer(Integer::U64),
            Schema::U128 => Node::Integer(Integer::U128),
            Schema::F32 => Node::F32,
            Schema::F64 => Node::F64,
            Schema::Char => Node::Char,
            Schema::String => Node::String,
            Schema::Bytes => Node::Bytes,
            Schema::Option(inner) => Node::Option(self.add(inner, enclosing)),
            Schema::List(item) => Node::List(self.add(item, enclosing)),
            Schema::Set(item) => Node::Set(self.add(item, enclosing)),
            Schema::Map(key, value) => {
                Node::Map(self.add(key, enclosing), self.add(value, enclosing))
            }
            Schema::Array(length, item) => match **item {
                Schema::U8 => Node::ByteArray(*length as usize),
                _ => Node::Array(*length as usize, self.add(item, enclosing)),
            },
            Schema::Tuple(parts) => {
                Node::Tuple(parts.iter().map(|part| self.add(part, enclosing)).collect())
            }
            Schema::Struct { name, fields } => {
                enclosing.push(id);
                let fields = self.add_fields(fields, enclosing);
                enclosing.pop();
                Node::Struct(name.clone(), fields)
            }
            Schema::Enum { name, variants } => {
                enclosing.push(id);
                let variants = variants
                    .iter()
                    .map(|variant| self.variant(variant, enclosing));
                let variants = variants.collect();
                enclosing.pop();
                Node::Enum(EnumNode {
                    name: name.clone(),
                    variants,
                    is_ip_address: *schema == IpAddr::schema(&mut SchemaBuilder::default()),
                })
            }
            Schema::Recursive(levels) => {
                let outer = enclosing.iter().rev().nth(*levels as usize);
                outer.map_or(Node::Opaque, |outer| Node::Again(*outer))
            }
            Schema::Opaque { .. } => Node::Opaque,
        }
    }

    fn variant(&mut self, variant: &Variant, enclosing: &mut Vec<Id>) -> VariantNode {
        VariantNode {
            name: variant.name.clone(),
            tag: variant.tag,
            fields: self.add_fields(&variant.fields, enclosing),
        }
    }

    fn add_fields(&mut self, fields: &[Field], enclosing: &mut Vec<Id>) -> Vec<FieldNode> {
        let fields = fields.iter().map(|field| FieldNode {
            name: field.name.clone(),
            node: self.add(&field.schema, enclosing),
        });
        fields.collect()
    }

    fn takes_nothing(&self, node: &Node) -> bool {
        match node {
            Node::Unit | Node::ByteArray(0) => true,
            Node::Array(length, item) => *length == 0 || self.is_empty(*item),
            Node::Tuple(parts) => parts.iter().all(|part| self.is_empty(*part)),
            Node::Struct(_, fields) => fields.iter().all(|field| self.is_empty(field.node)),
            // A type that contains itself takes bytes, or its values would have no end.
            _ => false,
        }
    }
}

fn contains_opaque(schema: &Schema) -> bool {
    match schema {
        Schema::Opaque { .. } => true,
        Schema::Option(inner)
        | Schema::List(inner)
        | Schema::Set(inner)
        | Schema::Array(_, inner) => contains_opaque(inner),
        Schema::Map(key, value) => contains_opaque(key) || contains_opaque(value),
        Schema::Tuple(parts) => parts.iter().any(contains_opaque),
        Schema::Struct { fields, .. } => any_opaque(fields),
        Schema::Enum { variants, .. } => variants.iter().any(|one| any_opaque(&one.fields)),
        _ => false,
    }
}

fn any_opaque(fields: &[Field]) -> bool {
    fields.iter().any(|field| contains_opaque(&field.schema))
}

impl EnumNode {
    /// The variant that `tag` stands for, and its place.
    pub(super) fn variant(&self, tag: u32) -> Option<(usize, &VariantNode)> {
        let mut variants = self.variants.iter().enumerate();
        variants.find(|(_, variant)| variant.tag == tag)
    }
}
