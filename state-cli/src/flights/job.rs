//! The dataflow.

use super::airframes::{self, Airframes};
use super::carriers::{self, Carriers};
use super::input::Input;
use super::output::files;
use super::output::own::Found;
use super::parse::{CrashAfter, Parse, Reading};
use super::record::Flight;
use super::routes::{self, Emitted, Routes, write_update};
use super::source::Lines;
use super::table::{Item, TableSink};
use crate::args::FlightsArgs;
use alluvium::Result;
use alluvium::config::Resolved;
use alluvium_state_tests::executor::{Environment, FileSink, Stream};
use std::path::Path;
use std::sync::Arc;

/// The name of the job.
pub(super) const JOB: &str = "flights";

/// Puts the job together, for what was found in its output directory.
pub(super) fn build(
    args: &FlightsArgs,
    settings: &Resolved,
    input: &Arc<Input>,
    found: Found,
) -> Result<Environment> {
    let mut environment = Environment::new(JOB);
    environment.configure(settings)?.set_job_id(&args.job_id);
    if let Some(rate) = args.rate {
        environment.set_rate(rate);
    }
    if args.fresh {
        environment.start_fresh();
    }
    let flights = flights(&environment, args, input);
    let output = &args.output;
    carriers(&flights, output, found.moved);
    routes(&flights, output, found);
    airframes(&flights, output, found.moved);
    Ok(environment)
}

/// All flights, in any order.
fn flights(environment: &Environment, args: &FlightsArgs, input: &Arc<Input>) -> Stream<Flight> {
    let repeat = args.repeat;
    let reading = Reading::new(input, repeat);
    let crash_after = args.crash_after.map(CrashAfter::new).map(Arc::new);
    let skip_bad_lines = args.skip_bad_lines;
    let lines = environment
        .source(Lines {
            input: Arc::clone(input),
            repeat,
        })
        .uid("lines");
    let input = Arc::clone(input);
    lines
        .process(move || Parse {
            input: Arc::clone(&input),
            reading,
            skip_bad_lines,
            crash_after: crash_after.clone(),
        })
        .uid("parse")
}

fn carriers(flights: &Stream<Flight>, output: &Path, moved: bool) {
    let rows = flights
        .key_by(|flight| flight.carrier)
        .process(Carriers::default)
        .uid("carriers");
    let sink = TableSink::new(output, files::CARRIERS, carriers::HEADER).with_new_directory(moved);
    table(&rows, "carriers-table", sink);
}

fn routes(flights: &Stream<Flight>, output: &Path, found: Found) {
    let emitted = flights
        .key_by(|flight| (flight.origin, flight.destination))
        .process(Routes::default)
        .uid("routes");
    let updates = output.join(files::UPDATES);
    emitted
        .flat_map(|emitted| match emitted {
            Emitted::Gained(route, gained) => Some((route, gained)),
            Emitted::Table(_) => None,
        })
        .two_phase_sink(move || {
            FileSink::new(&updates, files::UPDATE, write_update)
                .with_header(routes::UPDATES_HEADER)
                .with_new_directory(found.moved)
                .with_replacement(found.replaced)
        })
        .uid("updates");
    let rows = emitted.flat_map(|emitted| match emitted {
        Emitted::Table(item) => Some(item),
        Emitted::Gained(..) => None,
    });
    let sink =
        TableSink::new(output, files::ROUTES, routes::HEADER).with_new_directory(found.moved);
    table(&rows, "routes-table", sink);
}

fn airframes(flights: &Stream<Flight>, output: &Path, moved: bool) {
    let rows = flights
        .filter(|flight| flight.tail != [0; 8])
        .key_by(|flight| flight.tail)
        .process(Airframes::default)
        .uid("airframes");
    let sink =
        TableSink::new(output, files::AIRFRAMES, airframes::HEADER).with_new_directory(moved);
    table(&rows, "airframes-table", sink);
}

/// One subtask gathers all rows.
fn table(rows: &Stream<Item>, uid: &str, sink: TableSink) {
    rows.two_phase_sink(move || sink.clone())
        .uid(uid)
        .parallelism(1);
}
