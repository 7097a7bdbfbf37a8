//! Stores by their URLs.

#[cfg(feature = "hdfs")]
mod hdfs;
mod location;
mod memory;
#[cfg(feature = "s3")]
mod s3;
mod scheme;

use std::sync::Arc;

use alluvium_state_api::Result;

pub use self::location::Location;
use self::location::Place;
use self::scheme::Scheme;
use super::probe::{entropy, probe_as};
use super::{AsyncAdapter, AsyncStorage, LocalStorage, ObjectStorage, Storage, StorageOptions};

/// Opens the store at `url`, and [probes](super::probe) it if it is no local directory:
///
/// | URL | store |
/// |---|---|
/// | `file:///path`, `/path`, `path` | a [local directory](LocalStorage) |
/// | `memory://name` | memory, shared by all of this process who give the same name, to its end |
/// | `s3://bucket/prefix` | S3 or a server that speaks like it; cargo feature `s3` |
/// | `hdfs://host:port/prefix`, `hdfs:///prefix` | HDFS, the default one of its configuration files if no host is named; cargo feature `hdfs` |
///
/// # Errors
/// `Misuse` for a URL that is none of these or names a store that was not built in, for unknown
/// store options, and for options out of range; `Storage`, naming the URL, if the store cannot be
/// reached, refuses, or does not keep what it must promise. No message shows a secret.
///
/// ```
/// use alluvium_checkpoint::storage::{StorageOptions, open_storage};
/// let options = StorageOptions::default();
/// let store = open_storage("memory://example/checkpoints", &options)?;
/// store.create("job/log/1", b"entry")?;
/// let again = open_storage("memory://example", &options)?;
/// assert!(again.exists("checkpoints/job/log/1")?);
/// assert!(open_storage("ftp://host", &options).is_err());
/// # Ok::<_, alluvium_checkpoint::StateError>(())
/// ```
pub fn open_storage(url: &str, options: &StorageOptions) -> Result<Arc<dyn Storage>> {
    open_location(&Location::new(url)?, options)
}

fn open_location(location: &Location, options: &StorageOptions) -> Result<Arc<dyn Storage>> {
    Ok(match open(location, options)? {
        Opened::Local(storage) => Arc::new(storage),
        Opened::Objects(storage) => Arc::new(storage),
    })
}

/// As [`open_storage`], for engines with a runtime. Opening blocks.
///
/// # Errors
/// As [`open_storage`].
pub fn open_async_storage(url: &str, options: &StorageOptions) -> Result<Arc<dyn AsyncStorage>> {
    Ok(match open(&Location::new(url)?, options)? {
        Opened::Local(storage) => Arc::new(AsyncAdapter::new(Arc::new(storage), options)?),
        Opened::Objects(storage) => Arc::new(storage),
    })
}

enum Opened {
    Local(LocalStorage),
    Objects(ObjectStorage),
}

fn open(location: &Location, options: &StorageOptions) -> Result<Opened> {
    options.check()?;
    let remote = match location.place() {
        Place::Local(path) => return LocalStorage::open(path).map(Opened::Local),
        Place::Remote(remote) => remote,
    };
    let storage = match remote.scheme {
        Scheme::Memory => memory::open(remote, options)?,
        #[cfg(feature = "s3")]
        Scheme::S3 => s3::open(remote, options)?,
        #[cfg(feature = "hdfs")]
        Scheme::Hdfs => hdfs::open(remote, options)?,
        #[cfg(not(all(feature = "s3", feature = "hdfs")))]
        scheme => return Err(scheme.not_built_in(location)),
    };
    if options.probe {
        let number = options.seed.map_or_else(entropy, Ok)?;
        probe_as(&storage, number)?;
    }
    Ok(Opened::Objects(storage))
}

#[cfg(test)]
mod tests;
