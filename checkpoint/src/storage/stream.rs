//! Objects too large to be held in one piece.

use alluvium_state_api::{Result, StateError};

/// An object that is being written front to back. Calls block.
///
/// Dropped before it is finished, it leaves nothing behind. After an error it can no longer be
/// finished. How much is appended at once is the caller's choice: stores do not gather small
/// pieces.
pub trait ObjectWriter: Send {
    /// Adds `bytes` at the end.
    ///
    /// # Errors
    /// `Storage`, naming the object, also after an earlier error; `LimitExceeded` if the store can
    /// hold no object of that length.
    fn append(&mut self, bytes: &[u8]) -> Result<()>;

    /// Makes the object durable, contents and name.
    ///
    /// # Errors
    /// `Storage`, naming the object: if one stands there already, which is left as it is (names of
    /// streamed objects are never used again), and after an earlier error. The object may stand
    /// there all the same, whole, if the store is remote.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// An object that is read at any place, by any number of threads. Calls block.
pub trait ObjectReader: Send + Sync {
    /// How many bytes the object has.
    fn length(&self) -> u64;

    /// Fills `into` with the bytes at `offset`.
    ///
    /// # Errors
    /// `Corrupt` if the object ends before; `Storage`. Both name the object. What `into` then holds
    /// is unspecified.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<()>;
}

/// Checks that `wanted` bytes at `offset` lie within an object.
///
/// # Errors
/// `Corrupt`, naming the object.
pub(super) fn check_within(length: u64, offset: u64, wanted: usize, place: &str) -> Result<()> {
    match offset.checked_add(wanted as u64) {
        Some(end) if end <= length => Ok(()),
        _ => Err(StateError::corrupt(format!(
            "'{place}' ends at byte {length}, but {wanted} bytes at {offset} are asked for"
        ))),
    }
}

#[cold]
pub(super) fn exists_already(place: &str) -> StateError {
    StateError::storage(format!(
        "cannot finish '{place}': an object stands there already and is left as it is"
    ))
}

#[cold]
pub(super) fn failed_before(place: &str) -> StateError {
    StateError::storage(format!("cannot go on with '{place}' after an error"))
}

/// An empty buffer for that many bytes.
///
/// # Errors
/// `Storage` if there is no memory for it.
pub(super) fn room_for(length: usize, place: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match bytes.try_reserve_exact(length) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(StateError::storage(format!(
            "no memory for {length} bytes of '{place}'"
        ))
        .with_source(error)),
    }
}
