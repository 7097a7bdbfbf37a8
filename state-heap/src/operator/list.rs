//! Split and union lists.

use super::slot::{FrozenSlot, OperatorSlot, unencodable};
use crate::list::{ListStamp, ListValue};
use alluvium_state_api::{
    CodecRef, OperatorItem, OperatorStateImage, OperatorStateMeta, Result, StateData, decode_exact,
};
use std::any::type_name;

/// Snapshots of operator state are whole: no elements need be told apart.
const STAMP: ListStamp = ListStamp {
    epoch: 0,
    settled: u32::MAX,
};

/// A list; cloning shares everything.
pub(super) struct ListSlot<T: 'static> {
    meta: OperatorStateMeta,
    codec: CodecRef<T>,
    items: ListValue<T>,
}

impl<T: StateData> ListSlot<T> {
    /// A list that begins with `restored`, which must have passed the schema check.
    pub(super) fn new(
        meta: OperatorStateMeta,
        codec: CodecRef<T>,
        restored: &[OperatorItem],
    ) -> Result<Self> {
        let decode = |item: &OperatorItem| decode_exact(&*codec, &item.value);
        let items = restored.iter().map(decode).collect::<Result<_>>();
        let items: Vec<T> = items.map_err(|error| {
            error.context(format!("operator state '{}' cannot be restored", meta.name))
        })?;
        Ok(Self {
            meta,
            codec,
            items: ListValue::new(items, STAMP.epoch),
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }

    pub(super) fn push(&mut self, item: T) {
        self.items.push(item, STAMP);
    }

    pub(super) fn extend(&mut self, items: Vec<T>) {
        if !items.is_empty() {
            self.items.extend(items, STAMP);
        }
    }

    pub(super) fn replace(&mut self, items: Vec<T>) {
        self.items = ListValue::new(items, STAMP.epoch);
    }
}

impl<T: StateData> OperatorSlot for ListSlot<T> {
    fn types() -> String {
        format!("list of {}", type_name::<T>())
    }

    fn held_types(&self) -> String {
        Self::types()
    }

    fn meta(&self) -> &OperatorStateMeta {
        &self.meta
    }

    fn freeze(&self) -> Box<dyn FrozenSlot> {
        Box::new(Self {
            meta: self.meta.clone(),
            codec: self.codec.clone(),
            items: self.items.clone(),
        })
    }
}

impl<T: StateData> FrozenSlot for ListSlot<T> {
    fn encode(&self) -> Result<OperatorStateImage> {
        let encode = |item: &T| {
            let mut value = Vec::new();
            self.codec.encode(item, &mut value)?;
            Ok(OperatorItem {
                key: Vec::new(),
                value,
            })
        };
        let items = self.items.iter().map(encode).collect::<Result<_>>();
        let items = items.map_err(|error| unencodable(&self.meta, error))?;
        Ok(OperatorStateImage {
            meta: self.meta.clone(),
            items,
        })
    }
}
