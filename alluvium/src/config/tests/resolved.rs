//! What follows from values.

use super::file;
use crate::config::{
    BackendKind, ClaimMode, Configuration, Location, Recovery, Resolved, RestartStrategy,
};
use alluvium_checkpoint::storage::StorageOptions;
use alluvium_checkpoint::{
    CheckpointMode, CheckpointOptions, ExternalizedRetention, OfflineOptions, StoreOptions,
    StoredSnapshotOptions,
};
use alluvium_state_api::MaxParallelism;
use std::time::Duration;

fn resolved(text: &str) -> Resolved {
    file(text).unwrap().resolve().unwrap()
}

#[test]
fn defaults_are_those_of_the_settings_themselves() {
    let resolved = Configuration::new().resolve().unwrap();
    assert_eq!(resolved.backend, BackendKind::Memory);
    assert_eq!(resolved.checkpoints, CheckpointOptions::default());
    assert_eq!(resolved.store, StoreOptions::default());
    #[cfg(feature = "fs")]
    assert_eq!(resolved.fs, crate::FsSettings::default());
    #[cfg(feature = "memory")]
    assert_eq!(resolved.memory, crate::MemorySettings::default());
    assert_eq!(resolved.restart, RestartStrategy::None);
    assert_eq!((resolved.parallelism, resolved.max_parallelism), (1, None));
    assert_eq!(resolved.warnings, []);
}

#[test]
fn the_backend_is_memory_until_a_directory_is_configured() {
    let dir = "execution.checkpointing.dir: /checkpoints\n";
    for (backend, storage, without, with) in [
        (
            "",
            "",
            Some(BackendKind::Memory),
            Some(BackendKind::Filesystem),
        ),
        (
            "hashmap",
            "",
            Some(BackendKind::Memory),
            Some(BackendKind::Filesystem),
        ),
        (
            "memory",
            "",
            Some(BackendKind::Memory),
            Some(BackendKind::Memory),
        ),
        ("filesystem", "", None, Some(BackendKind::Filesystem)),
        ("rocksdb", "", None, None),
        (
            "",
            "jobmanager",
            Some(BackendKind::Memory),
            Some(BackendKind::Memory),
        ),
        ("", "filesystem", None, Some(BackendKind::Filesystem)),
        (
            "hashmap",
            "jobmanager",
            Some(BackendKind::Memory),
            Some(BackendKind::Memory),
        ),
        ("hashmap", "filesystem", None, Some(BackendKind::Filesystem)),
        (
            "memory",
            "jobmanager",
            Some(BackendKind::Memory),
            Some(BackendKind::Memory),
        ),
        ("memory", "filesystem", None, None),
        ("filesystem", "jobmanager", None, None),
        (
            "filesystem",
            "filesystem",
            None,
            Some(BackendKind::Filesystem),
        ),
    ] {
        let mut text = String::new();
        if !backend.is_empty() {
            text += format!("state.backend.type: {backend}\n").as_str();
        }
        if !storage.is_empty() {
            text += format!("execution.checkpointing.storage: {storage}\n").as_str();
        }
        let kind = |text: &str| file(text).unwrap().resolve().ok().map(|it| it.backend);
        assert_eq!(kind(&text), without, "{text}");
        text.push_str(dir);
        assert_eq!(kind(&text), with, "{text}");
    }
}

#[test]
fn every_setting_follows_its_option() {
    let resolved = resolved(
        "
execution.checkpointing:
  interval: 5 s
  mode: AT_LEAST_ONCE
  timeout: 1 min
  min-pause: 2 s
  max-concurrent-checkpoints: 2
  max-concurrent-savepoints: 3
  max-queued-requests: 4
  tolerable-failed-checkpoints: 5
  num-retained: 6
  dir: s3://bucket/checkpoints
  savepoint-dir: ./savepoints
  externalized-checkpoint-retention: DELETE_ON_CANCELLATION
  local-backup.enabled: true
  local-backup.dirs: /mnt/copies
  max-metadata-size: 2 mb
  verified-log-entries: 8
  verify-shared-files-every: 3
storage.read-size: 1 mb
raw-state.max-size: 3 mb
recovery.fall-back-to-older: false
parallelism.default: 3
pipeline.max-parallelism: 300
restart-strategy:
  type: fixed-delay
  fixed-delay.attempts: 9
  fixed-delay.delay: 10 s
",
    );
    let second = Duration::from_secs(1);
    let checkpoints = CheckpointOptions::every(5 * second)
        .with_mode(CheckpointMode::AtLeastOnce)
        .with_timeout(60 * second)
        .with_min_pause(2 * second)
        .with_max_concurrent(2)
        .with_max_concurrent_savepoints(3)
        .with_max_queued_requests(4)
        .with_tolerable_failed(5)
        .with_num_retained(6)
        .with_retention(ExternalizedRetention::DeleteOnCancellation);
    assert_eq!(resolved.checkpoints, checkpoints);
    assert_eq!(resolved.backend, BackendKind::Filesystem);
    let text = |location: Option<Location>| location.unwrap().to_string();
    assert_eq!(text(resolved.checkpoint_dir), "s3://bucket/checkpoints");
    assert_eq!(text(resolved.savepoint_dir), "./savepoints");
    assert_eq!(resolved.local_backup, Some("/mnt/copies".into()));
    let store = StoreOptions::default()
        .with_max_metadata(2 << 20)
        .with_remote_read_size(1 << 20)
        .with_verified_entries(8)
        .with_fall_back(false)
        .with_verify_shared_files_every(Some(3));
    assert_eq!(resolved.store, store);
    assert_eq!(resolved.max_raw_state, 3 << 20);
    assert_eq!(resolved.parallelism, 3);
    assert_eq!(resolved.max_parallelism, MaxParallelism::new(300).ok());
    let restart = RestartStrategy::FixedDelay {
        attempts: 9,
        delay: 10 * second,
    };
    assert_eq!(resolved.restart, restart);
}

#[test]
fn snapshots_are_read_offline_as_the_options_say() {
    let offline = |text: &str| file(text).unwrap().offline_options();
    assert_eq!(offline(""), OfflineOptions::default());
    let stored = StoredSnapshotOptions::default()
        .with_max_metadata(2 << 20)
        .with_remote_read_size(1 << 20);
    let set = "
execution.checkpointing.max-metadata-size: 2 mb
storage.read-size: 1 mb
offline.max-held-size: 5 mb
";
    let expected = OfflineOptions::default()
        .with_max_held(5 << 20)
        .with_stored(stored);
    assert_eq!(offline(set), expected);
}

#[test]
fn a_job_with_checkpoints_is_restarted_unless_told_otherwise() {
    let interval = "execution.checkpointing.interval: 1 s\n";
    let none = format!("{interval}restart-strategy: off");
    let fixed = "restart-strategy.type: fixed-delay";
    assert_eq!(
        resolved(interval).restart,
        RestartStrategy::WITH_CHECKPOINTS
    );
    assert_eq!(resolved(&none).restart, RestartStrategy::None);
    let once = RestartStrategy::FixedDelay {
        attempts: 1,
        delay: Duration::from_secs(1),
    };
    assert_eq!(resolved(fixed).restart, once);
}

#[cfg(feature = "fs")]
#[test]
fn the_filesystem_backend_gets_its_settings() {
    use crate::{AnyStateBackend, FsSettings};
    use alluvium_checkpoint::{Compression, SegmentOptions};
    let text = "
execution.checkpointing:
  dir: file:///checkpoints
  incremental: false
  data-inline-threshold: 1k
  snapshot-compression: zstd
  snapshot-compression-level: 7
  snapshot-block-size: 32 kb
state.backend:
  asynchronous-snapshots: false
  max-unfinished-snapshots: 3
  filesystem:
    snapshot-threads: 4
    max-delta-ratio: 1.5
    max-chain-ratio: 3
    max-deltas: 5
    full-rewrite-share: 0.25
";
    let backend = file(text).unwrap().state_backend().unwrap();
    let mut expected = FsSettings {
        asynchronous_snapshots: false,
        max_unfinished_snapshots: 3,
        full_rewrite_share: 0.25,
        ..FsSettings::default()
    };
    let segment = SegmentOptions::default()
        .with_compression(Compression::Zstd(7))
        .and_then(|options| options.with_block_size(32 << 10));
    expected.files.incremental = false;
    expected.files.inline_threshold = 1 << 10;
    expected.files.segment = segment.unwrap();
    expected.files.threads = 4;
    expected.files.max_delta_ratio = 1.5;
    expected.files.max_chain_ratio = 3.0;
    expected.files.max_deltas = 5;
    let AnyStateBackend::Fs(filesystem) = backend else {
        panic!("{backend:?}");
    };
    assert_eq!(*filesystem.settings(), expected);
}

#[cfg(feature = "memory")]
#[test]
fn the_memory_backend_gets_its_settings() {
    use crate::{AnyStateBackend, MemorySettings};
    let text = "
state.backend:
  asynchronous-snapshots: false
  max-unfinished-snapshots: 3
  memory:
    max-snapshot-size: 1 kb
    max-checkpoint-size: 2 kb
    max-live-size: 3 kb
";
    let backend = file(text).unwrap().state_backend().unwrap();
    let expected = MemorySettings {
        asynchronous_snapshots: false,
        max_unfinished_snapshots: 3,
        max_snapshot_bytes: 1 << 10,
        max_checkpoint_bytes: 2 << 10,
        max_live_bytes: Some(3 << 10),
        ..MemorySettings::default()
    };
    let AnyStateBackend::Memory(memory) = backend else {
        panic!("{backend:?}");
    };
    assert_eq!(*memory.settings(), expected);
}

#[test]
fn every_option_of_stores_and_of_recovery_arrives() {
    let resolved = resolved(
        "
storage:
  part-size: 6 mb
  parallelism: 3
  threads: 5
  request-timeout: 7 s
  deadline: 8 s
  initial-back-off: 9 ms
  max-back-off: 10 ms
  probe: false
  s3:
    endpoint: http://127.0.0.1:9000
    region: eu-central-1
    access-key-id: key
    secret-access-key: of the key
    session-token: for a time
    allow-http: true
    virtual-hosted-style-request: false
execution.state-recovery:
  path: s3://bucket/savepoint
  claim-mode: claim
  ignore-unclaimed-state: true
",
    );
    let storage = StorageOptions::new()
        .with_part_size(6 << 20)
        .with_parallelism(3)
        .with_threads(5)
        .with_request_timeout(Duration::from_secs(7))
        .with_deadline(Duration::from_secs(8))
        .with_back_off(Duration::from_millis(9), Duration::from_millis(10))
        .with_probe(false)
        .with_store_option("aws_endpoint", "http://127.0.0.1:9000")
        .with_store_option("aws_region", "eu-central-1")
        .with_store_option("aws_access_key_id", "key")
        .with_store_option("aws_secret_access_key", "of the key")
        .with_store_option("aws_session_token", "for a time")
        .with_store_option("aws_allow_http", "true")
        .with_store_option("aws_virtual_hosted_style_request", "false");
    assert_eq!(resolved.storage, storage);
    storage.check().unwrap();
    let recovery = &resolved.recovery;
    let path = recovery.path.as_ref().map(Location::as_str);
    assert_eq!(path, Some("s3://bucket/savepoint"));
    assert_eq!(recovery.claim, ClaimMode::Claim);
    assert!(recovery.ignore_unclaimed_state);
}

#[test]
fn what_is_left_alone_is_what_the_store_itself_has() {
    let resolved = Configuration::new().resolve().unwrap();
    assert_eq!(resolved.storage, StorageOptions::default());
    assert_eq!(resolved.recovery, Recovery::default());
}

#[test]
fn as_many_snapshots_may_be_unfinished_as_the_checkpoints_need() {
    let unfinished = |text: &str| resolved(text).memory.max_unfinished_snapshots;
    let concurrent = "execution.checkpointing.max-concurrent-checkpoints: 5\n";
    assert_eq!(unfinished(""), 2);
    assert_eq!(unfinished(concurrent), 6);
    let set = format!("{concurrent}state.backend.max-unfinished-snapshots: 3\n");
    assert_eq!(unfinished(&set), 3);
}
