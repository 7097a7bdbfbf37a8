//! An object in parts.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use alluvium_state_api::{Result, StateError};
use bytes::{Bytes, BytesMut};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{MultipartId, MultipartUpload, ObjectStoreExt};
use tokio::task::JoinSet;

use super::Workers;
use super::attempt::Trouble;
use super::store::Store;
use crate::storage::Created;
use crate::storage::options::PART_SIZE;
use crate::storage::stream::{exists_already, failed_before};

/// How many parts an object may have; the limit of S3.
const MAX_PARTS: usize = 10_000;

/// Where an upload goes.
#[derive(Clone)]
struct Target {
    store: Arc<Store>,
    path: Arc<str>,
    place: Path,
    given_up: Arc<AtomicBool>,
}

/// An object that is being written. The first part is held back until a second one follows: what
/// fits into one part is created like any other object.
///
/// Dropped after its first part was sent and before its end, it is aborted in the background.
pub(super) struct Upload {
    target: Target,
    workers: Workers,
    buffer: BytesMut,
    length: u64,
    begun: Option<Begun>,
    failed: bool,
}

/// What has been sent.
struct Begun {
    way: Way,
    count: usize,
    sending: JoinSet<Result<(usize, Option<PartId>)>>,
    sent: BTreeMap<usize, PartId>,
}

enum Way {
    /// Each part by itself.
    Parts(Arc<dyn MultipartStore>, MultipartId),
    /// One after the other, as the store does it.
    Whole(Box<dyn MultipartUpload>),
}

impl Upload {
    /// # Errors
    /// `Misuse` if `path` is none.
    pub(super) fn new(store: Arc<Store>, workers: Workers, path: &str) -> Result<Self> {
        let target = Target {
            place: store.place(path)?,
            store,
            path: path.into(),
            given_up: Arc::default(),
        };
        Ok(Self {
            target,
            workers,
            buffer: BytesMut::new(),
            length: 0,
            begun: None,
            failed: false,
        })
    }

    /// Takes as many bytes as still fit into the part; before the rest fits, it must be
    /// [sent](Self::send).
    ///
    /// # Errors
    /// `Storage` after an earlier error.
    pub(super) fn take<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8]> {
        if self.failed {
            return Err(failed_before(&self.place()));
        }
        let room = self.part_size().saturating_sub(self.buffer.len());
        let (taken, rest) = bytes.split_at(room.min(bytes.len()));
        self.make_room(taken.len());
        self.buffer.extend_from_slice(taken);
        self.length += taken.len() as u64;
        Ok(rest)
    }

    /// Makes room for so many bytes more of the part. Left to itself, the buffer would come to up to
    /// twice a part.
    fn make_room(&mut self, more: usize) {
        let wanted = self.buffer.len() + more;
        if wanted <= self.buffer.capacity() {
            return;
        }
        // Behind a full part, another one is likely.
        let usual = if self.begun.is_some() {
            self.part_size()
        } else {
            wanted.saturating_mul(2).min(self.part_size())
        };
        let mut larger = BytesMut::with_capacity(usual.max(wanted));
        larger.extend_from_slice(&self.buffer);
        self.buffer = larger;
    }

    fn part_size(&self) -> usize {
        self.target.store.options().part_size
    }

    fn place(&self) -> String {
        self.target.store.locate(&self.target.path)
    }

    /// Sends the part, once few enough others are on their way.
    pub(super) async fn send(&mut self) -> Result<()> {
        let sent = self.try_send().await;
        self.failed |= sent.is_err();
        sent
    }

    async fn try_send(&mut self) -> Result<()> {
        if self.begun.is_none() {
            let way = self.target.begin().await?;
            self.begun = Some(Begun {
                way,
                count: 0,
                sending: JoinSet::new(),
                sent: BTreeMap::new(),
            });
        }
        let (place, handle) = (self.place(), self.workers.handle().clone());
        let parallelism = self.target.store.options().parallelism;
        let part = self.buffer.split().freeze();
        let Some(begun) = self.begun.as_mut() else {
            return Ok(());
        };
        if begun.count == MAX_PARTS {
            let what = format!("the number of parts of '{place}'");
            let (size, limit) = (MAX_PARTS as u64 + 1, MAX_PARTS as u64);
            return Err(StateError::limit(what, size, limit, PART_SIZE));
        }
        while begun.sending.len() >= parallelism {
            begun.wait_for_one().await?;
        }
        let index = begun.count;
        begun.count += 1;
        match &mut begun.way {
            Way::Parts(parts, id) => {
                let (target, parts, id) = (self.target.clone(), Arc::clone(parts), id.clone());
                let send = async move {
                    let sent = target.send(&*parts, &id, index, part).await?;
                    Ok((index, Some(sent)))
                };
                begun.sending.spawn_on(send, &handle);
            }
            Way::Whole(upload) => {
                let (target, put) = (self.target.clone(), upload.put_part(part.into()));
                let send = async move { target.once("write", put).await.map(|()| (index, None)) };
                begun.sending.spawn_on(send, &handle);
            }
        }
        Ok(())
    }

    /// Makes the object durable.
    pub(super) async fn finish(mut self) -> Result<()> {
        if self.failed {
            self.abort().await;
            return Err(failed_before(&self.place()));
        }
        if self.begun.is_none() {
            return self.create().await;
        }
        let finished = self.try_finish().await;
        if finished.is_ok() {
            self.begun = None;
        } else {
            self.abort().await;
        }
        finished
    }

    async fn create(&mut self) -> Result<()> {
        let (store, path) = (
            Arc::clone(&self.target.store),
            Arc::clone(&self.target.path),
        );
        let bytes = self.buffer.split().freeze();
        match store.create(&path, bytes).await? {
            Created::New => Ok(()),
            Created::Exists => Err(exists_already(&self.place())),
        }
    }

    async fn try_finish(&mut self) -> Result<()> {
        if !self.buffer.is_empty() {
            self.try_send().await?;
        }
        let (target, length) = (self.target.clone(), self.length);
        let Some(begun) = self.begun.as_mut() else {
            return Ok(());
        };
        while !begun.sending.is_empty() {
            begun.wait_for_one().await?;
        }
        // The last step has no condition: names of streamed objects are used once.
        if target.store.exists(&target.path).await? {
            return Err(exists_already(&target.store.locate(&target.path)));
        }
        match &mut begun.way {
            Way::Parts(parts, id) => {
                let sent: Vec<PartId> = std::mem::take(&mut begun.sent).into_values().collect();
                target.complete(&**parts, id, sent, length).await
            }
            Way::Whole(upload) => target.once("finish", upload.complete()).await.map(drop),
        }
    }

    /// Gives the upload up, so that the store keeps none of its parts.
    pub(super) async fn abort(&mut self) {
        self.failed = true;
        if let Some(begun) = self.begun.take() {
            self.target.clone().abort(begun).await;
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(begun) = self.begun.take() {
            let (target, workers) = (self.target.clone(), self.workers.clone());
            // They stay until it is done.
            self.workers.handle().spawn(async move {
                target.abort(begun).await;
                drop(workers);
            });
        }
    }
}

impl Begun {
    async fn wait_for_one(&mut self) -> Result<()> {
        match self.sending.join_next().await {
            None => Ok(()),
            Some(Ok(sent)) => {
                let (index, part) = sent?;
                self.sent.extend(part.map(|part| (index, part)));
                Ok(())
            }
            Some(Err(error)) => {
                Err(StateError::storage("a part of an upload was given up").with_source(error))
            }
        }
    }
}

impl Target {
    async fn begin(&self) -> Result<Way> {
        let mut attempts = self.store.attempts("write", &self.path);
        loop {
            let trouble = match &self.store.parts {
                Some(parts) => match attempts.once(parts.create_multipart(&self.place)).await {
                    Ok(id) => return Ok(Way::Parts(Arc::clone(parts), id)),
                    Err(trouble) => trouble,
                },
                None => {
                    let begin = self.store.objects.put_multipart(&self.place);
                    match attempts.once(begin).await {
                        Ok(upload) => return Ok(Way::Whole(upload)),
                        Err(trouble) => trouble,
                    }
                }
            };
            attempts.pause(trouble).await?;
        }
    }

    async fn send(
        &self,
        parts: &dyn MultipartStore,
        id: &MultipartId,
        index: usize,
        bytes: Bytes,
    ) -> Result<PartId> {
        let mut attempts = self.store.attempts("write", &self.path);
        loop {
            if self.given_up.load(Ordering::Relaxed) {
                let place = self.store.locate(&self.path);
                return Err(StateError::cancelled(format!("'{place}' is given up")));
            }
            let put = parts.put_part(&self.place, id, index, bytes.clone().into());
            match attempts.once(put).await {
                Ok(part) => return Ok(part),
                Err(trouble) => attempts.pause(trouble).await?,
            }
        }
    }

    /// One attempt at something that the store itself tries again.
    async fn once<T>(
        &self,
        what: &'static str,
        request: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T> {
        let mut attempts = self.store.attempts(what, &self.path);
        let done = attempts.once(request).await;
        done.map_err(|trouble| attempts.ended_by(&trouble))
    }

    async fn complete(
        &self,
        parts: &dyn MultipartStore,
        id: &MultipartId,
        sent: Vec<PartId>,
        length: u64,
    ) -> Result<()> {
        let mut attempts = self.store.attempts("finish", &self.path);
        loop {
            let complete = parts.complete_multipart(&self.place, id, sent.clone());
            let Err(trouble) = attempts.once(complete).await else {
                return Ok(());
            };
            // The store no longer knows an upload whose end it has not told.
            if attempts.unsure && matches!(trouble, Trouble::Refused(_)) {
                let found = self.store.head("finish", &self.path, &self.place).await?;
                if found.is_some_and(|meta| meta.size == length) {
                    return Ok(());
                }
            }
            attempts.pause(trouble).await?;
        }
    }

    async fn abort(&self, mut begun: Begun) {
        self.given_up.store(true, Ordering::Relaxed);
        // A part that arrives after the end of its upload would stay.
        while begun.sending.join_next().await.is_some() {}
        let mut attempts = self.store.attempts("abort the upload of", &self.path);
        let error = loop {
            let aborted = match &mut begun.way {
                Way::Parts(parts, id) => {
                    attempts.once(parts.abort_multipart(&self.place, id)).await
                }
                Way::Whole(upload) => attempts.once(upload.abort()).await,
            };
            match aborted {
                Ok(()) | Err(Trouble::Refused(object_store::Error::NotFound { .. })) => return,
                Err(trouble) => {
                    if let Err(error) = attempts.pause(trouble).await {
                        break error;
                    }
                }
            }
        };
        tracing::warn!(%error, "parts of an unfinished object may be left in the store");
    }
}
