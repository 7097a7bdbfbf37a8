//! Alluvium: the state engine of a stream processor, as a library.
//!
//! This crate is the one to add: it re-exports the contract, the derive macros, the backends that
//! its features name, the checkpoint machinery, and [configuration](config).
//!
//! ```
//! use alluvium::{KeyedBackendExt, MemoryBackend, OpenRequest, StateBackend, ValueDescriptor};
//!
//! const COUNT: ValueDescriptor<u64> = ValueDescriptor::new("count");
//!
//! // The keyed state of subtask 0 of 1.
//! let mut state = MemoryBackend::default().open::<String>(OpenRequest::fresh(0, 1))?;
//! let count = state.register(&COUNT)?;
//! for word in ["to", "be", "or", "not", "to", "be"].map(str::to_owned) {
//!     state.key(&word)?.value(count).update(|n| *n.get_or_insert(0) += 1)?;
//! }
//! assert_eq!(state.key(&"be".to_owned())?.get(count)?.as_deref(), Some(&2));
//! # Ok::<(), alluvium::StateError>(())
//! ```
//!
//! The guides in `docs/guide` go on from here: `state.md` through all kinds of state, `embed.md` through
//! checkpoints and restores as an engine takes them; the example `embed` is such an engine.
//!
//! | feature | brings |
//! |---|---|
//! | `memory` (default) | the memory backend |
//! | `fs` (default) | the filesystem backend |
//! | `serde` | values through serde, encoded with postcard |
//! | `s3` | S3 as a place for checkpoints and savepoints |
//! | `hdfs` | HDFS as such a place |

#![forbid(unsafe_code)]

mod any;
pub mod config;

pub use alluvium_state_api::*;
pub use alluvium_state_derive::{OrderedKey, StateData};
pub use alluvium_state_heap::HeapOperatorState;
pub use any::{AnyBackend, AnyStateBackend};

#[cfg(feature = "fs")]
pub use alluvium_backend_fs::{FsBackend, FsSettings};
#[cfg(feature = "memory")]
pub use alluvium_backend_memory::{MemoryBackend, MemorySettings};

/// Checkpoints: snapshot format, publication, coordinator.
pub mod checkpoint {
    pub use alluvium_checkpoint::*;
}

/// The code of README and guides, as doc tests.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../../README.md")]
    struct Readme;
    #[doc = include_str!("../../docs/guide/state.md")]
    struct State;
    #[doc = include_str!("../../docs/guide/filesystem.md")]
    struct Filesystem;
    #[doc = include_str!("../../docs/guide/offline.md")]
    struct Offline;
    #[doc = include_str!("../../docs/guide/embed.md")]
    struct Embed;
    #[doc = include_str!("../../docs/guide/write-a-backend.md")]
    struct WriteABackend;
    #[doc = include_str!("../../docs/configuration.md")]
    struct Configuration;
}
