//! What a backend author implements, and what every backend then has.

mod cx;
mod ext;
mod keyed;
mod open;

pub use cx::KeyCx;
pub use ext::KeyedBackendExt;
pub use keyed::{Budget, KeyedBackend, Maintained};
pub use open::{Limit, OpenRequest, SnapshotLimits, StateBackend};
