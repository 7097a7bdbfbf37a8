//! The face of a store for engines that have a runtime of their own.

mod adapter;

use std::path::PathBuf;
use std::pin::Pin;

use alluvium_state_api::Result;
use bytes::Bytes;

use super::Created;

pub use adapter::AsyncAdapter;

/// What [`AsyncStorage`] returns: may be awaited on any runtime, and needs none of it. Dropping it
/// gives the operation up, which may have happened all the same.
pub type StorageFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// [`Storage`](super::Storage) with futures in the place of calls that block; what each operation
/// promises is said there. The work runs on threads of the store.
pub trait AsyncStorage: Send + Sync {
    /// As [`Storage::create`](super::Storage::create).
    fn create(&self, path: &str, bytes: Bytes) -> StorageFuture<'static, Created>;

    /// As [`Storage::replace`](super::Storage::replace).
    fn replace(&self, path: &str, bytes: Bytes) -> StorageFuture<'static, ()>;

    /// As [`Storage::read`](super::Storage::read).
    fn read(&self, path: &str, limit: u64) -> StorageFuture<'static, Option<Vec<u8>>>;

    /// As [`Storage::exists`](super::Storage::exists).
    fn exists(&self, path: &str) -> StorageFuture<'static, bool>;

    /// As [`Storage::delete`](super::Storage::delete).
    fn delete(&self, path: &str) -> StorageFuture<'static, ()>;

    /// As [`Storage::write`](super::Storage::write).
    fn write(&self, path: &str) -> StorageFuture<'static, Box<dyn AsyncObjectWriter>>;

    /// As [`Storage::open`](super::Storage::open).
    fn open(&self, path: &str) -> StorageFuture<'static, Option<Box<dyn AsyncObjectReader>>>;

    /// As [`Storage::list`](super::Storage::list).
    fn list(&self, folder: &str) -> StorageFuture<'static, Vec<String>>;

    /// As [`Storage::locate`](super::Storage::locate).
    fn locate(&self, path: &str) -> String;

    /// As [`Storage::local_path`](super::Storage::local_path).
    fn local_path(&self, path: &str) -> Option<PathBuf>;
}

/// As [`ObjectWriter`](super::ObjectWriter). Dropped before it is finished, it leaves nothing
/// behind a little later; an [`append`](Self::append) that is given up midway ends it.
pub trait AsyncObjectWriter: Send {
    /// As [`ObjectWriter::append`](super::ObjectWriter::append).
    fn append(&mut self, bytes: Bytes) -> StorageFuture<'_, ()>;

    /// As [`ObjectWriter::finish`](super::ObjectWriter::finish).
    fn finish(self: Box<Self>) -> StorageFuture<'static, ()>;
}

/// As [`ObjectReader`](super::ObjectReader).
pub trait AsyncObjectReader: Send + Sync {
    /// How many bytes the object has.
    fn length(&self) -> u64;

    /// The `length` bytes at `offset`.
    ///
    /// # Errors
    /// `Corrupt` if the object ends before; `Storage`. Both name the object.
    fn read_at(&self, offset: u64, length: usize) -> StorageFuture<'static, Vec<u8>>;
}
