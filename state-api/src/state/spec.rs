//! What a backend is told about a state at registration.

use super::{StateKind, StateMeta};
use crate::data::{CodecRef, StateData};
use crate::key::OrderedKey;
use crate::schema::SchemaBuilder;
use std::marker::PhantomData;

/// A state that stores one value of type `V` per key and namespace: value, reducing, aggregating.
#[derive(Debug)]
pub struct ValueSpec<'d, V: 'static, N> {
    /// The state's name; not empty.
    pub name: &'d str,
    /// [`StateKind::Value`], [`StateKind::Reducing`] or [`StateKind::Aggregating`].
    pub kind: StateKind,
    /// How values become bytes.
    pub codec: CodecRef<V>,
    pub(crate) namespace: PhantomData<fn() -> N>,
}

/// A list state.
#[derive(Debug)]
pub struct ListSpec<'d, T: 'static, N> {
    /// The state's name; not empty.
    pub name: &'d str,
    /// How one element becomes bytes.
    pub codec: CodecRef<T>,
    pub(crate) namespace: PhantomData<fn() -> N>,
}

/// A map state.
#[derive(Debug)]
pub struct MapSpec<'d, UK, UV: 'static, N> {
    /// The state's name; not empty.
    pub name: &'d str,
    /// How one value becomes bytes.
    pub codec: CodecRef<UV>,
    pub(crate) types: PhantomData<fn() -> (UK, N)>,
}

impl<V: StateData, N: OrderedKey> ValueSpec<'_, V, N> {
    /// What snapshots say about this state.
    pub fn meta(&self) -> StateMeta {
        StateMeta {
            name: self.name.to_owned(),
            kind: self.kind,
            namespace: N::key_schema(&mut SchemaBuilder::default()),
            user_key: None,
            value: self.codec.schema(),
        }
    }
}

impl<T: StateData, N: OrderedKey> ListSpec<'_, T, N> {
    /// What snapshots say about this state.
    pub fn meta(&self) -> StateMeta {
        StateMeta {
            name: self.name.to_owned(),
            kind: StateKind::List,
            namespace: N::key_schema(&mut SchemaBuilder::default()),
            user_key: None,
            value: self.codec.schema(),
        }
    }
}

impl<UK: OrderedKey, UV: StateData, N: OrderedKey> MapSpec<'_, UK, UV, N> {
    /// What snapshots say about this state.
    pub fn meta(&self) -> StateMeta {
        StateMeta {
            name: self.name.to_owned(),
            kind: StateKind::Map,
            namespace: N::key_schema(&mut SchemaBuilder::default()),
            user_key: Some(UK::key_schema(&mut SchemaBuilder::default())),
            value: self.codec.schema(),
        }
    }
}
