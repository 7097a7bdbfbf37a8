//! `alluvium verify`: whether everything is there and sound.

use super::place::{Found, Place};
use super::progress::Progress;
use crate::args::{Reading, VerifyArgs};
use crate::output::{self, counted};
use alluvium::checkpoint::{
    JobId, OfflineOperator, OfflineOptions, OfflineSnapshot, Storage, check_log, read_published,
};
use alluvium::config::options::VERIFIED_LOG_ENTRIES;
use alluvium::{Result, StateError};
use comfy_table::{Table, presets};
use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;
use std::process::ExitCode;
use std::sync::Arc;

/// What `--json` prints.
#[derive(Debug, Default, Serialize)]
struct Report {
    sound: bool,
    /// The publication logs of jobs.
    logs: Vec<LogReport>,
    snapshots: Vec<SnapshotReport>,
}

#[derive(Debug, Serialize)]
struct LogReport {
    path: String,
    /// How many were read: as many as a start of the job reads.
    entries: u64,
    /// What is wrong, one sentence each.
    problems: Vec<String>,
}

#[derive(Debug, Serialize)]
struct SnapshotReport {
    path: String,
    checkpoint: Option<u64>,
    /// Files beside the metadata, and their bytes.
    files: u64,
    bytes: u64,
    entries: u64,
    /// Whether its job, which runs, has retired it before it was read.
    retired: bool,
    /// What is wrong, one sentence each: file, offset, cause.
    problems: Vec<String>,
}

/// Checks the snapshot, or all that are published.
pub(crate) fn run(args: &VerifyArgs) -> Result<ExitCode> {
    let progress = Progress::counting("entries");
    let configuration = args.config.read()?;
    let log_entries = configuration.get(&VERIFIED_LOG_ENTRIES);
    let mut report = Report::default();
    let reading = Reading::of(&configuration)?;
    match Found::look(&args.path, &reading)? {
        Found::Snapshot(place) => report.snapshots.push(check(&place, &progress)),
        Found::Jobs { storage, jobs } => {
            for job in &jobs {
                report.add_job(&storage, job, (log_entries, reading.options), &progress);
            }
        }
    }
    drop(progress);
    let sound = report.problems().next().is_none();
    report.sound = sound;
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
        retired: false,
        problems: Vec::new(),
    };
    progress.at(report.path.clone());
    match place.open() {
        Ok(snapshot) => report.add_snapshot(&snapshot, progress),
        Err(error) => report.problems.push(error.to_string()),
    }
    if !report.problems.is_empty() && place.is_retired() {
        report.retired = true;
        report.problems.clear();
    }
    report
}

/// Checks all that are published of a job. Some may be retired meanwhile, but not all.
fn check_job(
    storage: &Arc<dyn Storage>,
    job: &JobId,
    options: OfflineOptions,
    progress: &Progress,
) -> Result<Vec<SnapshotReport>> {
    read_published(storage, job, |found| {
        let places = Place::of_job(storage, job, found, options);
        let reports: Vec<_> = places.iter().map(|place| check(place, progress)).collect();
        if !reports.is_empty() && reports.iter().all(|report| report.retired) {
            return Err(StateError::corrupt(
                "all were retired before they were read",
            ));
        }
        Ok(reports)
    })
}

impl Report {
    /// Checks the log of a job, and all that it says is published.
    fn add_job(
        &mut self,
        storage: &Arc<dyn Storage>,
        job: &JobId,
        (log_entries, options): (u64, OfflineOptions),
        progress: &Progress,
    ) {
        let mut log = LogReport {
            path: storage.locate(&format!("{job}/log")),
            entries: 0,
            problems: Vec::new(),
        };
        progress.at(log.path.clone());
        match check_log(Arc::clone(storage), job, log_entries) {
            Ok(found) => {
                log.entries = found.entries;
                let problems = found.problems.iter();
                log.problems.extend(problems.map(ToString::to_string));
            }
            Err(error) => log.problems.push(error.to_string()),
        }
        match check_job(storage, job, options, progress) {
            Ok(snapshots) => self.snapshots.extend(snapshots),
            Err(error) => {
                let problem = error.to_string();
                if !log.problems.contains(&problem) {
                    log.problems.push(problem);
                }
            }
        }
        self.logs.push(log);
    }

    fn problems(&self) -> impl Iterator<Item = &String> {
        let logs = self.logs.iter().flat_map(|log| &log.problems);
        let snapshots = self.snapshots.iter().flat_map(|one| &one.problems);
        logs.chain(snapshots)
    }
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
            if let Err(error) = stored.verify_file(&file) {
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
        "snapshot or log",
        "checkpoint",
        "files",
        "bytes",
        "entries",
        "verdict",
    ];
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_header(header);
    for log in &report.logs {
        let entries = HumanCount(log.entries).to_string();
        let nothing = String::new;
        table.add_row([
            log.path.clone(),
            nothing(),
            nothing(),
            nothing(),
            entries,
            verdict(&log.problems),
        ]);
    }
    for snapshot in &report.snapshots {
        let checkpoint = snapshot
            .checkpoint
            .map_or_else(String::new, |id| id.to_string());
        let entries = HumanCount(snapshot.entries).to_string();
        let files = HumanCount(snapshot.files).to_string();
        let bytes = HumanBytes(snapshot.bytes).to_string();
        table.add_row([
            snapshot.path.clone(),
            checkpoint,
            files,
            bytes,
            entries,
            if snapshot.retired {
                "retired meanwhile".to_owned()
            } else {
                verdict(&snapshot.problems)
            },
        ]);
    }
    let mut out = table.to_string();
    for problem in report.problems() {
        out.push_str("\nproblem: ");
        out.push_str(problem);
    }
    out
}

fn verdict(problems: &[String]) -> String {
    match problems.len() {
        0 => "sound".to_owned(),
        some => counted(some as u64, "problem"),
    }
}
