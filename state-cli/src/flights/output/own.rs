//! Which files are the job's own, and starting over.

use super::files;
use crate::args::FlightsArgs;
use crate::flights::{airframes, carriers, routes};
use alluvium::checkpoint::storage::StorageOptions;
use alluvium::checkpoint::{CheckpointStore, JobId, OwnerId, Storage, StoreOptions, inspect};
use alluvium::config::{Location, Resolved, options};
use alluvium::{Result, StateError};
use alluvium_state_tests::executor::FileSink;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

const TABLES: [(&str, &str); 3] = [
    (files::CARRIERS, carriers::HEADER),
    (files::ROUTES, routes::HEADER),
    (files::AIRFRAMES, airframes::HEADER),
];

/// What stands in the folder of a job's checkpoints beside them.
const OF_A_JOB: [&str; 4] = ["log", "shared", "taskowned", "control.json"];

/// Makes sure that the run may use its directories: whatever bears the name of one of its files is
/// one of its files. With `--fresh`, what earlier runs have left is put away; without it and without
/// a checkpoint to go on from, there must be no updates of an earlier run.
///
/// Everything is looked at before anything is changed.
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
    let Some(root) = &settings.checkpoint_dir else {
        return Ok(());
    };
    let Some(root) = root.local_path() else {
        let remote = Remote {
            root,
            options: &settings.storage,
            job: JobId::new(&args.job_id)?,
        };
        return remote.prepare(args.fresh, left, &updates);
    };
    let checkpoints = root.join(&args.job_id);
    if args.fresh {
        check_checkpoints(&checkpoints)?;
        // Checkpoints first: should the process die in between, what is left is refused below.
        put_away(&checkpoints, &args.job_id)?;
        return put_away(&updates, files::UPDATES);
    }
    if left && !files::exists(&checkpoints)? {
        return Err(no_checkpoint_of(&updates, &checkpoints.into()));
    }
    Ok(())
}

/// A store that is no local directory.
struct Remote<'a> {
    root: &'a Location,
    options: &'a StorageOptions,
    job: JobId,
}

impl Remote<'_> {
    fn prepare(self, fresh: bool, left: bool, updates: &Path) -> Result<()> {
        if fresh {
            // Checkpoints first, as above: from here on, none of the earlier ones counts.
            self.begin_anew()?;
            return put_away(updates, files::UPDATES);
        }
        if left {
            let found = inspect(self.open()?, &self.job)?;
            if found.is_none_or(|found| found.checkpoints.is_empty()) {
                let checkpoints = self.root.join(self.job.as_str());
                return Err(no_checkpoint_of(updates, &checkpoints));
            }
        }
        Ok(())
    }

    fn open(&self) -> Result<Arc<dyn Storage>> {
        let root = self.root;
        root.open(self.options).map_err(|error| {
            error.context(format_args!(
                "the checkpoint directory '{root}' ('{}')",
                options::CHECKPOINT_DIR.key()
            ))
        })
    }

    fn begin_anew(&self) -> Result<()> {
        let mut owner = [0; 16];
        getrandom::fill(&mut owner).map_err(|error| {
            StateError::storage(format!("no random bytes can be had for an owner: {error}"))
        })?;
        let options = StoreOptions::fresh();
        let (mut store, _) =
            CheckpointStore::open(self.open()?, self.job.clone(), OwnerId(owner), options)?;
        store.sweep().map(drop)
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

/// Takes a folder out of sight in one step, then removes it.
fn put_away(folder: &Path, name: &str) -> Result<()> {
    let aside = folder.with_file_name(format!(".{name}-replaced"));
    remove_folder(&aside)?;
    match fs::rename(folder, &aside) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        renamed => renamed.map_err(|error| files::failed("rename", folder, error))?,
    }
    files::sync_directory(files::parent(folder))?;
    remove_folder(&aside)
}

fn remove_folder(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(files::failed("remove", folder, error))
        }
        _ => Ok(()),
    }
}
