//! Asking the endpoint of a running job.

use super::bodies::{Operation, TriggerStatus, Triggered};
use super::note::Note;
use alluvium::{Result, StateError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long an endpoint may take to say that it is there.
const GLANCE: Duration = Duration::from_secs(5);
/// No answer may be longer, in bytes.
const LONGEST: u64 = 1 << 20;
/// The pauses between two questions: they grow from the first to the second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(250));

/// What came of asking an endpoint whether its job is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// It is, in this state.
    State(String),
    /// Nobody answers in time.
    Silent,
    /// Nobody listens, or it is another job's.
    Gone,
}

/// A client of one endpoint.
#[derive(Debug)]
pub(crate) struct Client {
    agent: ureq::Agent,
    note: Note,
}

impl Client {
    pub(super) fn new(note: Note) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .build();
        Self {
            agent: config.into(),
            note,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.note.address)
    }

    /// Whether the job is there.
    pub(super) fn look(&self) -> Sight {
        let asked = self
            .agent
            .get(self.url(&format!("/jobs/{}", self.note.id)))
            .config()
            .timeout_global(Some(GLANCE))
            .build()
            .call();
        match asked {
            Err(ureq::Error::Timeout(_)) => Sight::Silent,
            Err(_) => Sight::Gone,
            Ok(answer) => match self.read::<Value>(answer) {
                Ok(job) if job.get("jid").and_then(Value::as_str) == Some(&*self.note.id) => {
                    let state = job.get("state").and_then(Value::as_str);
                    Sight::State(state.unwrap_or("UNKNOWN").to_owned())
                }
                _ => Sight::Gone,
            },
        }
    }

    fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let answer = self.agent.get(self.url(path)).call();
        self.read(answer.map_err(|error| self.failed(error))?)
    }

    fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        let request = self.agent.post(self.url(path));
        let request = request.header("Authorization", format!("Bearer {}", self.note.token));
        let answer = request.send_json(body);
        self.read(answer.map_err(|error| self.failed(error))?)
    }

    fn read<T: DeserializeOwned>(&self, mut answer: ureq::http::Response<ureq::Body>) -> Result<T> {
        let good = answer.status().is_success();
        let status = answer.status();
        let body = answer.body_mut().with_config().limit(LONGEST);
        let body: Value = body.read_json().map_err(|error| self.failed(error))?;
        if !good {
            let text = body.pointer("/errors/0").and_then(Value::as_str);
            let text = text.map_or_else(|| status.to_string(), str::to_owned);
            return Err(StateError::misuse(text));
        }
        serde_json::from_value(body).map_err(|error| {
            StateError::storage(format!(
                "the endpoint of job '{}' at {} answers in a way that is not understood",
                self.note.id, self.note.address
            ))
            .with_source(error)
        })
    }

    fn failed(&self, error: ureq::Error) -> StateError {
        StateError::storage(format!(
            "the endpoint of job '{}' at {} does not answer",
            self.note.id, self.note.address
        ))
        .with_source(error)
    }

    /// Triggers something that ends with a path, and waits for that.
    ///
    /// # Errors
    /// What the job or its endpoint says; `Storage` if it does not answer.
    pub(crate) fn trigger(&self, what: &str, body: &impl Serialize) -> Result<String> {
        let id = &self.note.id;
        let triggered: Triggered = self.post(&format!("/jobs/{id}/{what}"), body)?;
        let path = format!("/jobs/{id}/savepoints/{}", triggered.request_id);
        let operation = until(|| {
            let status: TriggerStatus = self.get(&path)?;
            Ok(status.operation.filter(|_| status.status.id == "COMPLETED"))
        })?;
        match operation {
            Operation {
                failure_cause: Some(cause),
                ..
            } => Err(StateError::storage(cause.message)),
            Operation {
                location: Some(path),
                ..
            } => Ok(path),
            _ => Err(StateError::storage(format!(
                "the endpoint of job '{id}' does not say where the savepoint is"
            ))),
        }
    }

    /// The id of the job.
    pub(crate) fn id(&self) -> &str {
        &self.note.id
    }

    /// Cancels the job, and waits until it has ended; its last state, if it was still there to tell.
    ///
    /// # Errors
    /// As [`trigger`](Self::trigger).
    pub(crate) fn cancel(&self) -> Result<Option<String>> {
        let path = format!("/jobs/{}?mode=cancel", self.note.id);
        let request = self.agent.patch(self.url(&path));
        let request = request.header("Authorization", format!("Bearer {}", self.note.token));
        let answer = request.send_empty().map_err(|error| self.failed(error))?;
        let _: Value = self.read(answer)?;
        until(|| {
            Ok(match self.look() {
                Sight::State(state) => ENDED.contains(&&*state).then_some(Some(state)),
                Sight::Silent => None,
                Sight::Gone => Some(None),
            })
        })
    }
}

/// Asks again and again until there is an answer.
fn until<T>(mut ask: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let (_keep, never) = channel::<()>();
    let mut pause = PAUSES.0;
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if never.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            pause = (pause * 2).min(PAUSES.1);
        }
    }
}

/// The states in which a job has ended.
const ENDED: [&str; 4] = ["FINISHED", "CANCELED", "SUSPENDED", "FAILED"];
