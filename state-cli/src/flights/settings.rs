//! What the job is set to: its options win over `-D`, those over the file, and that over the job's
//! own defaults.

use crate::args::FlightsArgs;
use alluvium::config::{
    ClaimMode, ConfigOption, Configuration, Location, Resolved, Setting, options,
};
use alluvium::{Result, StateError};
use std::path::Path;
use std::time::Duration;

/// The greatest parallelism for which nobody has to say the number of key groups: a job that begins has
/// at least as many, and one that goes on keeps those it has.
const KEY_GROUPS: u32 = 128;
const INTERVAL: Duration = Duration::from_secs(1);

/// # Errors
/// `Misuse` for what is wrong with the configuration, `Storage` if its file cannot be read.
pub(super) fn resolve(args: &FlightsArgs) -> Result<Resolved> {
    resolve_in(args.config.read()?, args)
}

/// Whether the command line makes no sense whatever the file says.
pub(super) fn are_arguments_wrong(args: &FlightsArgs) -> bool {
    let alone = args.config.defined().and_then(|set| resolve_in(set, args));
    alone.is_err()
}

fn resolve_in(set: Configuration, args: &FlightsArgs) -> Result<Resolved> {
    let set = given(
        set,
        &options::PARALLELISM,
        args.parallelism,
        "--parallelism",
    )?;
    let set = given(
        set,
        &options::MAX_PARALLELISM,
        args.max_parallelism,
        "--max-parallelism",
    )?;
    let set = given(set, &options::STATE_BACKEND, args.backend, "--backend")?;
    let directory = args.checkpoint_dir.clone();
    let set = given(set, &options::CHECKPOINT_DIR, directory, "--checkpoint-dir")?;
    let control = &args.control;
    let directory = control.savepoint_dir.clone();
    let set = given(set, &options::SAVEPOINT_DIR, directory, "--savepoint-dir")?;
    let path = control.from_savepoint.clone();
    let set = given(set, &options::RECOVERY_PATH, path, "--from-savepoint")?;
    let claim = control.claim.then_some(ClaimMode::Claim);
    let set = given(set, &options::CLAIM_MODE, claim, "--claim")?;
    let ignore = control.allow_non_restored_state.then_some(true);
    let set = given(
        set,
        &options::IGNORE_UNCLAIMED_STATE,
        ignore,
        "--allow-non-restored-state",
    )?;
    check_start(&set, args)?;
    let interval = args.checkpoint_interval;
    let set = given(set, &options::INTERVAL, interval, "--checkpoint-interval")?;
    let set = set.with_default(&options::INTERVAL, INTERVAL)?;
    let set = if set.is_set(&options::CHECKPOINT_DIR) {
        set
    } else {
        set.with_default(&options::CHECKPOINT_DIR, checkpoints_in(&args.output)?)?
    };
    let set = if set.get(&options::PARALLELISM) > KEY_GROUPS {
        set.with_default(&options::MAX_PARALLELISM, KEY_GROUPS)?
    } else {
        set
    };
    let groups = set.get(&options::MAX_PARALLELISM).unwrap_or(KEY_GROUPS);
    set.with_default(&options::PARALLELISM, cores().min(groups))?
        .resolve()
}

/// What says how to start from a snapshot needs one.
fn check_start(set: &Configuration, args: &FlightsArgs) -> Result<()> {
    let control = &args.control;
    let given = [
        (control.claim, "--claim"),
        (
            control.allow_non_restored_state,
            "--allow-non-restored-state",
        ),
    ];
    let given = given.into_iter().find(|(given, _)| *given);
    match (given, set.get(&options::RECOVERY_PATH)) {
        (Some((_, name)), None) => Err(StateError::misuse(format!(
            "{name} says how to start from a savepoint: expected one in --from-savepoint or \
             'execution.state-recovery.path', found none"
        ))),
        _ => Ok(()),
    }
}

/// With an option of the command line, if it was given.
fn given<T: Setting>(
    configuration: Configuration,
    option: &ConfigOption<T>,
    value: Option<impl Into<T::Value>>,
    name: &str,
) -> Result<Configuration> {
    match value {
        Some(value) => configuration.with_named(option, value, name),
        None => Ok(configuration),
    }
}

fn checkpoints_in(output: &Path) -> Result<Location> {
    let directory = output.join("checkpoints");
    let text = directory.to_str().ok_or_else(|| {
        StateError::misuse(format!(
            "--output '{}' is not UTF-8 text: give --checkpoint-dir too",
            output.display()
        ))
    })?;
    Location::new(text).map_err(|error| error.context("--output"))
}

fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32)
}
