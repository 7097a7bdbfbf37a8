//! `alluvium verify`: whether everything is there and sound.

use super::place::Place;
use super::progress::Progress;
use crate::args::VerifyArgs;
use crate::output;
use alluvium::Result;
use alluvium::checkpoint::{OfflineOperator, OfflineSnapshot};
use comfy_table::{Table, presets};
use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;
use std::process::ExitCode;

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    sound: bool,
    snapshots: Vec<SnapshotReport>,
}

#[derive(Debug, Serialize)]
struct SnapshotReport {
    path: String,
    checkpoint: Option<u64>,
    /// Files beside the metadata, and their bytes.
    files: u64,
    bytes: u64,
    entries: u64,
    /// What is wrong, one sentence each: file, offset, cause.
    problems: Vec<String>,
}

/// Checks the snapshot, or all that are published.
pub(crate) fn run(args: &VerifyArgs) -> Result<ExitCode> {
    let progress = Progress::counting("entries");
    let places = Place::search(&args.path, &args.config.storage()?)?.into_iter();
    let snapshots: Vec<_> = places
        .flat_map(|(_, places)| places)
        .map(|place| check(&place, &progress))
        .collect();
    drop(progress);
    let sound = snapshots
        .iter()
        .all(|snapshot| snapshot.problems.is_empty());
    let report = Report { sound, snapshots };
    if args.json {
        output::print_json(&report)?;
    } else {
        output::print(&show(&report))?;
    }
    Ok(if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn check(place: &Place, progress: &Progress) -> SnapshotReport {
    let mut report = SnapshotReport {
        path: place.locate(),
        checkpoint: None,
        files: 0,
        bytes: 0,
        entries: 0,
        problems: Vec::new(),
    };
    progress.at(report.path.clone());
    match place.open() {
        Ok(snapshot) => report.add_snapshot(&snapshot, progress),
        Err(error) => report.problems.push(error.to_string()),
    }
    report
}

impl SnapshotReport {
    fn add_snapshot(&mut self, snapshot: &OfflineSnapshot, progress: &Progress) {
        self.checkpoint = Some(snapshot.metadata().checkpoint.0);
        let stored = snapshot.stored();
        for file in stored.file_refs() {
            let place = stored.files().locate(&file);
            progress.at(place);
            self.files += 1;
            self.bytes += file.length;
            if let Err(error) = stored.files().scan(&file, |_| Ok(())) {
                self.problems.push(error.to_string());
            }
        }
        if !self.problems.is_empty() {
            // Reading on would only say the same of their parts.
            return;
        }
        for operator in &snapshot.metadata().operators {
            match snapshot.operator(&operator.uid) {
                Ok(operator) => self.add_operator(&operator, progress),
                Err(error) => self.problems.push(error.to_string()),
            }
        }
    }

    fn add_operator(&mut self, operator: &OfflineOperator<'_>, progress: &Progress) {
        for state in operator.keyed_states() {
            let mut reader = match operator.keyed(&state.name) {
                Ok(reader) => reader,
                Err(error) => {
                    self.problems.push(error.to_string());
                    continue;
                }
            };
            // The first damaged entry ends a state: what comes after it cannot be trusted.
            let mut entries = reader.dynamic();
            let problem = entries.find_map(|entry| {
                progress.add(1);
                self.entries += 1;
                entry.err()
            });
            self.problems.extend(problem.map(|error| error.to_string()));
        }
        for view in operator.operator_states() {
            for subtask in 0..view.subtasks.len() {
                if let Err(error) = view.dynamic(subtask) {
                    let place = format!("operator '{}', subtask {subtask}", operator.uid());
                    self.problems.push(format!("{place}: {error}"));
                }
            }
        }
    }
}

fn show(report: &Report) -> String {
    let mut table = Table::new();
    let header = [
        "snapshot",
        "checkpoint",
        "files",
        "bytes",
        "entries",
        "verdict",
    ];
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_header(header);
    for snapshot in &report.snapshots {
        let checkpoint = snapshot
            .checkpoint
            .map_or_else(String::new, |id| id.to_string());
        let verdict = match snapshot.problems.len() {
            0 => "sound".to_owned(),
            1 => "1 problem".to_owned(),
            more => format!("{more} problems"),
        };
        let entries = HumanCount(snapshot.entries).to_string();
        let files = HumanCount(snapshot.files).to_string();
        let bytes = HumanBytes(snapshot.bytes).to_string();
        table.add_row([
            snapshot.path.clone(),
            checkpoint,
            files,
            bytes,
            entries,
            verdict,
        ]);
    }
    let mut out = table.to_string();
    for problem in report
        .snapshots
        .iter()
        .flat_map(|snapshot| &snapshot.problems)
    {
        out.push_str("\nproblem: ");
        out.push_str(problem);
    }
    out
}
