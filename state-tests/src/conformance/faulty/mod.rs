//! Backends that are broken on purpose, to test the suite itself: a wrapper around any backend
//! that is sound, but for one fault.

mod job;
mod keyed;

use super::harness::{Harness, Keyed, Recorder};
use alluvium_state_api::{OpenRequest, OrderedKey, Result, SnapshotLimits, StateBackend};
use keyed::FaultyKeyed;

macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident,)+) => {
        /// What can be wrong.
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fault {
            $($(#[$doc])* $fault,)+
        }

        impl Fault {
            /// Every fault.
            pub const ALL: &[Self] = &[$(Self::$fault,)+];
        }
    };
}

faults! {
    /// Clearing a value does nothing.
    LostDelete,
    /// Increments do not say what was deleted.
    LostTombstone,
    /// Values written after a freeze appear in the snapshot.
    Aliasing,
    /// What is added or merged into a list comes before what was there.
    MergeOrder,
    /// All namespaces of a value state are one.
    LeakyNamespace,
    /// A snapshot lacks an entry.
    TornSnapshot,
    /// A subtask holds key groups that are not its own.
    ForeignGroup,
    /// Increments build on a checkpoint that was never confirmed.
    UnconfirmedBase,
    /// Restored state that nobody has registered is left out of snapshots.
    ForgottenState,
    /// What was added to a list replaces it in snapshots.
    AppendReplaces,
    /// A snapshot holds an entry twice.
    DoubledEntry,
    /// What comes in a batch before an element that cannot be encoded stays in the list.
    HalfBatch,
    /// Checkpoints that were aborted count once they are confirmed.
    ForgottenAbort,
    /// Changes copy values when the snapshot that was frozen last is gone.
    LastingCopies,
}

/// The backend of the harness `H` with a fault, or without any.
#[derive(Debug)]
pub struct Faulty<H> {
    harness: H,
    fault: Option<Fault>,
}

impl<H> Faulty<H> {
    /// Wraps a sound backend.
    pub const fn new(harness: H, fault: Option<Fault>) -> Self {
        Self { harness, fault }
    }
}

impl<H: Harness + Send + 'static> Harness for Faulty<H> {
    type Backend = Self;

    fn backend(&self) -> &Self {
        self
    }

    fn recorder(&self) -> Box<dyn Recorder> {
        self.harness.recorder()
    }

    fn settle(&self) {
        self.harness.settle();
    }
}

impl<H: Harness + Send + 'static> StateBackend for Faulty<H> {
    type Keyed<K: OrderedKey> = FaultyKeyed<Keyed<H, K>>;

    fn open<K: OrderedKey>(&self, request: OpenRequest) -> Result<Self::Keyed<K>> {
        let (max, groups) = request.resolve()?;
        let request = if self.fault == Some(Fault::ForeignGroup) {
            OpenRequest::fresh(0, 1)
                .with_max_parallelism(max)
                .with_restore(request.restore)
        } else {
            request
        };
        let inner = self.harness.backend().open(request)?;
        Ok(FaultyKeyed::new(inner, groups, self.fault))
    }

    fn snapshot_limits(&self) -> SnapshotLimits {
        self.harness.backend().snapshot_limits()
    }
}
