//! Which files are the job's own.

use super::files;
use crate::args::FlightsArgs;
use crate::flights::{airframes, carriers, routes};
use alluvium::checkpoint::storage::StorageOptions;
use alluvium::checkpoint::{JobId, inspect};
use alluvium::config::{Location, Resolved, options};
use alluvium::{Result, StateError};
use alluvium_state_tests::executor::FileSink;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;

const TABLES: [(&str, &str); 3] = [
    (files::CARRIERS, carriers::HEADER),
    (files::ROUTES, routes::HEADER),
    (files::AIRFRAMES, airframes::HEADER),
];

/// What stands in the folder of a job's checkpoints beside them.
const OF_A_JOB: [&str; 4] = ["log", "shared", "taskowned", "control.json"];

/// Makes sure that the run may use its directories: whatever bears the name of one of its files is
/// one of its files. Without `--fresh` and without a checkpoint to go on from, there must be no
/// updates of an earlier run; with it, the job itself takes back what is there once it has claimed
/// its checkpoints.
///
/// Nothing is changed here.
pub(in crate::flights) fn prepare(args: &FlightsArgs, settings: &Resolved) -> Result<()> {
    if args.output.exists() && !args.output.is_dir() {
        let output = args.output.display();
        let error = format!("the output '{output}' ('--output') must be a directory, found a file");
        return Err(StateError::misuse(error));
    }
    let updates = args.output.join(files::UPDATES);
    for (name, header) in TABLES {
        check_header(&args.output.join(files::table(name)), header)?;
    }
    let left = check_updates(&updates)?;
    if args.fresh {
        for directory in [&args.output, &updates] {
            check_writable(directory)?;
        }
    }
    let Some(root) = &settings.checkpoint_dir else {
        return Ok(());
    };
    let local = root.local_path().map(|root| root.join(&args.job_id));
    if args.fresh {
        return local.map_or(Ok(()), |checkpoints| check_checkpoints(&checkpoints));
    }
    let is_missing = match &local {
        Some(checkpoints) => !files::exists(checkpoints)?,
        None => false,
    };
    if left && (is_missing || !has_checkpoints(root, &settings.storage, &args.job_id)?) {
        return Err(no_checkpoint_of(&updates, &root.join(&args.job_id)));
    }
    Ok(())
}

/// Whether a job has published checkpoints.
fn has_checkpoints(root: &Location, storage: &StorageOptions, job: &str) -> Result<bool> {
    let storage = root.open(storage).map_err(|error| {
        error.context(format_args!(
            "the checkpoint directory '{root}' ('{}')",
            options::CHECKPOINT_DIR.key()
        ))
    })?;
    let found = inspect(storage, &JobId::new(job)?)?;
    Ok(found.is_some_and(|found| !found.checkpoints.is_empty()))
}

/// A file can be made in a directory, if it is there.
fn check_writable(directory: &Path) -> Result<()> {
    let probe = directory.join(format!(".alluvium-{}.probe", std::process::id()));
    match File::create(&probe) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        made => made
            .and_then(|_| fs::remove_file(&probe))
            .map_err(|error| files::failed("write to", directory, error)),
    }
}

fn no_checkpoint_of(updates: &Path, checkpoints: &Location) -> StateError {
    StateError::misuse(format!(
        "'{}' holds updates of an earlier run, and there is no checkpoint of it in \
         '{checkpoints}': name its --checkpoint-dir and --job-id, or start over with --fresh",
        updates.display()
    ))
}

/// A file of this name, if there is one, must begin with the header.
fn check_header(path: &Path, header: &str) -> Result<()> {
    let cannot = |error| files::failed("read", path, error);
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        file => file.map_err(cannot)?,
    };
    let mut begin = Vec::new();
    file.take(header.len() as u64)
        .read_to_end(&mut begin)
        .map_err(cannot)?;
    if begin == header.as_bytes() {
        return Ok(());
    }
    Err(not_own(
        path,
        &format!("it does not begin with '{}'", header.trim_end()),
    ))
}

/// Whether there are committed updates; an error if there is anything else.
fn check_updates(updates: &Path) -> Result<bool> {
    let mut committed = false;
    for (name, path) in files::list(updates)? {
        if !FileSink::<()>::is_own_name(files::UPDATE, &name) {
            return Err(not_own(&path, "updates have other names"));
        }
        if !name.starts_with('.') {
            check_header(&path, routes::UPDATES_HEADER)?;
            committed = true;
        }
    }
    Ok(committed)
}

/// The folder of a job's checkpoints holds nothing else.
fn check_checkpoints(checkpoints: &Path) -> Result<()> {
    for (name, path) in files::list(checkpoints)? {
        let numbered = name.strip_prefix("chk-");
        let is_checkpoint = numbered.is_some_and(|n| n.bytes().all(|byte| byte.is_ascii_digit()));
        if !is_checkpoint && !OF_A_JOB.contains(&name.as_str()) {
            return Err(not_own(&path, "no such thing belongs to checkpoints"));
        }
    }
    Ok(())
}

fn not_own(path: &Path, why: &str) -> StateError {
    StateError::misuse(format!(
        "'{}' is not of this job: {why}; nothing has been changed, name another directory",
        path.display()
    ))
}
