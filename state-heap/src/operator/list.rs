//! Split and union lists.

use super::slot::{FrozenSlot, OperatorSlot};
use alluvium_state_api::{
    CodecRef, OperatorItem, OperatorStateImage, OperatorStateMeta, Result, StateData, decode_exact,
};
use std::sync::Arc;

/// A list; cloning shares everything.
pub(super) struct ListSlot<T: 'static> {
    meta: OperatorStateMeta,
    codec: CodecRef<T>,
    items: Arc<Vec<Arc<T>>>,
}

impl<T: StateData> ListSlot<T> {
    /// A list that begins with `restored`, which must have passed the schema check.
    pub(super) fn new(
        meta: OperatorStateMeta,
        codec: CodecRef<T>,
        restored: &[OperatorItem],
    ) -> Result<Self> {
        let decode = |item: &OperatorItem| decode_exact(&*codec, &item.value).map(Arc::new);
        let items = restored.iter().map(decode).collect::<Result<_>>();
        let items = items.map_err(|error| {
            error.context(format!("operator state '{}' cannot be restored", meta.name))
        })?;
        Ok(Self {
            meta,
            codec,
            items: Arc::new(items),
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter().map(|item| &**item)
    }

    pub(super) fn extend(&mut self, items: impl IntoIterator<Item = T>) {
        Arc::make_mut(&mut self.items).extend(items.into_iter().map(Arc::new));
    }

    pub(super) fn replace(&mut self, items: impl IntoIterator<Item = T>) {
        self.items = Arc::new(items.into_iter().map(Arc::new).collect());
    }
}

impl<T: StateData> OperatorSlot for ListSlot<T> {
    fn meta(&self) -> &OperatorStateMeta {
        &self.meta
    }

    fn freeze(&self) -> Box<dyn FrozenSlot> {
        Box::new(Self {
            meta: self.meta.clone(),
            codec: self.codec.clone(),
            items: Arc::clone(&self.items),
        })
    }
}

impl<T: StateData> FrozenSlot for ListSlot<T> {
    fn encode(&self) -> Result<OperatorStateImage> {
        let encode = |item: &Arc<T>| {
            let mut value = Vec::new();
            self.codec.encode(item, &mut value)?;
            Ok(OperatorItem {
                key: Vec::new(),
                value,
            })
        };
        let items = self.items.iter().map(encode).collect::<Result<_>>()?;
        Ok(OperatorStateImage {
            meta: self.meta.clone(),
            items,
        })
    }
}
