//! The memory backend of Alluvium: heap state whose snapshots stay in memory, inside the handle,
//! and so inside `_metadata`; capped in size.
//!
//! The state itself is that of [`alluvium_state_heap`]; what this crate adds are the settings and
//! the limits that make snapshots in memory safe.

#![forbid(unsafe_code)]

mod settings;

pub use settings::{MAX_CHECKPOINT_SIZE, MAX_LIVE_SIZE, MAX_SNAPSHOT_SIZE, MemorySettings};

use alluvium_state_api::{OpenRequest, OrderedKey, Result, SnapshotLimits, StateBackend};
use alluvium_state_heap::HeapKeyedBackend;

/// Keeps state on the heap and snapshots in memory.
///
/// ```
/// use alluvium_backend_memory::MemoryBackend;
/// use alluvium_state_api::{KeyedBackendExt, OpenRequest, StateBackend, ValueDescriptor};
///
/// const COUNT: ValueDescriptor<u64> = ValueDescriptor::new("count");
/// let mut state = MemoryBackend::default().open::<String>(OpenRequest::fresh(0, 1))?;
/// let count = state.register(&COUNT)?;
/// state.key(&"a".to_owned())?.value(count).update(|n| *n.get_or_insert(0) += 1)?;
/// assert_eq!(state.key(&"a".to_owned())?.get(count)?.as_deref(), Some(&1));
/// # Ok::<(), alluvium_state_api::StateError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemoryBackend {
    settings: MemorySettings,
}

impl MemoryBackend {
    /// A backend with these settings.
    ///
    /// # Errors
    /// `Misuse` naming a setting outside its range.
    pub fn new(settings: MemorySettings) -> Result<Self> {
        settings.heap_options().validate()?;
        Ok(Self { settings })
    }

    /// The settings.
    pub const fn settings(&self) -> &MemorySettings {
        &self.settings
    }
}

impl StateBackend for MemoryBackend {
    type Keyed<K: OrderedKey> = HeapKeyedBackend<K>;

    fn open<K: OrderedKey>(&self, request: OpenRequest) -> Result<HeapKeyedBackend<K>> {
        HeapKeyedBackend::open(request, self.settings.heap_options())
    }

    fn snapshot_limits(&self) -> SnapshotLimits {
        self.settings.snapshot_limits()
    }
}
