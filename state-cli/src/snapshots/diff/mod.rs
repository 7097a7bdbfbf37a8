//! `alluvium diff`: what differs between two snapshots.

mod entries;
mod report;

use super::inspect::{value_json, value_text};
use super::place::Place;
use super::progress::Progress;
use super::schema;
use crate::args::DiffArgs;
use crate::output;
use alluvium::checkpoint::{
    KeyedEntry, KeyedReader, OfflineOperator, OfflineOptions, OfflineSnapshot, OperatorStateView,
    StateTypes,
};
use alluvium::{OperatorStateKind, RawKeyedState, Result};
use entries::{Side, compare};
use report::{EntryDiff, OperatorDiff, Report, StateDiff};
use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

/// Tells the differences; 1 if there are any.
pub(crate) fn run(args: &DiffArgs) -> Result<ExitCode> {
    let reading = args.config.reading()?;
    let report = Place::read(&args.a, &reading, |place_a, a| {
        Place::read(&args.b, &reading, |place_b, b| {
            let mut report = Report::new(place_a.locate(), place_b.locate());
            let mut diff = Diff {
                args,
                options: reading.options,
                progress: Progress::counting("entries"),
            };
            for uid in uids(a, b) {
                let sides = (of(a, &uid)?, of(b, &uid)?);
                report.operators.extend(diff.operators(uid, sides)?);
            }
            Ok(report)
        })
    })?;
    if args.json {
        output::print_json(&report)?;
    } else {
        output::print(&report.show())?;
    }
    Ok(ExitCode::from(u8::from(report.differs())))
}

fn uids(a: &OfflineSnapshot, b: &OfflineSnapshot) -> BTreeSet<String> {
    let operators = a.metadata().operators.iter().chain(&b.metadata().operators);
    operators.map(|operator| operator.uid.clone()).collect()
}

fn of<'s>(snapshot: &'s OfflineSnapshot, uid: &str) -> Result<Option<OfflineOperator<'s>>> {
    let there = snapshot.metadata().operator(uid);
    there
        .map(|operator| snapshot.operator(&operator.uid))
        .transpose()
}

struct Diff<'d> {
    args: &'d DiffArgs,
    options: OfflineOptions,
    progress: Progress,
}

type Sides<'s> = (Option<OfflineOperator<'s>>, Option<OfflineOperator<'s>>);

impl Diff<'_> {
    /// What differs between the operators; `None` if nothing does.
    fn operators(&mut self, uid: String, sides: Sides<'_>) -> Result<Option<OperatorDiff>> {
        let mut diff = OperatorDiff::new(uid);
        match sides {
            (Some(a), Some(b)) => {
                diff.note("parallelism", a.parallelism(), b.parallelism());
                let groups = (a.max_parallelism(), b.max_parallelism());
                diff.note("max parallelism", groups.0.get(), groups.1.get());
                let key = |one: &OfflineOperator<'_>| {
                    one.key_schema()
                        .map_or_else(|| "none".to_owned(), schema::show)
                };
                diff.note("key", key(&a), key(&b));
                let finished = |one: &OfflineOperator<'_>| one.metadata().is_finished();
                diff.note("finished", finished(&a), finished(&b));
                self.keyed(&a, &b, &mut diff)?;
                operator_states(&a, &b, &mut diff);
                raw(&a, &b, &mut diff);
            }
            (Some(_), None) => diff.only = Some('-'),
            (None, _) => diff.only = Some('+'),
        }
        Ok(diff.differs().then_some(diff))
    }

    fn keyed(
        &mut self,
        a: &OfflineOperator<'_>,
        b: &OfflineOperator<'_>,
        diff: &mut OperatorDiff,
    ) -> Result<()> {
        let states = a.keyed_states().iter().chain(b.keyed_states());
        let names: BTreeSet<_> = states.map(|state| state.name.as_str()).collect();
        for name in names {
            let find = |one: &OfflineOperator<'_>| {
                one.keyed_states()
                    .iter()
                    .find(|state| state.name == name)
                    .cloned()
            };
            let mut state = StateDiff::new(name);
            match (find(a), find(b)) {
                (Some(_), None) => state.only = Some('-'),
                (None, _) => state.only = Some('+'),
                (Some(left), Some(right)) if left != right || a.key_schema() != b.key_schema() => {
                    let difference = left.check_readable_as(&right).err();
                    let told = difference.map(|error| error.to_string());
                    state.note = Some(told.unwrap_or_else(|| "keys are of another type".into()));
                }
                (Some(_), Some(_)) => {
                    self.progress.at(format!("{}/{name}", a.uid()));
                    self.entries(a.keyed(name)?, b.keyed(name)?, &mut state)?;
                }
            }
            diff.add(state);
        }
        Ok(())
    }

    fn entries(&self, a: KeyedReader, b: KeyedReader, state: &mut StateDiff) -> Result<()> {
        let types = a.types().clone();
        let count = || self.progress.add(1);
        compare(a, b, self.options, count, |side| {
            let shown = match &side {
                Side::Removed(entry) | Side::Added(entry) => (entry, None),
                Side::Changed(before, after) => (before, Some(after)),
            };
            let counter = match side {
                Side::Removed(_) => &mut state.removed,
                Side::Added(_) => &mut state.added,
                Side::Changed(..) => &mut state.changed,
            };
            *counter += 1;
            if (state.entries.len() as u64) < self.args.limit {
                let (entry, after) = shown;
                state
                    .entries
                    .push(entry_diff(&types, side.sign(), entry, after)?);
            }
            Ok(())
        })
    }
}

fn operator_states(a: &OfflineOperator<'_>, b: &OfflineOperator<'_>, diff: &mut OperatorDiff) {
    let views = a.operator_states().iter().chain(b.operator_states());
    let broadcast = |view: &OperatorStateView| view.meta.kind == OperatorStateKind::Broadcast;
    let names: BTreeSet<_> = views
        .map(|view| (view.meta.name.as_str(), broadcast(view)))
        .collect();
    for (name, is_broadcast) in names {
        let find = |one: &OfflineOperator<'_>| {
            let mut views = one.operator_states().iter();
            let found =
                views.find(|view| view.meta.name == name && broadcast(view) == is_broadcast);
            found.cloned()
        };
        let mut state = StateDiff::new(name);
        match (find(a), find(b)) {
            (Some(_), None) => state.only = Some('-'),
            (None, _) => state.only = Some('+'),
            (Some(left), Some(right)) if left.meta != right.meta => {
                state.note = Some("it has another kind or type".into());
            }
            (Some(left), Some(right)) => {
                let (left, right) = (items(&left), items(&right));
                for (item, count) in &left {
                    state.removed += count.saturating_sub(right.get(item).copied().unwrap_or(0));
                }
                for (item, count) in &right {
                    state.added += count.saturating_sub(left.get(item).copied().unwrap_or(0));
                }
            }
        }
        diff.add(state);
    }
}

/// The elements or entries of all subtasks with how often they come, however they are dealt out; of
/// a broadcast map, which all subtasks have, one copy.
fn items(view: &OperatorStateView) -> BTreeMap<(Vec<u8>, Vec<u8>), u64> {
    let copies = match view.meta.kind {
        OperatorStateKind::Broadcast => 1,
        _ => usize::MAX,
    };
    let mut items = BTreeMap::new();
    for item in view.subtasks.iter().take(copies).flatten() {
        *items
            .entry((item.key.clone(), item.value.clone()))
            .or_default() += 1;
    }
    items
}

fn raw(a: &OfflineOperator<'_>, b: &OfflineOperator<'_>, diff: &mut OperatorDiff) {
    let keyed = |one: &OfflineOperator<'_>| {
        let groups = one.raw_keyed().iter().flat_map(RawKeyedState::iter);
        groups
            .map(|(group, bytes)| (group, bytes.to_vec()))
            .collect::<BTreeMap<_, _>>()
    };
    let partitions = |one: &OfflineOperator<'_>| {
        let all = one
            .raw_operator()
            .iter()
            .flat_map(|raw| raw.partitions.clone());
        all.collect::<Vec<_>>()
    };
    if keyed(a) != keyed(b) {
        diff.notes.push("raw keyed state differs".into());
    }
    if partitions(a) != partitions(b) {
        diff.notes.push("raw operator state differs".into());
    }
}

fn entry_diff(
    types: &StateTypes,
    sign: char,
    entry: &KeyedEntry,
    after: Option<&KeyedEntry>,
) -> Result<EntryDiff> {
    let before = types.decode(entry)?;
    let after = after.map(|after| types.decode(after)).transpose()?;
    let user_key = types.user_key().zip(before.user_key.as_ref());
    let mut name = types.key().show(&before.key).to_string();
    let has_namespace = types.namespace().schema() != &alluvium::Schema::Unit;
    if has_namespace {
        name = format!("{name} in {}", types.namespace().show(&before.namespace));
    }
    if let Some((of, user_key)) = user_key {
        name = format!("{name}, {}", of.show(user_key));
    }
    let mut text = format!("{name}: {}", value_text(types, &before));
    if let Some(after) = &after {
        text = format!("{text} → {}", value_text(types, after));
    }
    Ok(EntryDiff {
        sign,
        key: types.key().to_json(&before.key),
        namespace: has_namespace.then(|| types.namespace().to_json(&before.namespace)),
        user_key: user_key.map(|(of, user_key)| of.to_json(user_key)),
        value: value_json(types, &before),
        after: after.map(|after| value_json(types, &after)),
        text,
    })
}
