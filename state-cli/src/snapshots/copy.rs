//! `alluvium copy`: snapshots in another place.

use super::place::{self, Found, Place};
use super::progress::Progress;
use crate::args::{CopyArgs, Reading};
use crate::output::{self, counted};
use alluvium::Result;
use alluvium::checkpoint::storage::StorageOptions;
use alluvium::checkpoint::{Copied, copy_job, copy_snapshot};
use indicatif::HumanBytes;
use serde::Serialize;

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    from: String,
    to: String,
    jobs: u64,
    snapshots: u64,
    files: u64,
    bytes: u64,
}

/// Copies it.
pub(crate) fn run(args: &CopyArgs) -> Result<()> {
    let reading = args.config.reading()?;
    let found = Found::look(&args.from, &reading)?;
    let Reading { storage, options } = &reading;
    let mut report = Report {
        from: args.from.clone(),
        to: args.to.clone(),
        jobs: 0,
        snapshots: 0,
        files: 0,
        bytes: 0,
    };
    let progress = Progress::bytes();
    match found {
        Found::Snapshot(place) => snapshot(&place, args, storage, &mut report, &progress)?,
        Found::Jobs {
            storage: source,
            jobs,
        } => {
            let target = place::storage_at(&args.to, storage)?;
            for job in jobs {
                progress.at(job.to_string());
                let add = |bytes| progress.add(bytes);
                let copied = copy_job(&source, &job, &target, options.stored, add)?;
                report.jobs += 1;
                report.add(copied);
            }
        }
    }
    drop(progress);
    if args.json {
        return output::print_json(&report);
    }
    let Report {
        to,
        jobs,
        snapshots,
        files,
        bytes,
        ..
    } = &report;
    let jobs = match jobs {
        0 => String::new(),
        jobs => format!("{}, ", counted(*jobs, "job")),
    };
    let (snapshots, files) = (counted(*snapshots, "snapshot"), counted(*files, "file"));
    let size = HumanBytes(*bytes);
    output::print(&format!(
        "copied {jobs}{snapshots}, {files}, {size} to {to}"
    ))
}

fn snapshot(
    place: &Place,
    args: &CopyArgs,
    options: &StorageOptions,
    report: &mut Report,
    progress: &Progress,
) -> Result<()> {
    let (target, folder) = place::folder_at(&args.to, options)?;
    progress.at(place.locate());
    let copied = copy_snapshot(&place.open()?, target, &folder, |bytes| progress.add(bytes))?;
    report.add(copied);
    Ok(())
}

impl Report {
    const fn add(&mut self, copied: Copied) {
        self.snapshots += copied.snapshots;
        self.files += copied.files;
        self.bytes += copied.bytes;
    }
}
