//! An object store that takes its time, and forgets the parts of objects once it has them.

use crate::gauge::{Given, Peak};
use async_trait::async_trait;
use futures_util::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartId, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::fmt;
use std::sync::Arc;

pub(crate) struct Sluggish {
    inner: InMemory,
    given: Arc<Given>,
    peak: Arc<Peak>,
    enough: usize,
}

impl Sluggish {
    /// Takes no part before `enough` was given.
    pub(crate) fn new(given: &Arc<Given>, peak: &Arc<Peak>, enough: usize) -> Self {
        Self {
            inner: InMemory::new(),
            given: Arc::clone(given),
            peak: Arc::clone(peak),
            enough,
        }
    }
}

#[async_trait]
impl MultipartStore for Sluggish {
    async fn create_multipart(&self, _path: &Path) -> Result<MultipartId> {
        Ok("upload".to_owned())
    }

    async fn put_part(
        &self,
        _path: &Path,
        _id: &MultipartId,
        index: usize,
        _data: PutPayload,
    ) -> Result<PartId> {
        let (given, enough) = (Arc::clone(&self.given), self.enough);
        let waiting = tokio::task::spawn_blocking(move || given.wait_for(enough));
        waiting.await.unwrap();
        self.peak.look();
        Ok(PartId {
            content_id: index.to_string(),
        })
    }

    async fn complete_multipart(
        &self,
        _path: &Path,
        _id: &MultipartId,
        _parts: Vec<PartId>,
    ) -> Result<PutResult> {
        Ok(PutResult {
            e_tag: None,
            version: None,
            extensions: object_store::Extensions::default(),
        })
    }

    async fn abort_multipart(&self, _path: &Path, _id: &MultipartId) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl ObjectStore for Sluggish {
    async fn put_opts(&self, at: &Path, bytes: PutPayload, how: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(at, bytes, how).await
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(at, how).await
    }

    async fn get_opts(&self, at: &Path, how: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(at, how).await
    }

    fn delete_stream(
        &self,
        all: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(all)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, how: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, how).await
    }
}

impl fmt::Debug for Sluggish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sluggish")
    }
}

impl fmt::Display for Sluggish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sluggish")
    }
}
