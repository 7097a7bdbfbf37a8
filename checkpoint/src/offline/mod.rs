//! Reading and writing state without the program that it belongs to.
//!
//! | module | what it holds |
//! |---|---|
//! | `snapshot` | [`OfflineSnapshot`]: what is in a checkpoint or savepoint |
//! | `operator` | its operators and their states |
//! | `keyed`, `merge` | the entries of keyed state, a run of key groups at a time |
//! | `types` | entries as [dynamic values](alluvium_state_api::DynamicValue) |
//! | `typed` | entries as the types of a descriptor |
//! | `copy` | snapshots and jobs in another place |
//! | `histogram` | how entries spread over key groups |
//! | `writer` | savepoints made of rows, or of other snapshots |

mod copy;
mod histogram;
mod keyed;
mod merge;
mod operator;
mod options;
mod snapshot;
mod typed;
mod types;
mod writer;

pub use copy::{Copied, copy_job, copy_snapshot};
pub use histogram::{GroupSize, Histogram};
pub use keyed::{KeyedEntries, KeyedReader};
pub use merge::KeyedEntry;
pub use operator::{OfflineOperator, OperatorStateView};
pub use options::OfflineOptions;
pub use snapshot::OfflineSnapshot;
pub use typed::{RowDescriptor, TypedRow};
pub use types::{DynamicEntry, StateTypes};
pub use writer::{OperatorWriter, SavepointWriter};
