//! `alluvium inspect`: what is in a snapshot.

mod report;
mod table;

pub(super) use report::{value_json, value_text};

use super::pick::Pick;
use super::place::Place;
use super::progress::Progress;
use crate::args::InspectArgs;
use crate::output;
use alluvium::checkpoint::{
    DynamicEntry, Histogram, KeyedReader, OfflineOperator, OfflineSnapshot, OperatorStateView,
};
use alluvium::{Result, StateError};
use report::{EntryReport, KeyedReport, OperatorReport, OperatorStateReport, Report};

/// Shows the snapshot.
pub(crate) fn run(args: &InspectArgs) -> Result<()> {
    let report = Place::read(&args.path, &args.config.reading()?, |place, snapshot| {
        let pick = Pick(args.state.as_deref());
        pick.check(snapshot)?;
        let mut report = Report::new(place.locate(), snapshot.metadata());
        report.operators = operators(snapshot, args, pick)?;
        if args.key.is_some() && report.operators.is_empty() {
            return Err(no_such_key(snapshot, args));
        }
        Ok(report)
    })?;
    if args.json {
        return output::print_json(&report);
    }
    output::print(&table::show(&report, args))
}

fn operators(
    snapshot: &OfflineSnapshot,
    args: &InspectArgs,
    pick: Pick<'_>,
) -> Result<Vec<OperatorReport>> {
    let progress = Progress::counting("entries");
    let mut reports = Vec::new();
    for operator in snapshot.operators()? {
        let mut report = OperatorReport::new(&operator);
        for meta in operator.keyed_states() {
            if !pick.takes(operator.uid(), &meta.name) {
                continue;
            }
            progress.at(format!("{}/{}", operator.uid(), meta.name));
            let reader = operator.keyed(&meta.name)?;
            report.keyed.extend(match &args.key {
                Some(key) => of_key(reader, key)?,
                None => Some(whole(reader, args, &progress)?),
            });
        }
        if args.key.is_none() {
            let views = operator.operator_states().iter();
            let views = views.filter(|view| pick.takes(operator.uid(), &view.meta.name));
            let views = views.map(|view| operator_state(view, args));
            report.operator_states = views.collect::<Result<_>>()?;
        }
        let chosen = args.key.is_some() || args.state.is_some();
        if !chosen || !report.keyed.is_empty() || !report.operator_states.is_empty() {
            reports.push(report);
        }
    }
    Ok(reports)
}

/// All entries of a state; shown are the first, if it was asked for.
fn whole(mut reader: KeyedReader, args: &InspectArgs, progress: &Progress) -> Result<KeyedReport> {
    let types = reader.types().clone();
    let (mut histogram, mut entries) = (Histogram::default(), Vec::new());
    for entry in reader.entries() {
        let entry = entry?;
        progress.add(1);
        histogram.add(entry.group, entry.length());
        if args.state.is_some() && (entries.len() as u64) < args.limit {
            entries.push(EntryReport::new(
                &types,
                entry.group,
                &types.decode(&entry)?,
            ));
        }
    }
    let groups = reader.max_parallelism().get();
    let mut report = KeyedReport::new(&types, groups);
    report.count(&histogram, args.state.is_some());
    report.shown = args.state.is_some().then_some(entries);
    Ok(report)
}

/// What a key has; `None` if it is none of this state's.
fn of_key(mut reader: KeyedReader, text: &str) -> Result<Option<KeyedReport>> {
    let types = reader.types().clone();
    let Ok(key) = types.key().from_text(text) else {
        return Ok(None);
    };
    let group = types.key().group_of(&key, reader.max_parallelism())?;
    let found = reader.lookup(&key)?;
    let show = |entry: &DynamicEntry| EntryReport::new(&types, group, entry);
    let mut report = KeyedReport::new(&types, reader.max_parallelism().get());
    report.key_group = Some(group.0);
    report.shown = Some(found.iter().map(show).collect());
    Ok(Some(report))
}

fn operator_state(view: &OperatorStateView, args: &InspectArgs) -> Result<OperatorStateReport> {
    let mut report = OperatorStateReport::new(view);
    if args.state.is_some() {
        report.show(view, args.limit)?;
    }
    Ok(report)
}

/// Why the key is none of any state.
fn no_such_key(snapshot: &OfflineSnapshot, args: &InspectArgs) -> StateError {
    let pick = Pick(args.state.as_deref());
    let text = args.key.as_deref().unwrap_or_default();
    let why = |operator: OfflineOperator<'_>| {
        let mut states = operator.keyed_states().iter();
        let state = states.find(|state| pick.takes(operator.uid(), &state.name))?;
        let reader = operator.keyed(&state.name).ok()?;
        let error = reader.types().key().from_text(text).err()?;
        Some(format!("keys of '{}': {error}", operator.uid()))
    };
    let operators = snapshot.operators().unwrap_or_default();
    let reasons: Vec<_> = operators.into_iter().filter_map(why).collect();
    StateError::misuse(if reasons.is_empty() {
        "there is no keyed state to look into".to_owned()
    } else {
        format!("'{text}' is no key of any state: {}", reasons.join("; "))
    })
}
