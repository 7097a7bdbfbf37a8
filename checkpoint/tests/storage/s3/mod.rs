//! S3, over the wire: a real server of the protocol in this process, and what can happen to its
//! answers.

mod checkpoints;
mod create;
mod faults;
mod parts;
mod refused;
mod server;

pub(crate) use server::{Server, Trouble};
