//! Jobs on the embedded executor, whole: what they come to, also when tasks and processes die.
//!
//! | module | what it tests |
//! |---|---|
//! | `common` | a job that uses every kind of state there is |
//! | `derived` | an operator of it whose keys and values are derived types |
//! | `pipeline` | operators, exchanges, back-pressure, errors; no checkpoints |
//! | `functions` | the interfaces of functions, listeners, settings |
//! | `recovery` | tasks that fail |
//! | `rescale` | processes that die, and other parallelism afterwards |
//! | `savepoints` | savepoints of running jobs, and jobs that stop with them |
//! | `pairs` | savepoints from every backend to every backend |
//! | `savepoint_files` | what they consist of, and what remains of a job |
//! | `at_least_once` | checkpoints without alignment |
//! | `changed` | programs that change between savepoint and restore |
//! | `blocked` | a store that does not answer |
//! | `takeover` | two processes that run one job |

#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

mod at_least_once;
mod blocked;
mod changed;
mod common;
mod derived;
mod files;
mod functions;
mod gate;
mod pairs;
mod pipeline;
mod recovery;
mod rescale;
mod savepoint_files;
mod savepoints;
mod takeover;
