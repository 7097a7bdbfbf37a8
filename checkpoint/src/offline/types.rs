//! Entries as dynamic values.

use super::KeyedEntry;
use alluvium_state_api::{
    DynamicKeyType, DynamicType, DynamicValue, KeyGroup, MaxParallelism, Result, Schema,
    StateError, StateKind, StateMeta, wire,
};
use std::sync::Arc;

/// One entry of keyed state whose types are known by their schemas.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DynamicEntry {
    /// The key.
    pub key: DynamicValue,
    /// The namespace; [`DynamicValue::Unit`] where none are used.
    pub namespace: DynamicValue,
    /// The user key; map state only.
    pub user_key: Option<DynamicValue>,
    /// The value; of list state a [`DynamicValue::List`] of its elements, of aggregating state the
    /// accumulator.
    pub value: DynamicValue,
}

/// The types of one keyed state: decodes its entries and encodes them.
#[derive(Clone, Debug)]
pub struct StateTypes(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    meta: StateMeta,
    key: DynamicKeyType,
    namespace: DynamicKeyType,
    user_key: Option<DynamicKeyType>,
    /// Of list state, that of an element.
    value: DynamicType,
}

impl StateTypes {
    /// The types of the state `meta` with keys of this schema.
    ///
    /// # Errors
    /// `Misuse` if a schema is none of a key, or cannot be stored.
    pub fn new(key: &Schema, meta: &StateMeta) -> Result<Self> {
        let at = |what: &str| {
            let context = format!("state '{}', {what}", meta.name);
            move |error: StateError| error.context(&context)
        };
        let user_key = meta.user_key.as_ref().map(DynamicKeyType::new).transpose();
        Ok(Self(Arc::new(Inner {
            meta: meta.clone(),
            key: DynamicKeyType::new(key).map_err(at("key"))?,
            namespace: DynamicKeyType::new(&meta.namespace).map_err(at("namespace"))?,
            user_key: user_key.map_err(at("user key"))?,
            value: DynamicType::new(&meta.value).map_err(at("value"))?,
        })))
    }

    /// What the snapshot says about the state.
    pub fn meta(&self) -> &StateMeta {
        &self.0.meta
    }

    /// The type of keys.
    pub fn key(&self) -> &DynamicKeyType {
        &self.0.key
    }

    /// The type of namespaces.
    pub fn namespace(&self) -> &DynamicKeyType {
        &self.0.namespace
    }

    /// The type of user keys; map state only.
    pub fn user_key(&self) -> Option<&DynamicKeyType> {
        self.0.user_key.as_ref()
    }

    /// The type of values; of list state that of an element.
    pub fn value(&self) -> &DynamicType {
        &self.0.value
    }

    /// Whether values are lists of elements.
    pub fn is_list(&self) -> bool {
        self.0.meta.kind == StateKind::List
    }

    /// The elements of a list, or the value itself.
    pub fn parts<'v>(&self, value: &'v DynamicValue) -> &'v [DynamicValue] {
        match value {
            DynamicValue::List(elements) if self.is_list() => elements,
            value => std::slice::from_ref(value),
        }
    }

    /// Takes an entry apart.
    ///
    /// # Errors
    /// `Corrupt` naming state and part, if one does not fit its schema.
    pub fn decode(&self, entry: &KeyedEntry) -> Result<DynamicEntry> {
        let Inner {
            key,
            namespace,
            user_key,
            ..
        } = &*self.0;
        let at = |what: &'static str| move |error| self.at(what, error);
        let user_key = user_key.as_ref().map(|of| of.decode_exact(&entry.user_key));
        Ok(DynamicEntry {
            key: key.decode_exact(&entry.key).map_err(at("key"))?,
            namespace: namespace
                .decode_exact(&entry.namespace)
                .map_err(at("namespace"))?,
            user_key: user_key.transpose().map_err(at("user key"))?,
            value: self.decode_value(&entry.value).map_err(at("value"))?,
        })
    }

    /// Puts an entry together, and places it in its key group.
    ///
    /// # Errors
    /// `Misuse` naming state, part and place in it, if one does not fit its schema.
    pub fn encode(&self, entry: &DynamicEntry, max: MaxParallelism) -> Result<KeyedEntry> {
        let at = |what: &'static str| move |error| self.at(what, error);
        let Inner {
            key,
            namespace,
            user_key,
            ..
        } = &*self.0;
        let mut encoded = KeyedEntry {
            group: key.group_of(&entry.key, max).map_err(at("key"))?,
            key: Vec::new(),
            namespace: Vec::new(),
            user_key: Vec::new(),
            value: Vec::new(),
        };
        key.encode(&entry.key, &mut encoded.key)
            .map_err(at("key"))?;
        namespace
            .encode(&entry.namespace, &mut encoded.namespace)
            .map_err(at("namespace"))?;
        match (user_key, &entry.user_key) {
            (Some(of), Some(given)) => {
                of.encode(given, &mut encoded.user_key)
                    .map_err(at("user key"))?;
            }
            (None, None) => {}
            (Some(_), None) => return Err(self.at("user key", StateError::misuse("it is missing"))),
            (None, Some(_)) => {
                return Err(self.at("user key", StateError::misuse("only map state has any")));
            }
        }
        self.encode_value(&entry.value, &mut encoded.value)
            .map_err(at("value"))?;
        Ok(encoded)
    }

    /// The key group of an encoded key, found through its dynamic value.
    ///
    /// # Errors
    /// `Corrupt` if it does not fit its schema.
    pub fn group_of_encoded(&self, key: &[u8], max: MaxParallelism) -> Result<KeyGroup> {
        let at = |error| self.at("key", error);
        let key = self.0.key.decode_exact(key).map_err(at)?;
        self.0.key.group_of(&key, max).map_err(at)
    }

    fn decode_value(&self, mut bytes: &[u8]) -> Result<DynamicValue> {
        if !self.is_list() {
            return self.0.value.decode_exact(bytes);
        }
        let mut elements = Vec::new();
        while !bytes.is_empty() {
            let length = wire::read_count(&mut bytes, 1)?;
            let element = wire::take_slice(&mut bytes, length)?;
            elements.push(self.0.value.decode_exact(element)?);
        }
        Ok(DynamicValue::List(elements))
    }

    fn encode_value(&self, value: &DynamicValue, out: &mut Vec<u8>) -> Result<()> {
        if !self.is_list() {
            return self.0.value.encode(value, out);
        }
        let DynamicValue::List(elements) = value else {
            return Err(StateError::misuse("expected a list of elements"));
        };
        let mut element = Vec::new();
        for one in elements {
            element.clear();
            self.0.value.encode(one, &mut element)?;
            wire::write_count(element.len(), out);
            out.extend_from_slice(&element);
        }
        Ok(())
    }

    #[cold]
    fn at(&self, what: &str, error: StateError) -> StateError {
        error.context(format_args!("state '{}', {what}", self.0.meta.name))
    }
}
