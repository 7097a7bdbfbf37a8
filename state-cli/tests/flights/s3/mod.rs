//! The job with its checkpoints and savepoints in S3: a server of the protocol in a process of its
//! own, and the binary as users have it.

mod process;
mod refused;
mod savepoints;
mod survive;

pub(crate) use process::Server;
