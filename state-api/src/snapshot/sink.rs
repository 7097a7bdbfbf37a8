//! Sinks: what a job writes to.

use super::{Entry, Section, SnapshotHeader};
use crate::error::Result;
use std::path::Path;

/// A file that a backend has written in its native format and that belongs to this snapshot whole.
#[derive(Clone, Copy, Debug)]
pub struct WholeFile<'a> {
    /// The name by which the backend finds it again at restore.
    pub name: &'a str,
    /// Where it lies now, on local disk. The sink copies or links it before it returns.
    pub path: &'a Path,
    /// Whether later snapshots may refer to it.
    pub shareable: bool,
}

/// A file that a confirmed snapshot has stored already.
#[derive(Clone, Copy, Debug)]
pub struct SharedFile<'a> {
    /// The name by which the backend finds it again at restore.
    pub name: &'a str,
    /// The id under which it was stored.
    pub file_id: &'a str,
}

/// Where a [`SnapshotJob`](super::SnapshotJob) writes to: memory, files, a network, a test.
///
/// Calls come as: [`begin`](Self::begin) once; then sections, each followed by its entries, in any
/// order of groups and states; files at any time after `begin`. The bytes of an entry are valid
/// during the call only.
pub trait SnapshotSink {
    /// Starts the snapshot.
    ///
    /// # Errors
    /// `Storage`, `LimitExceeded` or `Cancelled`, as for the other methods: the job then stops and
    /// returns the error.
    fn begin(&mut self, header: &SnapshotHeader) -> Result<()>;

    /// Starts the entries of one key group of one state.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    fn section(&mut self, section: Section) -> Result<()>;

    /// Takes one entry of the current section.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    fn entry(&mut self, entry: Entry<'_>) -> Result<()>;

    /// Takes a whole file.
    ///
    /// # Errors
    /// As [`begin`](Self::begin); `Misuse` from a sink that holds entries only.
    fn file(&mut self, file: WholeFile<'_>) -> Result<()>;

    /// Takes a reference to a file that is stored already.
    ///
    /// # Errors
    /// As [`begin`](Self::begin); `Misuse` from a sink that holds entries only.
    fn shared(&mut self, file: SharedFile<'_>) -> Result<()>;
}
