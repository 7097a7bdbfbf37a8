//! The operations on objects, as futures.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use alluvium_state_api::Result;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use object_store::multipart::MultipartStore;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, Error, GetOptions, GetRange, GetResult, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMode, PutOptions,
};

use super::attempt::{Attempts, Trouble, seed};
use super::path::{Places, last_name};
use crate::storage::probe::entropy;
use crate::storage::random::SplitMix;
use crate::storage::stream::room_for;
use crate::storage::{Created, StorageOptions};

/// The metadata by which an object is known as the one of this call, and of no other.
const CREATOR: Attribute = Attribute::Metadata(std::borrow::Cow::Borrowed("alluvium-creator"));

/// What is asked of an object store, with everything that it takes to get an answer.
pub(super) struct Store {
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) parts: Option<Arc<dyn MultipartStore>>,
    places: Places,
    url: String,
    options: StorageOptions,
    secrets: Vec<String>,
    random: Mutex<SplitMix>,
    /// Of this store alone, in all processes.
    identity: u64,
    creations: AtomicU64,
}

impl Store {
    pub(super) fn new(
        objects: Arc<dyn ObjectStore>,
        parts: Option<Arc<dyn MultipartStore>>,
        url: &str,
        prefix: &str,
        options: &StorageOptions,
    ) -> Result<Self> {
        Ok(Self {
            objects,
            parts,
            places: Places::below(prefix)?,
            url: url.trim_end_matches('/').to_owned(),
            options: options.clone(),
            secrets: Vec::new(),
            random: Mutex::new(seed(options)?),
            identity: entropy()?,
            creations: AtomicU64::new(0),
        })
    }

    pub(super) fn hide(&mut self, secrets: Vec<String>) {
        self.secrets = secrets.into_iter().filter(|s| !s.is_empty()).collect();
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn options(&self) -> &StorageOptions {
        &self.options
    }

    pub(super) fn secrets(&self) -> &[String] {
        &self.secrets
    }

    pub(super) fn random(&self) -> u64 {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        random.next()
    }

    pub(super) fn locate(&self, path: &str) -> String {
        format!("{}/{path}", self.url)
    }

    pub(super) fn place(&self, path: &str) -> Result<Path> {
        self.places.place(path)
    }

    fn folder(&self, path: &str) -> Result<Path> {
        self.places.folder(path)
    }

    pub(super) fn attempts<'a>(&'a self, what: &'static str, path: &'a str) -> Attempts<'a> {
        Attempts::new(self, what, path)
    }

    pub(super) async fn create(&self, path: &str, bytes: Bytes) -> Result<Created> {
        let place = self.place(path)?;
        let number = self.creations.fetch_add(1, Ordering::Relaxed);
        let creator = format!("{:016x}-{number}", self.identity);
        let mut attempts = self.attempts("create", path);
        loop {
            let options = PutOptions {
                mode: PutMode::Create,
                attributes: Attributes::from_iter([(CREATOR, creator.clone())]),
                ..PutOptions::default()
            };
            let payload = bytes.clone().into();
            let put = self.objects.put_opts(&place, payload, options);
            match attempts.once(put).await {
                Ok(_) => return Ok(Created::New),
                Err(trouble @ Trouble::Refused(Error::AlreadyExists { .. })) => {
                    let ours = attempts.unsure.then_some((&*creator, &bytes));
                    if let Some(created) = self.what_stands(path, &place, ours).await? {
                        return Ok(created);
                    }
                    // A conflict with somebody who is not through, or is already gone.
                    attempts.pause(trouble).await?;
                }
                Err(trouble) => attempts.pause(trouble).await?,
            }
        }
    }

    /// What was created when the store says that something stands there; `None` if nothing does.
    /// If an earlier attempt may have put it there, `ours` says by what to know it: by the mark of
    /// the call, or by its bytes where stores keep no marks.
    async fn what_stands(
        &self,
        path: &str,
        place: &Path,
        ours: Option<(&str, &Bytes)>,
    ) -> Result<Option<Created>> {
        let Some((creator, bytes)) = ours else {
            let meta = self.head("create", path, place).await?;
            return Ok(meta.map(|_| Created::Exists));
        };
        let mut attempts = self.attempts("create", path);
        let mark = loop {
            let head = GetOptions::default().with_head(true);
            match attempts.once(self.objects.get_opts(place, head)).await {
                Ok(found) => {
                    break found
                        .attributes
                        .get(&CREATOR)
                        .map(|mark| mark.as_ref().to_owned());
                }
                Err(trouble) if is_missing(&trouble, &attempts) => return Ok(None),
                Err(trouble) => attempts.pause(trouble).await?,
            }
        };
        let is_ours = match mark {
            Some(mark) => mark == creator,
            None => match self.read(path, bytes.len() as u64 + 1).await? {
                Some(found) => found == *bytes,
                None => return Ok(None),
            },
        };
        Ok(Some(if is_ours {
            Created::New
        } else {
            Created::Exists
        }))
    }

    pub(super) async fn replace(&self, path: &str, bytes: Bytes) -> Result<()> {
        let place = self.place(path)?;
        let mut attempts = self.attempts("replace", path);
        loop {
            let put = self.objects.put(&place, bytes.clone().into());
            match attempts.once(put).await {
                Ok(_) => return Ok(()),
                Err(trouble) => attempts.pause(trouble).await?,
            }
        }
    }

    pub(super) async fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let place = self.place(path)?;
        let limit = limit.min(usize::MAX as u64);
        let mut attempts = self.attempts("read", path);
        loop {
            match attempts.once(self.first_part(&place, limit)).await {
                Ok(First::Whole(bytes)) => return Ok(Some(bytes)),
                Ok(First::Longer(meta)) => {
                    return self.read_longer(path, &place, &meta, limit).await.map(Some);
                }
                Err(trouble) if is_missing(&trouble, &attempts) => return Ok(None),
                Err(trouble) => attempts.pause(trouble).await?,
            }
        }
    }

    /// The object, if it is wanted whole and is not too long for one request.
    async fn first_part(&self, place: &Path, limit: u64) -> object_store::Result<First> {
        let result = self.objects.get(place).await?;
        let size = result.meta.size;
        if size > limit || size > self.options.part_size as u64 {
            return Ok(First::Longer(result.meta));
        }
        Ok(First::Whole(collect(result, size).await?.into()))
    }

    async fn read_longer(
        &self,
        path: &str,
        place: &Path,
        meta: &ObjectMeta,
        limit: u64,
    ) -> Result<Vec<u8>> {
        let wanted = meta.size.min(limit);
        let room = usize::try_from(wanted).unwrap_or(usize::MAX);
        let mut bytes = room_for(room, &self.locate(path))?;
        let tag = meta.e_tag.as_deref();
        let mut parts = futures_util::stream::iter(self.split(0..wanted))
            .map(|range| self.range(path, place, tag, range))
            .buffered(self.options.parallelism);
        while let Some(part) = parts.try_next().await? {
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    }

    /// Ranges of one request each.
    pub(super) fn split(&self, range: Range<u64>) -> impl Iterator<Item = Range<u64>> + use<> {
        let part = self.options.part_size as u64;
        let starts = range.clone().step_by(self.options.part_size);
        starts.map(move |start| start..start.saturating_add(part).min(range.end))
    }

    /// The bytes in `range`, which is not empty, of the object with the tag.
    pub(super) async fn range(
        &self,
        path: &str,
        place: &Path,
        tag: Option<&str>,
        range: Range<u64>,
    ) -> Result<Bytes> {
        let mut attempts = self.attempts("read", path);
        loop {
            let options = GetOptions {
                range: Some(GetRange::Bounded(range.clone())),
                if_match: tag.map(str::to_owned),
                ..GetOptions::default()
            };
            let wanted = range.end - range.start;
            let get = async {
                let result = self.objects.get_opts(place, options).await?;
                collect(result, wanted).await
            };
            match attempts.once(get).await {
                Ok(bytes) => return Ok(bytes),
                Err(trouble @ Trouble::Refused(Error::Precondition { .. })) => {
                    let error = attempts.ended_by(&trouble);
                    return Err(error.context("the object was replaced while it was read"));
                }
                Err(trouble) => attempts.pause(trouble).await?,
            }
        }
    }

    /// What is known of an object without reading it.
    pub(super) async fn head(
        &self,
        what: &'static str,
        path: &str,
        place: &Path,
    ) -> Result<Option<ObjectMeta>> {
        let mut attempts = self.attempts(what, path);
        loop {
            match attempts.once(self.objects.head(place)).await {
                Ok(meta) => return Ok(Some(meta)),
                Err(trouble) if is_missing(&trouble, &attempts) => return Ok(None),
                Err(trouble) => attempts.pause(trouble).await?,
            }
        }
    }

    pub(super) async fn exists(&self, path: &str) -> Result<bool> {
        let place = self.place(path)?;
        let meta = self.head("look for", path, &place).await?;
        Ok(meta.is_some())
    }

    pub(super) async fn delete(&self, path: &str) -> Result<()> {
        let place = self.place(path)?;
        let mut attempts = self.attempts("delete", path);
        loop {
            match attempts.once(self.objects.delete(&place)).await {
                Ok(()) => return Ok(()),
                Err(trouble) if is_missing(&trouble, &attempts) => return Ok(()),
                Err(trouble) => attempts.pause(trouble).await?,
            }
        }
    }

    pub(super) async fn list(&self, folder: &str) -> Result<Vec<String>> {
        let place = self.folder(folder)?;
        let mut attempts = self.attempts("list", folder);
        let found = loop {
            let list = self.objects.list_with_delimiter(Some(&place));
            match attempts.once(list).await {
                Ok(found) => break found,
                Err(trouble) if is_missing(&trouble, &attempts) => return Ok(Vec::new()),
                Err(trouble) => attempts.pause(trouble).await?,
            }
        };
        let objects = found.objects.iter().map(|meta| &meta.location);
        let mut names: Vec<String> = objects
            .chain(&found.common_prefixes)
            .filter_map(last_name)
            .collect();
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }
}

/// What the first request for an object brings.
enum First {
    Whole(Vec<u8>),
    Longer(ObjectMeta),
}

/// Whether the object is missing, and not the bucket.
fn is_missing(trouble: &Trouble, attempts: &Attempts<'_>) -> bool {
    matches!(trouble, Trouble::Refused(Error::NotFound { .. }))
        && !attempts.cause(trouble).contains("NoSuchBucket")
}

/// The body of an answer, which must have `wanted` bytes.
async fn collect(result: GetResult, wanted: u64) -> object_store::Result<Bytes> {
    let bytes = result.bytes().await?;
    if bytes.len() as u64 == wanted {
        return Ok(bytes);
    }
    let found = bytes.len();
    Err(Error::Generic {
        store: "object store",
        source: format!("{found} bytes came where {wanted} were asked for").into(),
    })
}
