//! What the endpoint answers to.

use super::access;
use super::bodies::{
    self, CheckpointBody, DisposalBody, SavepointBody, StopBody, TriggerStatus, Triggered,
};
use super::server::Job;
use super::statistics;
use super::triggers::{Kind, TooMany, Triggers, Work};
use alluvium::checkpoint::storage::StorageOptions;
use alluvium::checkpoint::{StoredSnapshotOptions, dispose};
use alluvium::config::Location;
use alluvium::{CheckpointId, ErrorKind, StateError};
use alluvium_state_tests::executor::{JobControl, JobStatus};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use tokio::sync::Semaphore;

/// No body of a request may be longer, in bytes.
const LONGEST_BODY: usize = 64 << 10;
/// No trigger id may be longer, in characters.
const LONGEST_ID: usize = 128;
/// What a path has where others have a trigger id.
const CONFIG: &str = "config";
/// How many savepoints are disposed of at a time.
const DISPOSALS: usize = 2;

/// What the handlers share.
#[derive(Clone)]
pub(super) struct State {
    pub(super) control: JobControl,
    pub(super) triggers: Triggers,
    pub(super) token: Arc<str>,
    pub(super) disposals: Arc<Semaphore>,
    /// How stores are reached.
    pub(super) storage: StorageOptions,
    /// How snapshots are read.
    pub(super) snapshots: StoredSnapshotOptions,
    /// How the job takes checkpoints, as it is told.
    pub(super) config: Arc<Value>,
    /// Milliseconds since the Unix epoch.
    pub(super) now: fn() -> u64,
    /// Bytes that nobody has drawn before.
    pub(super) random: fn() -> alluvium::Result<[u8; 16]>,
}

impl State {
    pub(super) fn new(job: Job, token: &str) -> Self {
        let Job {
            control,
            settings,
            now,
            random,
            ..
        } = job;
        Self {
            control,
            config: Arc::new(statistics::config(&settings)),
            snapshots: settings.store.snapshot_options(),
            storage: settings.storage,
            triggers: Triggers::default(),
            token: token.into(),
            disposals: Arc::new(Semaphore::new(DISPOSALS)),
            now,
            random,
        }
    }

    /// The id of a trigger: the one that was given, or a new one.
    fn trigger_id(&self, given: Option<String>) -> Result<String, Failure> {
        match given {
            None => Ok(super::server::hex(&(self.random)()?)),
            Some(id) => check_trigger_id(id),
        }
    }

    /// How the job does, if it is the one that is meant.
    fn job(&self, id: &str) -> Result<JobStatus, Failure> {
        let status = self.control.status();
        if status.id == id {
            return Ok(status);
        }
        let text = format!(
            "job '{id}' is not found: this is the endpoint of job '{}'",
            status.id
        );
        Err(Failure::new(StatusCode::NOT_FOUND, text))
    }

    /// The same, if it has not ended.
    fn running_job(&self, id: &str) -> Result<JobStatus, Failure> {
        let status = self.job(id)?;
        if status.state.has_ended() {
            let state = bodies::state_name(status.state);
            let text = format!("job '{id}' has ended: it is {state}");
            return Err(Failure::new(StatusCode::CONFLICT, text));
        }
        Ok(status)
    }

    fn status(&self, kind: Kind, trigger: &str) -> Answer<TriggerStatus> {
        let status = self.triggers.status(kind, trigger).ok_or_else(|| {
            let text = format!("nothing is known of trigger '{trigger}'");
            Failure::new(StatusCode::NOT_FOUND, text)
        });
        status.map(Json)
    }
}

/// An error, as Flink's endpoint tells it.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    text: String,
}

type Answer<T> = Result<Json<T>, Failure>;
type Accepted = Result<(StatusCode, Json<Triggered>), Failure>;

impl Failure {
    pub(super) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { status, text }
    }

    fn bad(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }
}

impl From<TooMany> for Failure {
    fn from(_: TooMany) -> Self {
        let text = "too many triggers are under way; wait for one of them to end";
        Self::new(StatusCode::TOO_MANY_REQUESTS, text)
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        let status = match error.kind() {
            ErrorKind::LimitExceeded => StatusCode::TOO_MANY_REQUESTS,
            ErrorKind::Cancelled => StatusCode::CONFLICT,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(json!({"errors": [self.text]}))).into_response()
    }
}

pub(super) fn router(state: State) -> Router {
    Router::new()
        .route("/jobs", get(jobs))
        .route("/jobs/{id}", get(job).patch(cancel))
        .route("/jobs/{id}/checkpoints", get(checkpoints).post(checkpoint))
        .route("/jobs/{id}/checkpoints/config", get(checkpoint_config))
        .route(
            "/jobs/{id}/checkpoints/details/{checkpoint}",
            get(checkpoint_details),
        )
        .route("/jobs/{id}/checkpoints/{trigger}", get(checkpoint_status))
        .route("/jobs/{id}/savepoints", post(savepoint))
        .route("/jobs/{id}/savepoints/{trigger}", get(savepoint_status))
        .route("/jobs/{id}/stop", post(stop))
        .route("/savepoint-disposal", post(disposal))
        .route("/savepoint-disposal/{trigger}", get(disposal_status))
        .fallback(|| async { Failure::new(StatusCode::NOT_FOUND, "there is nothing at this path") })
        .method_not_allowed_fallback(|| async {
            let text = "this path does not take this method";
            Failure::new(StatusCode::METHOD_NOT_ALLOWED, text)
        })
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(from_fn_with_state(state.clone(), access::check))
        .with_state(state)
}

/// Reads a body; an empty one is `{}`.
fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Failure> {
    let body: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body)
        .map_err(|error| Failure::bad(format!("the body of the request cannot be read: {error}")))
}

/// Checks an id that somebody gives: it must stand in a path, and mean nothing else there.
fn check_trigger_id(id: String) -> Result<String, Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if id.is_empty() || id.len() > LONGEST_ID || !id.chars().all(plain) || id == CONFIG {
        return Err(Failure::bad(format!(
            "a trigger id has 1 to {LONGEST_ID} ASCII letters, digits, '-' and '_', and is not \
             '{CONFIG}'"
        )));
    }
    Ok(id)
}

/// Savepoints have one format here, which every backend reads.
fn check_format(format: Option<&str>) -> Result<(), Failure> {
    match format {
        None | Some("CANONICAL") => Ok(()),
        Some(other) => Err(Failure::bad(format!(
            "savepoints are written in the format 'CANONICAL', found '{other}'"
        ))),
    }
}

/// A directory that somebody has named.
fn location(field: &str, text: &str) -> Result<Location, Failure> {
    let location = Location::new(text);
    let location = location.map_err(|error| Failure::bad(format!("'{field}': {error}")))?;
    if location
        .local_path()
        .is_some_and(|path| !path.is_absolute())
    {
        return Err(Failure::bad(format!("'{field}' must be absolute")));
    }
    Ok(location)
}

fn target(directory: Option<&String>, field: &str) -> Result<Option<Location>, Failure> {
    directory.map(|text| location(field, text)).transpose()
}

fn accepted(request_id: String) -> (StatusCode, Json<Triggered>) {
    (StatusCode::ACCEPTED, Json(Triggered { request_id }))
}

async fn jobs(Shared(state): Shared<State>) -> Json<Value> {
    Json(bodies::jobs(&state.control.status()))
}

async fn job(Shared(state): Shared<State>, Path(id): Path<String>) -> Answer<Value> {
    let status = state.job(&id)?;
    Ok(Json(bodies::job(&status, (state.now)())))
}

/// `?mode=cancel`.
#[derive(Deserialize)]
struct Mode {
    mode: Option<String>,
}

async fn cancel(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
    Query(Mode { mode }): Query<Mode>,
) -> Result<(StatusCode, Json<Value>), Failure> {
    state.running_job(&id)?;
    match mode.as_deref() {
        None | Some("cancel") => state.control.cancel(),
        Some(other) => {
            let text = format!("the mode must be 'cancel', found '{other}'");
            return Err(Failure::bad(text));
        }
    }
    Ok((StatusCode::ACCEPTED, Json(json!({}))))
}

async fn checkpoints(Shared(state): Shared<State>, Path(id): Path<String>) -> Answer<Value> {
    Ok(Json(statistics::checkpoints(&state.job(&id)?)))
}

async fn checkpoint_config(Shared(state): Shared<State>, Path(id): Path<String>) -> Answer<Value> {
    state.job(&id)?;
    Ok(Json((*state.config).clone()))
}

async fn checkpoint_details(
    Shared(state): Shared<State>,
    Path((id, checkpoint)): Path<(String, String)>,
) -> Answer<Value> {
    let status = state.job(&id)?;
    let wanted: u64 = checkpoint.parse().map_err(|_| {
        let text = format!("the id of a checkpoint must be a whole number, found '{checkpoint}'");
        Failure::bad(text)
    })?;
    let told = statistics::details(&status, CheckpointId(wanted)).ok_or_else(|| {
        let text = format!(
            "could not find checkpointing statistics for checkpoint {wanted}: it was not taken by \
             this execution, or others have been taken since"
        );
        Failure::new(StatusCode::NOT_FOUND, text)
    });
    told.map(Json)
}

async fn checkpoint(Shared(state): Shared<State>, Path(id): Path<String>, body: Bytes) -> Accepted {
    state.running_job(&id)?;
    let body: CheckpointBody = read(&body)?;
    let full = match body.checkpoint_type.as_deref() {
        None | Some("CONFIGURED") => false,
        Some("FULL") => true,
        Some(other) => {
            let text =
                format!("the type of a checkpoint must be 'CONFIGURED' or 'FULL', found '{other}'");
            return Err(Failure::bad(text));
        }
    };
    let trigger = state.trigger_id(body.trigger_id)?;
    let ask = if full {
        JobControl::full_checkpoint
    } else {
        JobControl::checkpoint
    };
    let begin = || Ok::<_, Failure>(Work::Checkpoint(ask(&state.control)?));
    state.triggers.begin(Kind::Checkpoint, &trigger, begin)?;
    Ok(accepted(trigger))
}

async fn checkpoint_status(
    Shared(state): Shared<State>,
    Path((id, trigger)): Path<(String, String)>,
) -> Answer<TriggerStatus> {
    state.job(&id)?;
    state.status(Kind::Checkpoint, &trigger)
}

async fn savepoint(Shared(state): Shared<State>, Path(id): Path<String>, body: Bytes) -> Accepted {
    state.running_job(&id)?;
    let body: SavepointBody = read(&body)?;
    check_format(body.format_type.as_deref())?;
    let trigger = state.trigger_id(body.trigger_id)?;
    let target = target(body.target_directory.as_ref(), "target-directory")?;
    let (control, target) = (&state.control, target.as_ref());
    let begin = || {
        Ok::<_, Failure>(Work::Savepoint(if body.cancel_job {
            control.cancel_with_savepoint(target)?
        } else {
            control.savepoint(target)?
        }))
    };
    state.triggers.begin(Kind::Savepoint, &trigger, begin)?;
    Ok(accepted(trigger))
}

async fn savepoint_status(
    Shared(state): Shared<State>,
    Path((id, trigger)): Path<(String, String)>,
) -> Answer<TriggerStatus> {
    state.job(&id)?;
    state.status(Kind::Savepoint, &trigger)
}

async fn stop(Shared(state): Shared<State>, Path(id): Path<String>, body: Bytes) -> Accepted {
    state.running_job(&id)?;
    let body: StopBody = read(&body)?;
    check_format(body.format_type.as_deref())?;
    let trigger = state.trigger_id(body.trigger_id)?;
    let target = target(body.target_directory.as_ref(), "targetDirectory")?;
    let begin = || {
        let stopped = state.control.stop(target.as_ref(), body.drain)?;
        Ok::<_, Failure>(Work::Savepoint(stopped))
    };
    state.triggers.begin(Kind::Savepoint, &trigger, begin)?;
    Ok(accepted(trigger))
}

async fn disposal(Shared(state): Shared<State>, body: Bytes) -> Accepted {
    let body: DisposalBody = read(&body)?;
    let savepoint = location("savepoint-path", &body.savepoint_path)?;
    let (storage, snapshots) = (state.storage.clone(), state.snapshots);
    let Ok(place) = Arc::clone(&state.disposals).try_acquire_owned() else {
        return Err(TooMany.into());
    };
    let trigger = state.trigger_id(None)?;
    let begin = || {
        let (answer, pending) = sync_channel(1);
        tokio::task::spawn_blocking(move || {
            // Whoever has asked may care no longer.
            let disposed = dispose(&savepoint, &storage, snapshots);
            drop(answer.try_send(disposed.map(drop)));
            drop(place);
        });
        Ok::<_, Failure>(Work::Disposal(pending))
    };
    state.triggers.begin(Kind::Disposal, &trigger, begin)?;
    Ok(accepted(trigger))
}

async fn disposal_status(
    Shared(state): Shared<State>,
    Path(trigger): Path<String>,
) -> Answer<TriggerStatus> {
    state.status(Kind::Disposal, &trigger)
}
