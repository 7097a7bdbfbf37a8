//! `alluvium run flights`: tables of carriers, routes and airframes from flight records.
//!
//! Lines of the input are read in splits, taken apart, and sent by key to three operators, which
//! keep a table each in keyed state. At the end of the input each of their subtasks emits its rows;
//! one sink for each table writes them, sorted. On the way, routes tell just ahead of every barrier
//! what they have gained since the one before, as update files. Everything that is written becomes
//! visible when a checkpoint covers it.
//!
//! | module | what it holds |
//! |---|---|
//! | `input`, `source`, `parse`, `record` | from the file to flights |
//! | `carriers`, `routes`, `airframes`, `counts` | the keyed operators |
//! | `table`, `output` | what is written, and where |
//! | `job`, `settings` | the dataflow, and what it is set to |
//! | `watch`, `summary`, `clock` | what people get to see |

mod airframes;
mod carriers;
mod clock;
mod counts;
mod input;
mod job;
mod output;
mod parse;
mod record;
mod routes;
mod settings;
mod source;
mod summary;
mod table;
mod watch;

use crate::args::FlightsArgs;
use crate::control::{Caught, Endpoint, Job, check_free};
use crate::output::{print, print_json, say};
use alluvium::checkpoint::JobEnd;
use alluvium::{ErrorKind, Result, StateError};
use alluvium_state_tests::executor::random_bytes;
use input::Input;
use std::process::ExitCode;
use std::sync::Arc;
use summary::{Run, Summary};
use watch::Watch;

/// Runs the job to its end, or until a signal suspends it.
pub(crate) fn run(args: &FlightsArgs) -> Result<ExitCode> {
    let start = clock::now();
    let path = match &args.input {
        Some(path) => path.clone(),
        None => input::default_path()?,
    };
    let settings = match settings::resolve(args) {
        Err(error) if settings::are_arguments_wrong(args) => {
            return Ok(crate::fail(&error, crate::USAGE));
        }
        settings => settings?,
    };
    let input = Input::load(&path, args.max_input_mib << 20, args.skip_bad_lines)?;
    let input = Arc::new(input);
    let records = input.lines().checked_mul(args.repeat).ok_or_else(|| {
        StateError::misuse(format!(
            "--repeat {} makes more records than can be counted",
            args.repeat
        ))
    })?;
    check_free(&args.job_id, settings.checkpoint_dir.as_ref(), &args.output)?;
    let found = output::own::prepare(args, &settings)?;
    let mut environment = job::build(args, &settings, &input, found)?;
    let watch = Watch::new(records);
    environment.set_listener(watch.clone());
    let endpoint = Endpoint::bind(args.control.port)?;
    say(&format_args!(
        "control endpoint: http://{}",
        endpoint.address()
    ));
    let job = environment.start()?;
    let caught = Caught::default();
    let serving = endpoint.serve(Job {
        control: job.control(),
        settings: settings.clone(),
        output: args.output.clone(),
        caught: caught.clone(),
        now: clock::millis,
        random: random_bytes,
    });
    if serving.is_err() {
        job.cancel();
    }
    let report = job.wait();
    let serving = serving?;
    let checkpoints = watch.finish();
    let run = Run {
        args,
        input: &input,
        path: &path,
        settings: &settings,
    };
    let told = report.and_then(|report| {
        tell(
            &Summary::new(&run, &report, checkpoints, start.elapsed()),
            args,
        )
    });
    serving.finish();
    match (told, caught.exit_code()) {
        (Err(error), Some(code)) if error.kind() == ErrorKind::Cancelled => {
            let then = if settings.checkpoints.retention.retains(JobEnd::Suspended) {
                "started again, it goes on from its last checkpoint"
            } else {
                "its checkpoints were deleted, as its retention says"
            };
            say(&format_args!("alluvium: {error}; {then}"));
            Ok(ExitCode::from(code))
        }
        (told, _) => told.map(|()| ExitCode::SUCCESS),
    }
}

fn tell(summary: &Summary, args: &FlightsArgs) -> Result<()> {
    if args.json {
        print_json(summary)
    } else {
        print(&summary.to_table())
    }
}

/// What an operator registered when it was opened.
#[inline]
fn states<S>(states: Option<S>) -> Result<S> {
    states.ok_or_else(|| StateError::misuse("a record came before the states were registered"))
}
