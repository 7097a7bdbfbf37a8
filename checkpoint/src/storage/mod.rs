//! Where checkpoints are kept: a small seam below everything durable.
//!
//! [`Storage`] is what the rest of this crate asks of a file system or object store,
//! [`AsyncStorage`] the same for engines with a runtime. [`open_storage`] opens a store by its URL:
//! a [local directory](LocalStorage) or an [object store](ObjectStorage). [Memory](MemoryStorage)
//! and the rest are for tests: a wrapper that [fails when told to](FaultStorage), and a
//! [simulated file system](SimFs) that forgets what was not synced.

mod asynchronous;
mod fault;
mod local;
mod memory;
mod object;
mod options;
mod path;
mod probe;
mod random;
mod shared;
mod stream;
mod url;

use std::path::PathBuf;

use alluvium_state_api::Result;

pub use asynchronous::{
    AsyncAdapter, AsyncObjectReader, AsyncObjectWriter, AsyncStorage, StorageFuture,
};
pub use fault::{Fault, FaultStorage, Operation};
pub use local::{Fs, FsReader, FsWriter, LocalStorage, SimFs, StdFs, Survival};
pub use memory::MemoryStorage;
pub use object::ObjectStorage;
pub use options::StorageOptions;
use path::check_folder;
pub(crate) use path::check_path;
pub use probe::probe;
pub use stream::{ObjectReader, ObjectWriter};
pub use url::{Location, open_async_storage, open_storage};

/// What [`Storage::create`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Created {
    /// Nothing; now the new object stands there.
    New,
    /// An object, which is left as it was.
    Exists,
}

/// A store of immutable or atomically replaced objects, addressed by relative paths of
/// `/`-separated names. Calls block.
///
/// What returns `Ok` is durable, contents and names; a streamed object is once it is
/// [finished](ObjectWriter::finish). What returns an error may have happened, may not have
/// happened, and may still happen if the store is remote; only [`create`](Self::create) can tell
/// afterwards, which is why everything that matters goes through it.
///
/// A path that is empty, absolute, or holds an empty name, `.`, `..`, a backslash, a NUL or a name
/// beginning with `.tmp-` is `Misuse`, but for the empty one of the root in [`list`](Self::list). All
/// other errors are `Storage` and name operation and place.
#[expect(
    clippy::missing_errors_doc,
    reason = "all of them are said once, for the trait"
)]
pub trait Storage: Send + Sync {
    /// Creates the object at `path`, unless there is one: then that one is kept, and is durable
    /// when this returns.
    fn create(&self, path: &str, bytes: &[u8]) -> Result<Created>;

    /// Puts the object at `path`, in place of the one that may be there: readers see either.
    fn replace(&self, path: &str, bytes: &[u8]) -> Result<()>;

    /// The first `limit` bytes of the object at `path`, or all if it has fewer; `None` if there is
    /// no object. To find out whether it is longer than expected, ask for one byte more.
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>>;

    /// Whether there is an object at `path`.
    fn exists(&self, path: &str) -> Result<bool>;

    /// Deletes the object at `path`, if there is one. A crash may bring it back.
    fn delete(&self, path: &str) -> Result<()>;

    /// Starts an object that is written front to back. Nothing stands at `path` until it is
    /// [finished](ObjectWriter::finish).
    fn write(&self, path: &str) -> Result<Box<dyn ObjectWriter>>;

    /// Opens the object at `path` for reading at any place; `None` if there is none.
    fn open(&self, path: &str) -> Result<Option<Box<dyn ObjectReader>>>;

    /// The names of objects and folders directly in `folder`, sorted; none if there is no folder.
    /// The root of the store is the empty path.
    fn list(&self, folder: &str) -> Result<Vec<String>>;

    /// How `path` is called in messages to people: with the place of the store.
    fn locate(&self, path: &str) -> String;

    /// Where the object at `path` lies in the local file system, or would lie, if this is a store
    /// whose objects are files; `None` for other stores, and for a path that is no path. It tells
    /// that requests cost little: snapshots are then read in smaller pieces, and shared files are
    /// looked for at every checkpoint, unless told otherwise, and measured.
    fn local_path(&self, path: &str) -> Option<PathBuf>;
}
