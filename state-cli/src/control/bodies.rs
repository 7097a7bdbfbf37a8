//! Bodies of requests and responses, as Flink has them.

use alluvium::StateError;
use alluvium::checkpoint::CheckpointKind;
use alluvium_state_tests::executor::{CheckpointProgress, CheckpointRecord, JobState, JobStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// `POST /jobs/:id/savepoints`.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct SavepointBody {
    #[serde(default)]
    pub(crate) cancel_job: bool,
    pub(crate) target_directory: Option<String>,
    #[serde(rename = "triggerId")]
    pub(crate) trigger_id: Option<String>,
    #[serde(rename = "formatType")]
    pub(crate) format_type: Option<String>,
}

/// `POST /jobs/:id/stop`.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StopBody {
    #[serde(default)]
    pub(crate) drain: bool,
    pub(crate) target_directory: Option<String>,
    pub(crate) trigger_id: Option<String>,
    pub(crate) format_type: Option<String>,
}

/// `POST /jobs/:id/checkpoints`.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CheckpointBody {
    pub(crate) checkpoint_type: Option<String>,
    pub(crate) trigger_id: Option<String>,
}

/// `POST /savepoint-disposal`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct DisposalBody {
    pub(crate) savepoint_path: String,
}

/// The answer to a trigger.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Triggered {
    #[serde(rename = "request-id")]
    pub(crate) request_id: String,
}

/// How a trigger does.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct TriggerStatus {
    pub(crate) status: StatusId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<Operation>,
}

/// `IN_PROGRESS` or `COMPLETED`.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct StatusId {
    pub(crate) id: String,
}

/// What a trigger has come to.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Operation {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<String>,
    #[serde(
        rename = "checkpointId",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) checkpoint_id: Option<u64>,
    #[serde(
        rename = "failure-cause",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) failure_cause: Option<FailureCause>,
}

/// Why a trigger failed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct FailureCause {
    /// The kind of the error.
    pub(crate) class: String,
    /// Its message, under the name that Flink has for it.
    #[serde(rename = "stack-trace")]
    pub(crate) message: String,
}

impl Operation {
    pub(crate) fn failed(error: &StateError) -> Self {
        Self {
            failure_cause: Some(FailureCause {
                class: format!("{:?}", error.kind()),
                message: error.to_string(),
            }),
            ..Self::default()
        }
    }
}

impl TriggerStatus {
    pub(crate) fn in_progress() -> Self {
        let id = "IN_PROGRESS".to_owned();
        Self {
            status: StatusId { id },
            operation: None,
        }
    }

    pub(crate) fn completed(operation: Operation) -> Self {
        let id = "COMPLETED".to_owned();
        Self {
            status: StatusId { id },
            operation: Some(operation),
        }
    }
}

/// Flink's name of a state.
pub(crate) const fn state_name(state: JobState) -> &'static str {
    match state {
        JobState::Created => "CREATED",
        JobState::Running => "RUNNING",
        JobState::Restarting => "RESTARTING",
        JobState::Finished => "FINISHED",
        JobState::Cancelled => "CANCELED",
        JobState::Suspended => "SUSPENDED",
        JobState::Failed => "FAILED",
    }
}

/// `GET /jobs`.
pub(crate) fn jobs(status: &JobStatus) -> Value {
    json!({"jobs": [{"id": status.id, "status": state_name(status.state)}]})
}

/// `GET /jobs/:id`: Flink's fields, and `records`, `restarts`, `cause` of ours. Times are
/// milliseconds since the Unix epoch, -1 for those to come.
pub(crate) fn job(status: &JobStatus, now: u64) -> Value {
    json!({
        "jid": status.id,
        "name": status.name,
        "job-type": "STREAMING",
        "state": state_name(status.state),
        "isStoppable": !status.state.has_ended(),
        "start-time": status.started,
        "end-time": or_minus_one(status.ended),
        "duration": status.ended.unwrap_or(now).saturating_sub(status.started),
        "now": now,
        "records": status.records,
        "restarts": status.restarts,
        "cause": status.cause,
    })
}

fn or_minus_one(time: Option<u64>) -> Value {
    time.map_or_else(|| json!(-1), |time| json!(time))
}

/// `GET /jobs/:id/checkpoints`. Durations are in milliseconds, sizes in bytes.
pub(crate) fn checkpoints(status: &JobStatus) -> Value {
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

fn checkpoint(record: &CheckpointRecord) -> Value {
    let kind = match record.kind {
        CheckpointKind::Stop { .. } => "SYNC_SAVEPOINT",
        kind if kind.is_savepoint() => "SAVEPOINT",
        _ => "CHECKPOINT",
    };
    let mut told = Map::new();
    let mut tell = |name: &str, value: Value| {
        told.insert(name.to_owned(), value);
    };
    tell("id", json!(record.checkpoint.0));
    tell("checkpoint_type", json!(kind));
    tell("is_savepoint", json!(record.kind.is_savepoint()));
    tell("trigger_timestamp", json!(record.began));
    match &record.progress {
        CheckpointProgress::InProgress => tell("status", json!("IN_PROGRESS")),
        CheckpointProgress::Completed {
            size,
            duration,
            path,
        } => {
            tell("status", json!("COMPLETED"));
            tell("state_size", json!(size));
            tell("end_to_end_duration", json!(duration.as_millis() as u64));
            let path = path.as_ref().map(ToString::to_string);
            tell("external_path", json!(path));
        }
        CheckpointProgress::Failed { reason } => {
            tell("status", json!("FAILED"));
            tell("failure_message", json!(reason));
        }
    }
    Value::Object(told)
}
