//! Controlling running jobs: the endpoint that a job offers, and how commands find and ask it.
//!
//! | module | what it holds |
//! |---|---|
//! | `server`, `routes`, `access` | the endpoint: HTTP on loopback, with Flink's paths |
//! | `bodies`, `statistics` | bodies of requests and responses |
//! | `triggers` | what was asked for and takes its time |
//! | `note` | how running jobs are found |
//! | `find` | which job is meant |
//! | `client` | asking the endpoint |
//! | `signals` | what the process is told by signals |

mod access;
mod bodies;
mod client;
mod find;
mod note;
mod routes;
mod server;
mod signals;
mod statistics;
mod triggers;

pub(crate) use bodies::{SavepointBody, StopBody};
pub(crate) use find::{LiveJob, check_free, find, live_jobs};
pub(crate) use server::{Endpoint, Job};
pub(crate) use signals::Caught;
