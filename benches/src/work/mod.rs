//! The workloads, one module each.

mod files;
mod growth;
mod list;
mod map;
mod memory;
mod snapshots;
mod value;

use crate::measure::Report;
use crate::settings::Settings;
use alluvium::{
    AnyBackend, AnyStateBackend, MaxParallelism, MemoryBackend, MemorySettings, OpenRequest,
    OrderedKey, Result, SnapshotChain, StateBackend, StateError,
};

pub use memory::memory;

/// Runs one work and prints its figures.
///
/// # Errors
/// `Misuse` if there is no such work; whatever the state returns.
pub fn run(work: &str, report: &Report, settings: &Settings) -> Result<()> {
    match work {
        "value" => value::run(report, settings),
        "map" => map::run(report, settings),
        "list" => list::run(report, settings),
        "growth" => growth::run(report, settings),
        "snapshots" => snapshots::run(report, settings),
        "files" => files::run(report, settings),
        other => Err(StateError::misuse(format!(
            "works are value, map, list, growth, snapshots, files; found '{other}'"
        ))),
    }
}

/// Opens subtask `subtask` of `parallelism`, with 128 key groups.
pub(crate) fn open<K: OrderedKey>(
    subtask: u32,
    parallelism: u32,
    restore: Vec<SnapshotChain>,
) -> Result<AnyBackend<K>> {
    let request = OpenRequest::fresh(subtask, parallelism)
        .with_max_parallelism(MaxParallelism::new(128)?)
        .with_restore(restore);
    backend()?.open(request)
}

/// The heap backend, without the caps that keep its snapshots small.
pub(crate) fn backend() -> Result<AnyStateBackend> {
    let settings = MemorySettings {
        max_snapshot_bytes: u64::MAX,
        max_checkpoint_bytes: u64::MAX,
        track_changes: true,
        ..MemorySettings::default()
    };
    MemoryBackend::new(settings).map(AnyStateBackend::from)
}
