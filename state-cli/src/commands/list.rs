//! `alluvium list`.

use crate::args::ListArgs;
use crate::control::{LiveJob, live_jobs};
use crate::output::{print, print_json};
use alluvium::checkpoint::storage::StorageOptions;
use alluvium::checkpoint::{JobId, inspect};
use alluvium::config::Location;
use alluvium::{Result, StateError};
use comfy_table::{Table, presets};
use serde::Serialize;
use std::sync::Arc;

/// The state of a job that has a log, and no process that runs it.
const NOT_RUNNING: &str = "NOT_RUNNING";

/// A job; the fields are those of the JSON form.
#[derive(Debug, Serialize)]
struct Listed {
    id: String,
    /// Not known of a job that does not run.
    name: Option<String>,
    state: String,
    address: Option<String>,
    checkpoint_root: String,
    /// The published checkpoints, of a job under a root.
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoints: Option<Vec<u64>>,
}

/// Lists running jobs, or the jobs under a root.
pub(crate) fn list(args: &ListArgs) -> Result<()> {
    let live = live_jobs()?.into_iter().map(Listed::from).collect();
    let listed = match &args.root {
        None => live,
        Some(root) => under(root, &args.config.reading()?.storage, live)?,
    };
    if args.json {
        print_json(&listed)
    } else if listed.is_empty() {
        print("no jobs")
    } else {
        print(&table(&listed))
    }
}

impl From<LiveJob> for Listed {
    fn from(job: LiveJob) -> Self {
        Self {
            id: job.note.id,
            name: Some(job.note.name),
            state: job.state,
            address: Some(job.note.address.to_string()),
            checkpoint_root: job.note.checkpoint_root,
            checkpoints: None,
        }
    }
}

/// The jobs that have a log under `root`.
fn under(root: &Location, options: &StorageOptions, live: Vec<Listed>) -> Result<Vec<Listed>> {
    if root.local_path().is_some_and(|path| !path.is_dir()) {
        return Err(StateError::misuse(format!(
            "'{root}' is no directory that jobs keep checkpoints in"
        )));
    }
    let root = root.absolute()?;
    let storage = root.open(&options.clone().with_probe(false))?;
    let mut jobs = Vec::new();
    for name in storage.list("")? {
        let Ok(id) = JobId::new(&name) else { continue };
        // What is no folder has none in it.
        if !is_folder(&root, &name) {
            continue;
        }
        let Some(found) = inspect(Arc::clone(&storage), &id)? else {
            continue;
        };
        let running = live
            .iter()
            .find(|job| job.id == name && job.checkpoint_root == root.as_str());
        let at_rest = if found.finished {
            "FINISHED"
        } else {
            NOT_RUNNING
        };
        let checkpoints = found.checkpoints.iter();
        jobs.push(Listed {
            name: running.and_then(|job| job.name.clone()),
            state: running.map_or(at_rest, |job| &job.state).to_owned(),
            address: running.and_then(|job| job.address.clone()),
            checkpoint_root: root.to_string(),
            checkpoints: Some(checkpoints.map(|published| published.checkpoint).collect()),
            id: name,
        });
    }
    Ok(jobs)
}

/// Whether a thing in `root` may hold others: a file of a directory does not.
fn is_folder(root: &Location, name: &str) -> bool {
    root.local_path()
        .is_none_or(|root| root.join(name).is_dir())
}

fn table(jobs: &[Listed]) -> Table {
    let with_checkpoints = jobs.iter().any(|job| job.checkpoints.is_some());
    let mut header = vec!["ID", "NAME", "STATE", "ADDRESS", "CHECKPOINT ROOT"];
    header.extend(with_checkpoints.then_some("CHECKPOINTS"));
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_BORDERS_ONLY)
        .set_header(header);
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    for job in jobs {
        let mut row = vec![
            job.id.clone(),
            or_dash(&job.name),
            job.state.clone(),
            or_dash(&job.address),
            job.checkpoint_root.clone(),
        ];
        if let Some(checkpoints) = &job.checkpoints {
            let ids: Vec<String> = checkpoints.iter().map(u64::to_string).collect();
            row.push(if ids.is_empty() {
                "-".to_owned()
            } else {
                ids.join(", ")
            });
        }
        table.add_row(row);
    }
    table
}
