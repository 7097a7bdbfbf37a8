//! Object stores.
//!
//! | module | what it holds |
//! |---|---|
//! | `attempt` | trying again: what is worth it, how long, with which pauses |
//! | `store` | the operations on objects, as futures |
//! | `upload` | an object in parts |
//! | `file` | an object that is read in ranges |
//! | `workers` | the threads on which all of it runs |
//! | `blocking`, `nonblocking` | the two faces |

mod attempt;
mod blocking;
mod cause;
mod file;
mod nonblocking;
mod path;
mod store;
mod upload;
mod workers;

use std::fmt;
use std::sync::Arc;

use alluvium_state_api::Result;
use object_store::ObjectStore;
use object_store::multipart::MultipartStore;

use self::store::Store;
pub(super) use self::workers::Workers;
use super::StorageOptions;

/// A [`Storage`](super::Storage) and [`AsyncStorage`](super::AsyncStorage) over any
/// [`ObjectStore`] that honours [`PutMode::Create`](object_store::PutMode::Create), in particular
/// S3. Clones share it.
///
/// Requests run on a few threads of its own, whoever calls. The blocking face may be used on any
/// other thread; inside a runtime it holds up the thread, for which the other face is better.
#[derive(Clone)]
pub struct ObjectStorage {
    store: Arc<Store>,
    workers: Workers,
}

impl ObjectStorage {
    /// The objects of `store` below `url`, which is how the place is called in messages and whose
    /// path, without the bucket, is the prefix of all names.
    ///
    /// Parts of streamed objects are not tried again: for stores that do that themselves.
    ///
    /// # Errors
    /// `Misuse` for options out of range or a prefix that is no path; `Storage` if the threads
    /// cannot be started.
    pub fn new(
        store: Arc<dyn ObjectStore>,
        url: &str,
        prefix: &str,
        options: &StorageOptions,
    ) -> Result<Self> {
        options.check()?;
        let store = Store::new(store, None, url, prefix, options)?;
        Ok(Self::on(Workers::start(options)?, store))
    }

    /// As [`new`](Self::new), with parts of streamed objects through the lower interface of the
    /// store, so that each is tried again by itself.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_parts<S: ObjectStore + MultipartStore>(
        store: Arc<S>,
        url: &str,
        prefix: &str,
        options: &StorageOptions,
    ) -> Result<Self> {
        Self::hiding(Vec::new(), store, url, prefix, options)
    }

    /// As [`with_parts`](Self::with_parts), for a store of which messages must show no `secrets`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn hiding<S: ObjectStore + MultipartStore>(
        secrets: Vec<String>,
        store: Arc<S>,
        url: &str,
        prefix: &str,
        options: &StorageOptions,
    ) -> Result<Self> {
        options.check()?;
        let parts: Arc<dyn MultipartStore> = Arc::<S>::clone(&store);
        let mut store = Store::new(store, Some(parts), url, prefix, options)?;
        store.hide(secrets);
        Ok(Self::on(Workers::start(options)?, store))
    }

    fn on(workers: Workers, store: Store) -> Self {
        Self {
            store: Arc::new(store),
            workers,
        }
    }

    /// As [`new`](Self::new), for a store that runs on the same threads itself.
    #[cfg(feature = "hdfs")]
    pub(super) fn with_workers(
        workers: Workers,
        store: Arc<dyn ObjectStore>,
        url: &str,
        prefix: &str,
        options: &StorageOptions,
    ) -> Result<Self> {
        let store = Store::new(store, None, url, prefix, options)?;
        Ok(Self::on(workers, store))
    }

    /// How the place is called.
    pub fn url(&self) -> &str {
        self.store.url()
    }
}

impl fmt::Debug for ObjectStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectStorage")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}
