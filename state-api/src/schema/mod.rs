//! Schema trees: the shape of stored data, written with every snapshot.

mod builder;
mod check;
mod display;
mod format;
mod limits;

pub use builder::SchemaBuilder;

/// The shape of a type, as deep as it goes. Two types with equal schemas have equal encodings.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Schema {
    /// A type that carries nothing.
    Unit,
    /// A truth value.
    Bool,
    /// A signed 8-bit integer.
    I8,
    /// A signed 16-bit integer.
    I16,
    /// A signed 32-bit integer.
    I32,
    /// A signed 64-bit integer.
    I64,
    /// A signed 128-bit integer.
    I128,
    /// An unsigned 8-bit integer.
    U8,
    /// An unsigned 16-bit integer.
    U16,
    /// An unsigned 32-bit integer.
    U32,
    /// An unsigned 64-bit integer.
    U64,
    /// An unsigned 128-bit integer.
    U128,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
    /// A Unicode scalar value.
    Char,
    /// UTF-8 text.
    String,
    /// Raw bytes.
    Bytes,
    /// Something or nothing.
    Option(Box<Schema>),
    /// Elements in order.
    List(Box<Schema>),
    /// Distinct elements.
    Set(Box<Schema>),
    /// Keys with a value each.
    Map(Box<Schema>, Box<Schema>),
    /// A fixed number of elements of one type.
    Array(u32, Box<Schema>),
    /// A fixed number of elements of several types.
    Tuple(Vec<Schema>),
    /// A struct with its fields in declaration order.
    Struct {
        /// The type's name, without its path.
        name: String,
        /// The fields.
        fields: Vec<Field>,
    },
    /// An enum with its variants in declaration order.
    Enum {
        /// The type's name, without its path.
        name: String,
        /// The variants.
        variants: Vec<Variant>,
    },
    /// An encoding that the schema cannot look into; its identity is what the user says it is.
    Opaque {
        /// The name that the user gave.
        name: String,
        /// The version that the user gave.
        version: u32,
    },
    /// The named type that encloses this place, counted outwards: 0 is the innermost.
    Recursive(u32),
}

/// One field of a struct or variant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// The field's name; its index for tuple structs.
    pub name: String,
    /// The field's shape.
    pub schema: Schema,
}

/// One variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Variant {
    /// The variant's name.
    pub name: String,
    /// The number that stands for it in encodings.
    pub tag: u32,
    /// The variant's fields.
    pub fields: Vec<Field>,
}
