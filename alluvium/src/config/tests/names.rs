//! The registry, older names, and names that other crates use in their messages.

use super::file;
use crate::config::{
    BackendType, CheckpointStorageType, CompressionType, ConfigOption, Location, OptionDefinition,
    options,
};
use alluvium_checkpoint::{
    CheckpointOptions, ExternalizedRetention, MemoryStorage, OfflineOptions, OfflineSnapshot,
    SavepointWriter, SnapshotFileOptions, StoredSnapshotOptions,
};
use alluvium_state_api::{KeyGroup, MaxParallelism, RawKeyedWriter, RawOperatorWriter};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn every_name_means_one_option() {
    let mut names = BTreeSet::new();
    for option in options::all() {
        for name in [option.key()].iter().chain(option.older_keys()) {
            assert!(names.insert(*name), "{name} twice");
            let plain =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
            assert!(name.chars().all(plain), "{name}");
        }
        assert!(option.doc().ends_with('.'), "{}", option.key());
        let default = option.default_text();
        assert!(
            default.is_some() || option.default_note().is_some(),
            "{}",
            option.key()
        );
        if let Some(default) = default {
            let set = format!("{}={default}", option.key());
            let configuration = crate::config::Configuration::new();
            configuration.with_argument(&set).unwrap();
        }
    }
    assert!(names.len() > 30);
}

/// `state.backend` stands beside `state.backend.…`, which is fine flat and impossible nested; no
/// present name may be like that.
#[test]
fn every_present_name_can_be_nested() {
    for option in options::all() {
        let below = format!("{}.", option.key());
        let inside = options::all().find(|other| other.key().starts_with(&below));
        assert!(inside.is_none(), "{}", option.key());
    }
}

#[test]
fn older_names_are_accepted_with_a_warning() {
    let text = "
state.backend: jobmanager
state.checkpoints.dir: file:///checkpoints
state.savepoints.dir: hdfs:///flink/savepoints
state.checkpoints.num-retained: 3
execution.checkpointing.storage: jobmanager
execution.checkpointing.snapshot-compression: false
";
    let configuration = file(text).unwrap();
    let get =
        |option: &ConfigOption<Option<Location>>| configuration.get(option).unwrap().to_string();
    assert_eq!(
        configuration.get(&options::STATE_BACKEND),
        Some(BackendType::Memory)
    );
    assert_eq!(get(&options::CHECKPOINT_DIR), "file:///checkpoints");
    assert_eq!(get(&options::SAVEPOINT_DIR), "hdfs:///flink/savepoints");
    assert_eq!(configuration.get(&options::NUM_RETAINED), 3);
    assert_eq!(
        configuration.get(&options::CHECKPOINT_STORAGE),
        Some(CheckpointStorageType::JobManager)
    );
    assert_eq!(
        configuration.get(&options::SNAPSHOT_COMPRESSION),
        CompressionType::None
    );
    let told: Vec<_> = configuration
        .warnings()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        told,
        [
            "'state.backend' in a.yaml:2 is an older name of 'state.backend.type'",
            "'state.backend.type' in a.yaml:2: 'jobmanager' is an older name of 'memory'",
            "'state.checkpoints.dir' in a.yaml:3 is an older name of 'execution.checkpointing.dir'",
            "'state.savepoints.dir' in a.yaml:4 is an older name of \
             'execution.checkpointing.savepoint-dir'",
            "'state.checkpoints.num-retained' in a.yaml:5 is an older name of \
             'execution.checkpointing.num-retained'",
            "'execution.checkpointing.snapshot-compression' in a.yaml:7: 'false' is an older name \
             of 'none'",
        ]
    );
    assert_eq!(configuration.warnings()[0].key(), "state.backend.type");
    assert_eq!(
        configuration.resolve().unwrap().warnings,
        configuration.warnings()
    );
}

#[test]
fn choices_are_read_in_any_case_and_with_hyphens() {
    let key = options::RETENTION.key();
    for text in [
        "RETAIN_ON_CANCELLATION",
        "retain-on-cancellation",
        "Retain_On-Cancellation",
    ] {
        let configuration = file(&format!("{key}: {text}")).unwrap();
        assert_eq!(
            configuration.get(&options::RETENTION),
            ExternalizedRetention::RetainOnCancellation
        );
        assert_eq!(configuration.warnings(), []);
    }
    file(&format!("{key}: RETAIN ON CANCELLATION")).unwrap_err();
}

#[test]
fn options_that_the_coordinator_names_are_known() {
    let options = CheckpointOptions::default();
    for wrong in [
        CheckpointOptions::every(Duration::ZERO),
        options.clone().with_timeout(Duration::ZERO),
        options.clone().with_max_concurrent(0),
        options.clone().with_max_concurrent_savepoints(0),
        options.with_num_retained(0),
    ] {
        let error = wrong.validate().unwrap_err().to_string();
        let name = error.split('\'').nth(1).unwrap();
        let known = options::find(name).map(OptionDefinition::key);
        assert_eq!(known, Some(name), "{error}");
    }
}

#[test]
fn options_of_snapshot_files_are_known() {
    let with = |change: fn(&mut SnapshotFileOptions)| {
        let mut options = SnapshotFileOptions::default();
        change(&mut options);
        options
    };
    for wrong in [
        with(|options| options.inline_threshold = u64::MAX),
        with(|options| options.threads = 17),
        with(|options| options.max_chain_ratio = 0.9),
        with(|options| options.max_delta_ratio = -1.0),
        with(|options| options.max_deltas = 0),
    ] {
        let error = wrong.validate().unwrap_err().to_string();
        let name = error.split(':').next().unwrap();
        let known = options::find(name).map(OptionDefinition::key);
        assert_eq!(known, Some(name), "{error}");
    }
}

/// The name in a message about a limit stands between quotation marks; that of a range, at its
/// beginning.
#[test]
fn options_that_readers_and_raw_state_name_are_known() {
    let known = |name: &str, option: &str| {
        assert_eq!(options::find(option).map(OptionDefinition::key), Some(name));
    };
    known(options::MAX_HELD_SIZE.key(), OfflineOptions::MAX_HELD);
    let wrong = StoredSnapshotOptions::default().with_remote_read_size(1);
    let error = wrong.validate().unwrap_err().to_string();
    known(options::READ_SIZE.key(), error.split(':').next().unwrap());
    let little = OfflineOptions::default().with_max_metadata(0);
    let storage = Arc::new(MemoryStorage::new());
    let written = SavepointWriter::new("job").write(storage.clone(), "savepoint");
    written.unwrap();
    let read = OfflineSnapshot::load_with(storage, "savepoint", little).unwrap_err();
    let mut raw = RawOperatorWriter::new(0);
    raw.start_partition();
    let mut keyed = RawKeyedWriter::new(MaxParallelism::new(1).unwrap().all_groups(), 0);
    keyed.start_group(KeyGroup(0)).unwrap();
    for (option, error) in [
        (options::MAX_METADATA_SIZE.key(), read),
        (
            options::MAX_RAW_STATE_SIZE.key(),
            raw.write(b"1").unwrap_err(),
        ),
        (
            options::MAX_RAW_STATE_SIZE.key(),
            keyed.write(b"1").unwrap_err(),
        ),
    ] {
        let text = error.to_string();
        known(option, text.rsplit('\'').nth(1).unwrap());
    }
}

#[cfg(feature = "memory")]
#[test]
fn options_that_the_memory_backend_names_are_known() {
    use alluvium_backend_memory::{MAX_CHECKPOINT_SIZE, MAX_LIVE_SIZE, MAX_SNAPSHOT_SIZE};
    assert_eq!(options::MAX_SNAPSHOT_SIZE.key(), MAX_SNAPSHOT_SIZE);
    assert_eq!(options::MAX_CHECKPOINT_SIZE.key(), MAX_CHECKPOINT_SIZE);
    assert_eq!(options::MAX_LIVE_SIZE.key(), MAX_LIVE_SIZE);
}
