//! The settings of the memory backend.

use super::max_unfinished_snapshots;
use crate::MemorySettings;
use crate::config::{ByteSize, Configuration, options};

pub(super) fn settings(configuration: &Configuration) -> MemorySettings {
    let live = configuration.get(&options::MAX_LIVE_SIZE);
    MemorySettings {
        asynchronous_snapshots: configuration.get(&options::ASYNCHRONOUS_SNAPSHOTS),
        max_snapshot_bytes: configuration.get(&options::MAX_SNAPSHOT_SIZE).as_bytes(),
        max_checkpoint_bytes: configuration.get(&options::MAX_CHECKPOINT_SIZE).as_bytes(),
        max_live_bytes: live.map(ByteSize::as_bytes),
        max_unfinished_snapshots: max_unfinished_snapshots(configuration),
        ..MemorySettings::default()
    }
}
