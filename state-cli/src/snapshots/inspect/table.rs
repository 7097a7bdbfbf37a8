//! What people get to see.

use super::report::{KeyedReport, OperatorStateReport, Report};
use crate::args::InspectArgs;
use comfy_table::{CellAlignment, Table, presets};
use indicatif::{HumanBytes, HumanCount};
use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

/// The greatest width of a shown value, in chars.
const WIDTH: usize = 160;
/// The length of the longest bar.
const BAR: usize = 40;

pub(super) fn show(report: &Report, args: &InspectArgs) -> String {
    let mut out = head(report);
    if args.state.is_none() && args.key.is_none() {
        let _infallible = write!(out, "\n{}", overview(report));
        return out;
    }
    for operator in &report.operators {
        for state in &operator.keyed {
            let _infallible = write!(out, "\n{}/{}", operator.uid, keyed(state));
        }
        for state in &operator.operator_states {
            let _infallible = write!(out, "\n{}/{}", operator.uid, operator_state(state));
        }
    }
    out
}

fn head(report: &Report) -> String {
    let end = if report.is_final {
        ", after the end of all input"
    } else {
        ""
    };
    format!(
        "checkpoint {} of job '{}' (id {}), taken {}{end}\n{}\n",
        report.checkpoint,
        report.job_name,
        report.job_id,
        time(report.timestamp),
        report.path
    )
}

fn time(millis: u64) -> String {
    match UNIX_EPOCH.checked_add(Duration::from_millis(millis)) {
        // Beyond it the calendar of the crate ends.
        Some(time) if millis < 253_402_300_800_000 => {
            humantime::format_rfc3339_millis(time).to_string()
        }
        _ => format!("{millis} ms after 1970"),
    }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_header(header.to_vec());
    table
}

fn right_align(table: &mut Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// One row a state, and one for each operator without any.
fn overview(report: &Report) -> Table {
    let mut table = table(&[
        "operator", "subtasks", "groups", "state", "kind", "type", "entries", "bytes",
    ]);
    for operator in &report.operators {
        let mut name = [
            operator.uid.clone(),
            operator.parallelism.to_string(),
            operator.max_parallelism.to_string(),
        ];
        let mut row = |state: &str, kind: &str, of: String, entries: String, bytes: u64| {
            let mut cells = std::mem::take(&mut name).to_vec();
            cells.extend([state.to_owned(), kind.to_owned(), of, entries]);
            cells.push(HumanBytes(bytes).to_string());
            table.add_row(cells);
        };
        for state in &operator.keyed {
            let entries = HumanCount(state.entries.unwrap_or(0)).to_string();
            row(
                &state.name,
                &state.kind,
                shape(state),
                entries,
                state.bytes.unwrap_or(0),
            );
        }
        for state in &operator.operator_states {
            let of = match &state.key {
                Some(key) => format!("{key} → {}", state.value),
                None => state.value.clone(),
            };
            let items = HumanCount(state.items.iter().sum::<usize>() as u64).to_string();
            row(&state.name, &state.kind, cut(&of), items, state.bytes);
        }
        for (kind, bytes) in [
            ("raw keyed", operator.raw_keyed_bytes),
            ("raw operator", operator.raw_operator_bytes),
        ] {
            if bytes > 0 {
                row("", kind, String::new(), String::new(), bytes);
            }
        }
        if !name.iter().all(String::is_empty) {
            let [uid, parallelism, groups] = name;
            table.add_row([uid, parallelism, groups]);
        }
    }
    right_align(&mut table, &[1, 2, 6, 7]);
    table
}

/// `key [namespace, user key] → value`.
fn shape(state: &KeyedReport) -> String {
    let mut shape = state.key.clone();
    if let Some(namespace) = &state.namespace {
        let _infallible = write!(shape, " in {namespace}");
    }
    if let Some(user_key) = &state.user_key {
        let _infallible = write!(shape, ", {user_key}");
    }
    cut(&format!("{shape} → {}", state.value))
}

fn keyed(state: &KeyedReport) -> String {
    let mut out = format!(
        "{}: {} state\n  key        {}\n",
        state.name, state.kind, state.key
    );
    let parts = [
        ("namespace", &state.namespace),
        ("user key", &state.user_key),
    ];
    for (name, part) in parts {
        if let Some(part) = part {
            let _infallible = writeln!(out, "  {name:<9}  {part}");
        }
    }
    let _infallible = writeln!(out, "  value      {}", state.value);
    if let (Some(entries), Some(bytes)) = (state.entries, state.bytes) {
        let (entries, bytes) = (HumanCount(entries), HumanBytes(bytes));
        let _infallible = writeln!(out, "  holds      {entries} entries, {bytes}");
    }
    if let Some(group) = state.key_group {
        let _infallible = writeln!(out, "  key group  {group}");
    }
    if state.entries.is_some_and(|entries| entries > 0) {
        let _infallible = writeln!(out, "\n{}", histogram(state));
    }
    let entries = state.shown.as_deref().unwrap_or_default();
    if entries.is_empty() {
        if state.key_group.is_some() {
            out.push_str("\nThe key has nothing in this state.\n");
        }
        return out;
    }
    let mut columns = vec!["group", "key"];
    let has_namespace = state.namespace.is_some();
    let has_user_key = state.user_key.is_some();
    columns.extend(has_namespace.then_some("namespace"));
    columns.extend(has_user_key.then_some("user key"));
    columns.push("value");
    let mut table = table(&columns);
    for entry in entries {
        let [key, namespace, user_key, value] = &entry.text;
        let mut row = vec![entry.group.to_string(), cut(key)];
        row.extend(has_namespace.then(|| cut(namespace)));
        row.extend(has_user_key.then(|| cut(user_key)));
        row.push(cut(value));
        table.add_row(row);
    }
    right_align(&mut table, &[0]);
    let _infallible = writeln!(out, "{table}");
    let more = state
        .entries
        .unwrap_or(0)
        .saturating_sub(entries.len() as u64);
    if more > 0 {
        let _infallible = writeln!(out, "and {} more: see --limit", HumanCount(more));
    }
    out
}

fn histogram(state: &KeyedReport) -> Table {
    let mut table = table(&["from group", "entries", "bytes", ""]);
    let most = state
        .runs
        .iter()
        .map(|run| run.entries)
        .max()
        .unwrap_or(0)
        .max(1);
    for run in &state.runs {
        let length = (run.entries as f64 / most as f64 * BAR as f64).ceil() as usize;
        table.add_row([
            run.group.to_string(),
            HumanCount(run.entries).to_string(),
            HumanBytes(run.bytes).to_string(),
            "█".repeat(length),
        ]);
    }
    right_align(&mut table, &[0, 1, 2]);
    table
}

fn operator_state(state: &OperatorStateReport) -> String {
    let mut out = format!("{}: {} state\n", state.name, state.kind);
    if let Some(key) = &state.key {
        let _infallible = writeln!(out, "  key        {key}");
    }
    let items: Vec<_> = state.items.iter().map(usize::to_string).collect();
    let _infallible = writeln!(
        out,
        "  value      {}\n  holds      {} in the subtasks, {}\n",
        state.value,
        items.join(", "),
        HumanBytes(state.bytes)
    );
    let mut table = table(&["subtask", "key", "value"]);
    for item in state.shown.as_deref().unwrap_or_default() {
        let [key, value] = &item.text;
        table.add_row([item.subtask.to_string(), cut(key), cut(value)]);
    }
    right_align(&mut table, &[0]);
    let _infallible = writeln!(out, "{table}");
    out
}

/// The start of a long text.
fn cut(text: &str) -> String {
    if text.chars().count() <= WIDTH {
        return text.to_owned();
    }
    let mut start: String = text.chars().take(WIDTH - 1).collect();
    start.push('…');
    start
}
