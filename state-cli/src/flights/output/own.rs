//! Which files are the job's own.

use super::files;
use crate::args::FlightsArgs;
use crate::flights::{airframes, carriers, routes};
use crate::paths::resolved;
use alluvium::checkpoint::storage::StorageOptions;
use alluvium::checkpoint::{Inspection, JobId, inspect};
use alluvium::config::{Location, Resolved, options};
use alluvium::{CheckpointId, Result, StateError};
use alluvium_state_tests::executor::FileSink;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

const TABLES: [(&str, &str); 3] = [
    (files::CARRIERS, carriers::HEADER),
    (files::ROUTES, routes::HEADER),
    (files::AIRFRAMES, airframes::HEADER),
];

/// What stands in the folder of a job's checkpoints beside them.
const OF_A_JOB: [&str; 4] = ["log", "shared", "taskowned", "control.json"];

/// What an earlier run has put out.
#[derive(Default)]
struct Left {
    tables: Vec<PathBuf>,
    /// The newest checkpoint that updates were committed with.
    updates: Option<CheckpointId>,
}

/// What a run does with what it finds in its output directory.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::flights) struct Found {
    /// Whether the job takes back the updates that are there, once all of it is open.
    pub(in crate::flights) replaced: bool,
    /// Whether what is due may lie elsewhere: the job starts from a snapshot that it was told, and may
    /// go on in another directory.
    pub(in crate::flights) moved: bool,
}

/// Makes sure that the run may use its directories: whatever bears the name of one of its files is
/// one of its files, as it begins with the header of such files. Tables and updates of an earlier run
/// may be there if the job has a checkpoint to go on from, or with `--fresh`, or if it was killed
/// after it was started over, or from a snapshot, and before it had a checkpoint again. Nothing is
/// changed here.
pub(in crate::flights) fn prepare(args: &FlightsArgs, settings: &Resolved) -> Result<Found> {
    if args.output.exists() && !args.output.is_dir() {
        let output = args.output.display();
        let error = format!("the output '{output}' ('--output') must be a directory, found a file");
        return Err(StateError::misuse(error));
    }
    let root = settings.checkpoint_dir.as_ref();
    let local = root.and_then(Location::local_path);
    let local = local.map(|root| root.join(&args.job_id));
    if let Some(checkpoints) = &local {
        check_apart(checkpoints, &args.output)?;
    }
    let updates = args.output.join(files::UPDATES);
    let mut left = Left::default();
    for (name, header) in TABLES {
        let path = args.output.join(files::table(name));
        if is_there(&path, header)? {
            left.tables.push(path);
        }
    }
    left.updates = check_updates(&updates)?;
    if args.fresh {
        for directory in [&args.output, &updates] {
            check_writable(directory)?;
        }
    }
    let told = Found {
        replaced: args.fresh,
        moved: settings.recovery.path.is_some(),
    };
    let Some(root) = root else {
        return Ok(told);
    };
    if args.fresh {
        local.map_or(Ok(()), |checkpoints| check_checkpoints(&checkpoints))?;
        return Ok(told);
    }
    let is_missing = match &local {
        Some(checkpoints) => !files::exists(checkpoints)?,
        None => false,
    };
    let found = if is_missing {
        None
    } else {
        inspect_in(root, &settings.storage, &args.job_id)?
    };
    // Tables are written at the very end: too late to learn that they cannot be.
    if found.as_ref().is_none_or(|found| !found.finished) {
        check_writable(&args.output)?;
    }
    let explains = |found: &Inspection| {
        // What it was to replace then, or to go back in, is what it has put out before.
        let begins = found.started_over || found.origin.is_some();
        !found.checkpoints.is_empty() || begins && left.is_before(found.next_checkpoint)
    };
    match (&found, left.first(&updates)) {
        (Some(found), left) if left.is_none() || explains(found) => Ok(Found {
            replaced: found.started_over,
            moved: told.moved || found.origin.is_some(),
        }),
        (_, None) => Ok(told),
        (_, Some(path)) => Err(no_checkpoint_of(path, &root.join(&args.job_id))),
    }
}

impl Left {
    /// One of them, if there is any.
    fn first<'a>(&'a self, updates: &'a Path) -> Option<&'a Path> {
        let updates = self.updates.map(|_| updates);
        updates.or_else(|| self.tables.first().map(PathBuf::as_path))
    }

    /// Whether all updates were committed with checkpoints below this.
    fn is_before(&self, next: CheckpointId) -> bool {
        self.updates.is_none_or(|newest| newest < next)
    }
}

/// What the log of a job says, if it has one.
fn inspect_in(root: &Location, storage: &StorageOptions, job: &str) -> Result<Option<Inspection>> {
    let storage = root.open(storage).map_err(|error| {
        error.context(format_args!(
            "the checkpoint directory '{root}' ('{}')",
            options::CHECKPOINT_DIR.key()
        ))
    })?;
    inspect(storage, &JobId::new(job)?)
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

fn no_checkpoint_of(path: &Path, checkpoints: &Location) -> StateError {
    let what = if path.ends_with(files::UPDATES) {
        "holds updates"
    } else {
        "is a table"
    };
    StateError::misuse(format!(
        "'{}' {what} of an earlier run, and there is no checkpoint of it in '{checkpoints}': name \
         its --checkpoint-dir and --job-id, or start over with --fresh",
        path.display()
    ))
}

/// Whether there is a file of this name; it must begin with the header.
fn is_there(path: &Path, header: &str) -> Result<bool> {
    let cannot = |error| files::failed("read", path, error);
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        file => file.map_err(cannot)?,
    };
    let mut begin = Vec::new();
    file.take(header.len() as u64)
        .read_to_end(&mut begin)
        .map_err(cannot)?;
    if begin == header.as_bytes() {
        return Ok(true);
    }
    Err(not_own(
        path,
        &format!("it does not begin with '{}'", header.trim_end()),
    ))
}

/// The newest checkpoint that there are committed updates of; an error if there is anything else.
fn check_updates(updates: &Path) -> Result<Option<CheckpointId>> {
    let mut newest = None;
    for (name, path) in files::list(updates)? {
        if !FileSink::<()>::is_own_name(files::UPDATE, &name) {
            return Err(not_own(&path, "updates have other names"));
        }
        let committed_with = FileSink::<()>::committed_with(files::UPDATE, &name);
        if committed_with.is_some() {
            is_there(&path, routes::UPDATES_HEADER)?;
            newest = newest.max(committed_with);
        }
    }
    Ok(newest)
}

/// The folder of a job's checkpoints lies nowhere where its output goes.
fn check_apart(checkpoints: &Path, output: &Path) -> Result<()> {
    let folder = resolved(checkpoints);
    let tables = TABLES.map(|(name, _)| files::table(name));
    let taken = tables.iter().map(String::as_str).chain([files::UPDATES]);
    for name in taken {
        if folder.starts_with(resolved(&output.join(name))) {
            return Err(StateError::misuse(format!(
                "the checkpoints would lie in '{}' ('{}' and --job-id), where the output '{name}' goes: \
                 name another directory",
                checkpoints.display(),
                options::CHECKPOINT_DIR.key()
            )));
        }
    }
    Ok(())
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
