//! What the suite asks of a backend author: a backend, and if need be a place for its snapshots.

use super::logical::LogicalRecorder;
use alluvium_state_api::{
    OperatorStateImage, OperatorStateStore, OrderedKey, Result, SnapshotSink, SnapshotSource,
    StateBackend,
};
use std::fmt::Debug;
use std::sync::Arc;

/// The keyed backend that the harness `H` opens for keys `K`.
pub type Keyed<H, K> = <<H as Harness>::Backend as StateBackend>::Keyed<K>;

/// A backend under test.
///
/// Only [`backend`](Self::backend) must be given: by default snapshots are recorded entry by entry
/// in memory. A backend that writes files of its own gives a [`Recorder`] that keeps them.
///
/// ```
/// # use alluvium_state_api::StateBackend;
/// use alluvium_state_tests::conformance::Harness;
/// struct Mine<B>(B);
/// impl<B: StateBackend> Harness for Mine<B> {
///     type Backend = B;
///     fn backend(&self) -> &B {
///         &self.0
///     }
/// }
/// ```
pub trait Harness: Sync {
    /// The kind of backend.
    type Backend: StateBackend;

    /// The backend. The suite opens many instances of it, also at the same time.
    fn backend(&self) -> &Self::Backend;

    /// A place for one snapshot.
    fn recorder(&self) -> Box<dyn Recorder> {
        Box::new(LogicalRecorder::default())
    }

    /// Called before a case looks at how much memory or how many copies are still held: whatever
    /// the backend releases in the background is to be released when this returns.
    fn settle(&self) {}
}

/// A sink that keeps what it was given. It refuses a section of a key group outside the range of the
/// header: at once, or when it is finished.
pub trait Recorder: SnapshotSink + Send {
    /// Ends the snapshot.
    ///
    /// # Errors
    /// What storage refused; `Misuse` for a key group outside the range of the header.
    fn finish(self: Box<Self>) -> Result<Arc<dyn Recording>>;
}

/// A stored snapshot, or one layer of it, that can be read any number of times.
pub trait Recording: Send + Sync + Debug {
    /// A reader of it.
    fn source(&self) -> Box<dyn SnapshotSource>;
}

/// An operator state store under test.
pub trait OperatorHarness: Sync {
    /// The kind of store.
    type Store: OperatorStateStore + 'static;

    /// A store that starts with `images`; none for a fresh start.
    fn open(&self, images: Vec<OperatorStateImage>) -> Self::Store;
}

/// Opens whatever `H` is a harness of, for keys `K`.
pub(crate) fn open<H: Harness, K: OrderedKey>(
    harness: &H,
    request: alluvium_state_api::OpenRequest,
) -> Result<Keyed<H, K>> {
    harness.backend().open(request)
}
