//! The cases, by theme. Each is a function that panics if the backend does not pass.

pub mod concurrency;
pub mod fold;
pub mod increment;
pub mod keys;
pub mod list;
pub mod listing;
pub mod map;
pub mod misuse;
pub mod namespaces;
pub mod operator;
pub mod operator_jobs;
pub mod raw;
pub mod redistribution;
pub mod rescale;
pub mod restore;
pub mod snapshot;
pub mod table;
pub mod value;
