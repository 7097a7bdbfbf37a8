//! All options, by theme. Each is a constant: read it with
//! [`Configuration::get`](super::Configuration::get), set it with
//! [`Configuration::with`](super::Configuration::with), or by its name in a file or after `-D`.

mod backend;
mod checkpointing;
mod filesystem;
mod memory;
mod offline;
mod parallelism;
mod recovery;
mod restart;
mod storage;
mod stores;

pub use backend::{ASYNCHRONOUS_SNAPSHOTS, MAX_UNFINISHED_SNAPSHOTS, STATE_BACKEND};
pub use checkpointing::{
    INTERVAL, MAX_CONCURRENT_CHECKPOINTS, MAX_CONCURRENT_SAVEPOINTS, MAX_QUEUED_REQUESTS,
    MAX_RAW_STATE_SIZE, MIN_PAUSE, MODE, TIMEOUT, TOLERABLE_FAILED_CHECKPOINTS,
};
pub use filesystem::{
    FULL_REWRITE_SHARE, MAX_CHAIN_RATIO, MAX_DELTA_RATIO, MAX_DELTAS, SNAPSHOT_THREADS,
};
pub use memory::{MAX_CHECKPOINT_SIZE, MAX_LIVE_SIZE, MAX_SNAPSHOT_SIZE};
pub use offline::MAX_HELD_SIZE;
pub use parallelism::{MAX_PARALLELISM, PARALLELISM};
pub use recovery::{CLAIM_MODE, FALL_BACK_TO_OLDER, IGNORE_UNCLAIMED_STATE, RECOVERY_PATH};
pub use restart::{CANCELLATION_TIMEOUT, FIXED_DELAY, FIXED_DELAY_ATTEMPTS, RESTART_STRATEGY};
pub use storage::{
    CHECKPOINT_DIR, CHECKPOINT_STORAGE, DATA_INLINE_THRESHOLD, INCREMENTAL, LOCAL_BACKUP,
    LOCAL_BACKUP_DIR, MAX_METADATA_SIZE, NUM_RETAINED, RETENTION, SAVEPOINT_DIR,
    SNAPSHOT_BLOCK_SIZE, SNAPSHOT_COMPRESSION, SNAPSHOT_COMPRESSION_LEVEL, VERIFIED_LOG_ENTRIES,
    VERIFY_SHARED_FILES_EVERY,
};
pub use stores::{
    INITIAL_BACK_OFF, MAX_BACK_OFF, PART_SIZE, READ_SIZE, REQUEST_TIMEOUT, S3_ACCESS_KEY_ID,
    S3_ALLOW_HTTP, S3_ENDPOINT, S3_REGION, S3_SECRET_ACCESS_KEY, S3_SESSION_TOKEN,
    S3_VIRTUAL_HOSTED_STYLE, STORAGE_DEADLINE, STORAGE_PARALLELISM, STORAGE_PROBE, STORAGE_THREADS,
};

use super::definition::{Group, OptionDefinition};

/// Every option, in the order in which they are documented.
pub static GROUPS: &[Group] = &[
    backend::GROUP,
    checkpointing::GROUP,
    storage::GROUP,
    stores::GROUP,
    recovery::GROUP,
    memory::GROUP,
    filesystem::GROUP,
    parallelism::GROUP,
    restart::GROUP,
    offline::GROUP,
];

/// All options, without their groups.
pub fn all() -> impl Iterator<Item = &'static dyn OptionDefinition> {
    GROUPS
        .iter()
        .flat_map(|group| group.options.iter().copied())
}

/// The option that is called so, or was.
pub(super) fn find(key: &str) -> Option<&'static dyn OptionDefinition> {
    all().find(|option| option.key() == key || option.older_keys().contains(&key))
}
