//! The files of snapshots: how metadata names them, where they are written to and found again.
//!
//! ```text
//! <job>/chk-<n>/_metadata        names the files of checkpoint n
//! <job>/chk-<n>/<file>           files of this checkpoint alone
//! <job>/shared/<file>            files that several checkpoints may name
//! <savepoint>/_metadata, <file>  a savepoint with all its files
//! ```
//!
//! A [`SnapshotFolder`] takes the files of one snapshot and deletes them again unless the snapshot
//! came to be kept. [`LocalCopies`] of them may lie on this machine. A [`StoredSnapshot`] is what is
//! read back: the metadata, and its files.

mod bases;
mod copies;
mod folder;
mod input;
mod locate;
mod name;
mod output;
mod reference;
mod stored;
mod written;

pub use bases::SnapshotBases;
pub(crate) use bases::{Bases, LostFiles, NamedFiles};
pub use copies::LocalCopies;
pub use folder::SnapshotFolder;
pub use input::StoredSegment;
pub(crate) use locate::SHARED;
pub use locate::SnapshotFiles;
pub(crate) use name::FileName;
pub use output::{FileOutput, SpillOutput};
pub(crate) use reference::{Contents, MAX_NAME};
pub use reference::{FilePlace, FileRef};
pub(crate) use stored::check_metadata_size;
pub use stored::{StoredSnapshot, StoredSnapshotOptions};
