//! Choosing the state backend of a job, and its settings.
//!
//! The job is the same on every backend; only what it may hold differs.

use alluvium::{
    AnyStateBackend, FsBackend, FsSettings, MemoryBackend, MemorySettings, Result, StateError,
};
use alluvium_state_tests::executor::{Environment, RestartStrategy};
use std::path::Path;
use std::time::Duration;

/// Counts words; the words with their counts, or why the job failed.
fn count_on(backend: impl Into<AnyStateBackend>, checkpoints: Option<&Path>) -> String {
    let mut environment = Environment::new("words");
    if let Some(directory) = checkpoints {
        environment.set_checkpoint_dir(directory);
    }
    environment
        .set_state_backend(backend)
        .enable_checkpointing(Duration::from_hours(1))
        .set_restart_strategy(RestartStrategy::None);
    let counts = environment
        .from_collection(["to", "be", "or", "not", "to", "be"])
        .key_by(|word| (*word).to_owned())
        .map_with_state(|word, count: Option<u32>| {
            let count = count.unwrap_or(0) + 1;
            (format!("{word} {count}"), Some(count))
        })
        .uid("count")
        .collect();
    match environment.execute() {
        Ok(_) => counts.take().join(", "),
        Err(error) => {
            // The message begins with where it happened; what happened stands last.
            let message = error.to_string();
            let cause = message.rsplit(": ").next().unwrap_or_default();
            format!("{}: {cause}", error.kind())
        }
    }
}

pub(crate) fn run() -> Result<Vec<String>> {
    let default = MemoryBackend::default();
    let settings = *default.settings();
    let mut lines = vec![format!(
        "default: asynchronous snapshots {}, {} bytes a subtask, {} a checkpoint",
        settings.asynchronous_snapshots, settings.max_snapshot_bytes, settings.max_checkpoint_bytes,
    )];
    lines.push(count_on(default, None));

    // Snapshots that are encoded before the task goes on.
    lines.push(count_on(
        MemoryBackend::new(MemorySettings {
            asynchronous_snapshots: false,
            ..MemorySettings::default()
        })?,
        None,
    ));

    // Every limit is an option, and the error names it: on a snapshot, and on live state.
    lines.push(count_on(
        MemoryBackend::new(MemorySettings {
            max_snapshot_bytes: 100,
            ..MemorySettings::default()
        })?,
        None,
    ));
    lines.push(count_on(
        MemoryBackend::new(MemorySettings {
            max_live_bytes: Some(10),
            ..MemorySettings::default()
        })?,
        None,
    ));

    // Snapshots in files: of any size, written while the task goes on, or before it does.
    for asynchronous_snapshots in [true, false] {
        let directory = tempfile::tempdir()
            .map_err(|error| StateError::storage("no place for files").with_source(error))?;
        let backend = FsBackend::new(FsSettings {
            asynchronous_snapshots,
            ..FsSettings::default()
        })?;
        lines.push(count_on(backend, Some(directory.path())));
    }
    lines.push(count_on(FsBackend::default(), None));
    Ok(lines)
}

fn main() -> Result<()> {
    for line in run()? {
        println!("{line}");
    }
    Ok(())
}
