//! Bodies of requests and responses, as Flink has them.

use alluvium::StateError;
use alluvium_state_tests::executor::{JobState, JobStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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

pub(super) fn or_minus_one(time: Option<u64>) -> Value {
    time.map_or_else(|| json!(-1), |time| json!(time))
}
