//! The embedded stream executor: a small engine that runs jobs on Alluvium's state.
//!
//! A job is put together on an [`Environment`], as streams and operators, and executed:
//!
//! ```
//! use alluvium_state_tests::executor::Environment;
//!
//! let mut environment = Environment::new("word-count");
//! environment.set_parallelism(2);
//! let counts = environment
//!     .from_collection(["to be or not", "to be"])
//!     .flat_map(|line| line.split(' '))
//!     .key_by(|word| (*word).to_owned())
//!     .map_with_state(|word, count: Option<u64>| {
//!         let count = count.unwrap_or(0) + 1;
//!         ((word, count), Some(count))
//!     })
//!     .uid("count")
//!     .collect();
//! let report = environment.execute()?;
//! assert_eq!(report.records_read, 2);
//! assert!(counts.take().contains(&("be", 2)));
//! # Ok::<(), alluvium::StateError>(())
//! ```
//!
//! Rich functions implement [`Process`] (or [`TwoInputs`]): they register states when they are
//! opened, use the state of a record's key through [`Context`], and have hooks at barriers and at
//! the end of the input:
//!
//! ```
//! use alluvium::{KeyedBackendExt, Result, ValueDescriptor, ValueHandle};
//! use alluvium_state_tests::executor::{Context, Environment, OpenContext, Process};
//!
//! const SUM: ValueDescriptor<u64> = ValueDescriptor::new("sum");
//!
//! #[derive(Default)]
//! struct Sums(Option<ValueHandle<u64>>);
//!
//! impl Process<u32, (u32, u64), (u32, u64)> for Sums {
//!     fn open(&mut self, context: &mut OpenContext<'_, u32>) -> Result<()> {
//!         self.0 = Some(context.keyed()?.register(&SUM)?);
//!         Ok(())
//!     }
//!
//!     fn process(&mut self, record: (u32, u64), cx: &mut Context<'_, u32, (u32, u64)>) -> Result<()> {
//!         let Some(sum) = self.0 else { return Ok(()) };
//!         cx.keyed()?.value(sum).update(|sum| *sum = Some(sum.unwrap_or(0) + record.1))
//!     }
//!
//!     fn end_of_input(&mut self, cx: &mut Context<'_, u32, (u32, u64)>) -> Result<()> {
//!         let Some(sum) = self.0 else { return Ok(()) };
//!         let (backend, output) = cx.backend_and_output()?;
//!         backend.for_each_key(sum, &(), |scope| {
//!             let key = *scope.key();
//!             let total = scope.get(sum)?.map_or(0, |sum| *sum);
//!             output.emit((key, total))
//!         })
//!     }
//! }
//!
//! let environment = Environment::new("sums");
//! let sums = environment
//!     .from_collection([(1, 10), (2, 5), (1, 7)])
//!     .key_by(|record| record.0)
//!     .process(Sums::default)
//!     .collect();
//! environment.execute()?;
//! let mut sums = sums.take();
//! sums.sort_unstable();
//! assert_eq!(sums, [(1, 17), (2, 5)]);
//! # Ok::<(), alluvium::StateError>(())
//! ```
//!
//! # How a job runs
//!
//! Every operator has as many subtasks as its parallelism says. Operators that hand records on to
//! the subtask of the same number are chained: they run in one thread and call each other. Between
//! chains records travel in batches through bounded channels, so that a slow task holds those
//! before it back.
//!
//! Checkpoints are asynchronous barrier snapshots (Carbone et al., *Lightweight Asynchronous
//! Snapshots for Distributed Dataflows*, 2015): sources send barriers; a task with several channels
//! aligns them (exactly once) or counts them (at least once), lets its operators emit what has to
//! be ahead of the barrier, sends it on, freezes its state, and goes on; threads of their own write
//! the snapshots. The coordinator of [`alluvium::checkpoint`] decides when a checkpoint begins, is
//! complete, or is given up.
//!
//! When the input of all sources has ended, one last checkpoint covers all that the job has done,
//! so that sinks with [two-phase commit](TwoPhaseSink) commit the last records: its barrier is also
//! the end of the input, so that a checkpoint covers either the end of all operators or of none.
//!
//! If a task fails, all are stopped and started again from the newest checkpoint, as often as the
//! [`RestartStrategy`] allows.
//!
//! | module | what it holds |
//! |---|---|
//! | `environment`, `stream` | what jobs are written with |
//! | `function` | functions: what runs inside operators |
//! | `source`, `sink` | the ends |
//! | `graph` | operators and edges, and their layout in tasks |
//! | `link` | operators at run time, chained |
//! | `channel` | batches between tasks |
//! | `barrier` | barriers and their alignment |
//! | `task` | the threads of subtasks |
//! | `job` | coordination, restarts, restore |
//! | `failure` | failures on purpose |
//! | `clock`, `entropy` | time and randomness |

mod barrier;
mod channel;
mod clock;
mod configure;
mod entropy;
mod environment;
mod failure;
mod function;
mod graph;
mod job;
mod link;
mod sink;
mod source;
mod stream;
mod task;

pub use barrier::{AbortReason, Alignment, Barrier, Outcome};
pub use channel::ChannelSettings;
pub use clock::Clock;
pub use entropy::random_bytes;
pub use environment::Environment;
pub use failure::{FailAt, Failure, FailurePlan};
pub use function::{
    BarrierContext, Checkpointed, Context, ListState, OpenContext, Process, TwoInputs,
};
pub use job::{
    CheckpointProgress, CheckpointRecord, CheckpointStats, ClaimMode, JobControl, JobEvent,
    JobHandle, JobListener, JobReport, JobState, JobStatus, Pending, RestartStrategy,
    RestoreOptions, unrecoverable,
};
pub use link::Output;
pub use sink::{Collected, FileSink, FileTransaction, TwoPhaseSink};
pub use source::{Collection, ReadStep, SplitReader, SplitSource};
pub use stream::{Connected, KeyedStream, Stream};

/// Anything that can be a record of a stream.
pub trait Record: Clone + Send + 'static {}

impl<T: Clone + Send + 'static> Record for T {}
