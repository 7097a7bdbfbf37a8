//! What values together show to be wrong.

use super::file;
use crate::config::{Configuration, options};
use alluvium_state_api::ErrorKind;

fn contradiction(text: &str) -> String {
    let error = file(text).unwrap().resolve().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    error.to_string()
}

#[test]
fn contradictions_name_both_sides_and_the_way_out() {
    for (text, told) in [
        (
            "execution.checkpointing.storage: filesystem",
            "'execution.checkpointing.storage' = 'filesystem' (in a.yaml:1) needs \
             'execution.checkpointing.dir', which is not set",
        ),
        (
            "state.backend: filesystem",
            "'state.backend.type' = 'filesystem' (in a.yaml:1) needs \
             'execution.checkpointing.dir', which is not set",
        ),
        (
            "state.backend.type: memory\nexecution.checkpointing.storage: filesystem",
            "'state.backend.type' = 'memory' (in a.yaml:1) keeps snapshots inside the metadata of \
             checkpoints, and 'execution.checkpointing.storage' = 'filesystem' (in a.yaml:2) in \
             files: set the one to 'hashmap' or the other to 'jobmanager'",
        ),
        (
            "state.backend.type: filesystem\nexecution.checkpointing.storage: jobmanager",
            "'state.backend.type' = 'filesystem' (in a.yaml:1) keeps snapshots in files, and \
             'execution.checkpointing.storage' = 'jobmanager' (in a.yaml:2) inside the metadata of \
             checkpoints: set the one to 'hashmap' or the other to 'filesystem'",
        ),
        (
            "state.backend.type: rocksdb",
            "'state.backend.type' = 'rocksdb' (in a.yaml:1): this build has no RocksDB backend; \
             what there is: 'hashmap', 'memory', 'filesystem'",
        ),
        (
            "parallelism.default: 5\npipeline.max-parallelism: 4",
            "'parallelism.default' = '5' (in a.yaml:1) is above 'pipeline.max-parallelism' = '4' \
             (in a.yaml:2)",
        ),
        (
            "execution.checkpointing.externalized-checkpoint-retention: retain-on-cancellation",
            "'execution.checkpointing.externalized-checkpoint-retention' = \
             'RETAIN_ON_CANCELLATION' (in a.yaml:1) needs 'execution.checkpointing.dir', which is \
             not set: checkpoints in memory do not outlive the job",
        ),
        (
            "storage.initial-back-off: 3 s\nstorage.max-back-off: 2 s",
            "'storage.initial-back-off' = '3 s' (in a.yaml:1) is above 'storage.max-back-off' = \
             '2 s' (in a.yaml:2)",
        ),
        (
            "storage.s3.access-key-id: key",
            "'storage.s3.access-key-id' = 'key' (in a.yaml:1) needs \
             'storage.s3.secret-access-key', which is not set",
        ),
        (
            "storage.s3.secret-access-key: hush",
            "'storage.s3.secret-access-key' = '******' (in a.yaml:1) needs \
             'storage.s3.access-key-id', which is not set",
        ),
        (
            "storage.s3.session-token: hush",
            "'storage.s3.session-token' = '******' (in a.yaml:1) needs \
             'storage.s3.access-key-id', which is not set",
        ),
        (
            "restart-strategy.fixed-delay.attempts: 3",
            "'restart-strategy.fixed-delay.attempts' = '3' (in a.yaml:1) needs \
             'restart-strategy.type' = 'fixed-delay', which is not set",
        ),
        (
            "restart-strategy.fixed-delay.delay: 3 s",
            "'restart-strategy.fixed-delay.delay' = '3 s' (in a.yaml:1) needs \
             'restart-strategy.type' = 'fixed-delay', which is not set",
        ),
    ] {
        assert_eq!(contradiction(text), told);
    }
}

#[test]
fn all_contradictions_are_told_at_once() {
    let error = contradiction(
        "state.backend.type: filesystem\nparallelism.default: 5\npipeline.max-parallelism: 4",
    );
    assert!(
        error.starts_with("2 mistakes in the configuration:"),
        "{error}"
    );
}

#[test]
fn each_side_is_told_with_its_own_source() {
    let error = Configuration::new()
        .with_argument("pipeline.max-parallelism=4")
        .unwrap()
        .with_named(&options::PARALLELISM, 8u32, "--parallelism")
        .unwrap()
        .resolve()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "'parallelism.default' = '8' (given with --parallelism) is above \
         'pipeline.max-parallelism' = '4' (given with -D)"
    );
}

#[test]
fn settings_without_effect_are_warned_of() {
    let text = "
execution.checkpointing:
  max-concurrent-checkpoints: 2
  min-pause: 1 s
  snapshot-compression: none
  snapshot-compression-level: 3
execution.state-recovery.claim-mode: CLAIM
";
    let resolved = file(text).unwrap().resolve().unwrap();
    let told: Vec<_> = resolved.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "'execution.checkpointing.max-concurrent-checkpoints' = '2' (in a.yaml:3) has no \
             effect on periodic checkpoints: with 'execution.checkpointing.min-pause' = '1 s' (in \
             a.yaml:4) they never overlap",
            "'execution.state-recovery.claim-mode' = 'CLAIM' (in a.yaml:7) has no effect: \
             'execution.state-recovery.path' (unset)",
            "'execution.checkpointing.snapshot-compression-level' = '3' (in a.yaml:6) has no \
             effect: 'execution.checkpointing.snapshot-compression' = 'none' (in a.yaml:5)",
        ]
    );
}
