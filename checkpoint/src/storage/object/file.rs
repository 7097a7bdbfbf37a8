//! An object that is read in ranges.

use std::ops::Range;
use std::sync::Arc;

use alluvium_state_api::Result;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path;

use super::store::Store;
use crate::storage::stream::check_within;

/// An object as it was when it was opened.
#[derive(Clone)]
pub(super) struct File {
    store: Arc<Store>,
    path: Arc<str>,
    place: Path,
    tag: Option<Arc<str>>,
    length: u64,
}

impl File {
    pub(super) async fn open(store: Arc<Store>, path: String) -> Result<Option<Self>> {
        let place = store.place(&path)?;
        let Some(meta) = store.head("open", &path, &place).await? else {
            return Ok(None);
        };
        Ok(Some(Self {
            store,
            path: path.into(),
            place,
            tag: meta.e_tag.map(Into::into),
            length: meta.size,
        }))
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn locate(&self) -> String {
        self.store.locate(&self.path)
    }

    /// The ranges, each of one request, that fill `wanted` bytes at `offset`: at most as many in
    /// one group as are read at a time.
    ///
    /// # Errors
    /// `Corrupt` if the object ends before.
    pub(super) fn plan(&self, offset: u64, wanted: usize) -> Result<Vec<Vec<Range<u64>>>> {
        check_within(self.length, offset, wanted, &self.locate())?;
        let parts: Vec<_> = self.store.split(offset..offset + wanted as u64).collect();
        let groups = parts.chunks(self.store.options().parallelism);
        Ok(groups.map(<[_]>::to_vec).collect())
    }

    /// The bytes in these ranges, one after the other.
    pub(super) async fn fetch(self, ranges: Vec<Range<u64>>) -> Result<Vec<Bytes>> {
        let parallelism = self.store.options().parallelism;
        futures_util::stream::iter(ranges)
            .map(|range| {
                let tag = self.tag.as_deref();
                self.store.range(&self.path, &self.place, tag, range)
            })
            .buffered(parallelism)
            .try_collect()
            .await
    }
}
