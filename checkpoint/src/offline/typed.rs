//! Rows with the types of a descriptor.

use super::KeyedEntry;
use alluvium_state_api::{
    AggregatingDescriptor, Aggregator, ListDescriptor, MapDescriptor, OrderedKey, Reducer,
    ReducingDescriptor, Result, Schema, SchemaBuilder, StateData, StateDescriptor, StateKind,
    StateMeta, ValueDescriptor, decode_exact, decode_key_exact, wire,
};

/// A descriptor of keyed state that rows can be read and written with, one row an entry.
///
/// Implemented for all descriptors of keyed state.
pub trait RowDescriptor {
    /// The namespace.
    type Namespace: OrderedKey;
    /// What stands behind key and namespace: the value or accumulator; all elements of a list; one
    /// user key of a map with its value.
    type Row;

    /// What snapshots say about the state.
    fn meta(&self) -> StateMeta;

    /// Takes a row apart.
    ///
    /// # Errors
    /// `Corrupt` if the bytes are not of these types.
    fn decode(&self, user_key: &[u8], value: &[u8]) -> Result<Self::Row>;

    /// Appends the parts of a row.
    ///
    /// # Errors
    /// `Misuse` if a value cannot be encoded.
    fn encode(&self, row: &Self::Row, user_key: &mut Vec<u8>, value: &mut Vec<u8>) -> Result<()>;
}

/// One row of the state that `D` describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedRow<K, D: RowDescriptor> {
    /// The key.
    pub key: K,
    /// The namespace.
    pub namespace: D::Namespace,
    /// What stands there.
    pub row: D::Row,
}

impl<K: OrderedKey, D: RowDescriptor> TypedRow<K, D> {
    pub(super) fn decode(descriptor: &D, entry: &KeyedEntry) -> Result<Self> {
        Ok(Self {
            key: decode_key_exact(&entry.key)?,
            namespace: decode_key_exact(&entry.namespace)?,
            row: descriptor.decode(&entry.user_key, &entry.value)?,
        })
    }
}

fn meta<N: OrderedKey>(
    name: &str,
    kind: StateKind,
    user_key: Option<Schema>,
    value: Schema,
) -> StateMeta {
    StateMeta {
        name: name.to_owned(),
        kind,
        namespace: N::key_schema(&mut SchemaBuilder::default()),
        user_key,
        value,
    }
}

/// One encoded value an entry.
macro_rules! single {
    ($([$($param:ident: $bound:ident),+] $descriptor:ty, $row:ty, $kind:ident;)*) => {$(
        impl<$($param: $bound,)+ N: OrderedKey> RowDescriptor for $descriptor {
            type Namespace = N;
            type Row = $row;

            fn meta(&self) -> StateMeta {
                meta::<N>(self.name(), StateKind::$kind, None, self.codec().schema())
            }

            fn decode(&self, _user_key: &[u8], value: &[u8]) -> Result<Self::Row> {
                decode_exact(&**self.codec(), value)
            }

            fn encode(
                &self,
                row: &Self::Row,
                _user_key: &mut Vec<u8>,
                value: &mut Vec<u8>,
            ) -> Result<()> {
                self.codec().encode(row, value)
            }
        }
    )*};
}

single! {
    [V: StateData] ValueDescriptor<V, N>, V, Value;
    [R: Reducer] ReducingDescriptor<R, N>, R::Value, Reducing;
    [A: Aggregator] AggregatingDescriptor<A, N>, A::Acc, Aggregating;
}

impl<T: StateData, N: OrderedKey> RowDescriptor for ListDescriptor<T, N> {
    type Namespace = N;
    type Row = Vec<T>;

    fn meta(&self) -> StateMeta {
        meta::<N>(self.name(), StateKind::List, None, self.codec().schema())
    }

    fn decode(&self, _user_key: &[u8], mut value: &[u8]) -> Result<Vec<T>> {
        let mut elements = Vec::new();
        while !value.is_empty() {
            let length = wire::read_count(&mut value, 1)?;
            let element = wire::take_slice(&mut value, length)?;
            elements.push(decode_exact(&**self.codec(), element)?);
        }
        Ok(elements)
    }

    fn encode(&self, row: &Vec<T>, _user_key: &mut Vec<u8>, value: &mut Vec<u8>) -> Result<()> {
        let mut element = Vec::new();
        for one in row {
            element.clear();
            self.codec().encode(one, &mut element)?;
            wire::write_count(element.len(), value);
            value.extend_from_slice(&element);
        }
        Ok(())
    }
}

impl<UK: OrderedKey, UV: StateData, N: OrderedKey> RowDescriptor for MapDescriptor<UK, UV, N> {
    type Namespace = N;
    type Row = (UK, UV);

    fn meta(&self) -> StateMeta {
        let user_key = UK::key_schema(&mut SchemaBuilder::default());
        let value = self.codec().schema();
        meta::<N>(self.name(), StateKind::Map, Some(user_key), value)
    }

    fn decode(&self, user_key: &[u8], value: &[u8]) -> Result<(UK, UV)> {
        Ok((
            decode_key_exact(user_key)?,
            decode_exact(&**self.codec(), value)?,
        ))
    }

    fn encode(
        &self,
        (user_key, row): &(UK, UV),
        encoded: &mut Vec<u8>,
        value: &mut Vec<u8>,
    ) -> Result<()> {
        user_key.encode_key(encoded);
        self.codec().encode(row, value)
    }
}
