//! Broadcast maps.

use super::slot::{FrozenSlot, OperatorSlot, unencodable};
use alluvium_state_api::{
    CodecRef, OperatorItem, OperatorStateImage, OperatorStateMeta, OrderedKey, Result, StateData,
    decode_exact, decode_key_exact,
};
use std::any::type_name;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A map, ascending by key; cloning shares everything.
pub(super) struct BroadcastSlot<BK: 'static, BV: 'static> {
    meta: OperatorStateMeta,
    codec: CodecRef<BV>,
    entries: Arc<BTreeMap<Arc<BK>, Arc<BV>>>,
}

impl<BK: OrderedKey, BV: StateData> BroadcastSlot<BK, BV> {
    /// A map that begins with `restored`, which must have passed the schema check.
    pub(super) fn new(
        meta: OperatorStateMeta,
        codec: CodecRef<BV>,
        restored: &[OperatorItem],
    ) -> Result<Self> {
        let decode = |item: &OperatorItem| {
            let key = decode_key_exact(&item.key)?;
            Ok((Arc::new(key), Arc::new(decode_exact(&*codec, &item.value)?)))
        };
        let entries = restored.iter().map(decode).collect::<Result<_>>();
        let entries = entries.map_err(|error: alluvium_state_api::StateError| {
            error.context(format!(
                "broadcast state '{}' cannot be restored",
                meta.name
            ))
        })?;
        Ok(Self {
            meta,
            codec,
            entries: Arc::new(entries),
        })
    }

    pub(super) fn get(&self, key: &BK) -> Option<&BV> {
        self.entries.get(key).map(|value| &**value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&BK, &BV)> {
        self.entries.iter().map(|(key, value)| (&**key, &**value))
    }

    pub(super) fn extend(&mut self, entries: impl IntoIterator<Item = (BK, BV)>) {
        let shared = entries
            .into_iter()
            .map(|(key, value)| (Arc::new(key), Arc::new(value)));
        Arc::make_mut(&mut self.entries).extend(shared);
    }

    pub(super) fn remove(&mut self, key: &BK) {
        if self.entries.contains_key(key) {
            Arc::make_mut(&mut self.entries).remove(key);
        }
    }

    pub(super) fn clear(&mut self) {
        self.entries = Arc::default();
    }
}

impl<BK: OrderedKey, BV: StateData> OperatorSlot for BroadcastSlot<BK, BV> {
    fn types() -> String {
        format!("map of {} to {}", type_name::<BK>(), type_name::<BV>())
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
            entries: Arc::clone(&self.entries),
        })
    }
}

impl<BK: OrderedKey, BV: StateData> FrozenSlot for BroadcastSlot<BK, BV> {
    fn encode(&self) -> Result<OperatorStateImage> {
        let encode = |(key, value): (&Arc<BK>, &Arc<BV>)| {
            let mut item = OperatorItem {
                key: Vec::new(),
                value: Vec::new(),
            };
            key.encode_key(&mut item.key);
            self.codec.encode(value, &mut item.value)?;
            Ok(item)
        };
        let items = self.entries.iter().map(encode).collect::<Result<_>>();
        let items = items.map_err(|error| unencodable(&self.meta, error))?;
        Ok(OperatorStateImage {
            meta: self.meta.clone(),
            items,
        })
    }
}
