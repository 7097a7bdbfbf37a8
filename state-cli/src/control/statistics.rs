//! What is told of the checkpoints of a job, with Flink's fields: durations and times in milliseconds,
//! sizes in bytes.
//!
//! Fields of Flink's that would always say the same (buffered data of alignments, the change log)
//! are left out.

use super::bodies::or_minus_one;
use alluvium::CheckpointId;
use alluvium::checkpoint::{CheckpointKind, CheckpointMode, ExternalizedRetention};
use alluvium::config::{BackendKind, Resolved};
use alluvium_state_tests::executor::{CheckpointProgress, CheckpointRecord, JobStatus};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// What Flink says of a checkpoint that is nowhere but in memory.
const IN_MEMORY: &str = "<checkpoint-not-externally-addressable>";
/// What Flink says of the interval of a job without periodic checkpoints.
const NEVER: u64 = i64::MAX as u64;

/// `GET /jobs/:id/checkpoints`.
pub(super) fn checkpoints(status: &JobStatus) -> Value {
    let history: Vec<Value> = status.history.iter().rev().map(checkpoint).collect();
    let newest = |wanted: &dyn Fn(&CheckpointRecord) -> bool| {
        let mut history = status.history.iter().rev();
        history.find(|record| wanted(record)).map(checkpoint)
    };
    let in_progress = status
        .history
        .iter()
        .filter(|record| record.progress == CheckpointProgress::InProgress)
        .count() as u64;
    let completed =
        |record: &CheckpointRecord| matches!(record.progress, CheckpointProgress::Completed { .. });
    json!({
        "counts": {
            "restored": u64::from(status.restored_from.is_some()),
            "total": status.completed + status.failed + in_progress,
            "in_progress": in_progress,
            "completed": status.completed,
            "failed": status.failed,
        },
        "latest": {
            "completed": newest(&|record| completed(record) && !record.kind.is_savepoint()),
            "savepoint": newest(&|record| completed(record) && record.kind.is_savepoint()),
            "failed": newest(&|record| matches!(record.progress, CheckpointProgress::Failed { .. })),
            "restored": status.restored_from.map(|checkpoint| json!({"id": checkpoint.0})),
        },
        "history": history,
    })
}

/// `GET /jobs/:id/checkpoints/details/:checkpoint`, if it is in the history.
pub(super) fn details(status: &JobStatus, wanted: CheckpointId) -> Option<Value> {
    let mut history = status.history.iter();
    let record = history.find(|record| record.checkpoint == wanted);
    record.map(checkpoint)
}

/// `GET /jobs/:id/checkpoints/config`.
pub(super) fn config(settings: &Resolved) -> Value {
    let options = &settings.checkpoints;
    let retention = options.retention;
    let (backend, storage) = match settings.backend {
        BackendKind::Filesystem => ("filesystem", "filesystem"),
        _ => ("memory", "jobmanager"),
    };
    json!({
        "mode": match options.mode {
            CheckpointMode::ExactlyOnce => "exactly_once",
            CheckpointMode::AtLeastOnce => "at_least_once",
        },
        "interval": options.interval.map_or(NEVER, millis),
        "timeout": millis(options.timeout),
        "min_pause": millis(options.min_pause),
        "max_concurrent": options.max_concurrent,
        "externalization": {
            "enabled": settings.checkpoint_dir.is_some()
                && retention != ExternalizedRetention::NeverRetain,
            "delete_on_cancellation": retention != ExternalizedRetention::RetainOnCancellation,
        },
        "state_backend": backend,
        "checkpoint_storage": storage,
        "unaligned_checkpoints": false,
        "tolerable_failed_checkpoints": options.tolerable_failed,
        // Sources that have come to their end take part until all have.
        "checkpoints_after_tasks_finish": true,
    })
}

fn millis(duration: Duration) -> u64 {
    duration.as_millis() as u64
}

fn checkpoint(record: &CheckpointRecord) -> Value {
    let is_savepoint = record.kind.is_savepoint();
    let kind = match record.kind {
        CheckpointKind::Stop { .. } => "SYNC_SAVEPOINT",
        _ if is_savepoint => "SAVEPOINT",
        _ => "CHECKPOINT",
    };
    let mut told = Map::new();
    let mut tell = |name: &str, value: Value| {
        told.insert(name.to_owned(), value);
    };
    tell("id", json!(record.checkpoint.0));
    tell("checkpoint_type", json!(kind));
    tell("is_savepoint", json!(is_savepoint));
    tell(
        "savepointFormat",
        json!(is_savepoint.then_some("CANONICAL")),
    );
    tell("trigger_timestamp", json!(record.began));
    tell(
        "latest_ack_timestamp",
        or_minus_one(record.last_acknowledged),
    );
    tell("num_subtasks", json!(record.tasks));
    tell("num_acknowledged_subtasks", json!(record.acknowledged));
    let since_trigger = |time: Option<u64>| time.map(|time| time.saturating_sub(record.began));
    let (status, size, written, duration) = match &record.progress {
        CheckpointProgress::InProgress => {
            ("IN_PROGRESS", 0, 0, since_trigger(record.last_acknowledged))
        }
        CheckpointProgress::Completed {
            size,
            written,
            duration,
            path,
        } => {
            let path = path.as_ref().map(ToString::to_string);
            tell("external_path", json!(path.as_deref().unwrap_or(IN_MEMORY)));
            tell("discarded", json!(record.discarded));
            ("COMPLETED", *size, *written, Some(millis(*duration)))
        }
        CheckpointProgress::Failed { reason } => {
            tell("failure_timestamp", or_minus_one(record.ended));
            tell("failure_message", json!(reason));
            ("FAILED", 0, 0, since_trigger(record.ended))
        }
    };
    tell("status", json!(status));
    tell("state_size", json!(size));
    tell("checkpointed_size", json!(written));
    tell("end_to_end_duration", or_minus_one(duration));
    Value::Object(told)
}
