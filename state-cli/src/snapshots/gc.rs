//! `alluvium gc`: collection by hand.

use super::place::Found;
use super::progress::Progress;
use crate::args::GcArgs;
use crate::output::{self, counted};
use alluvium::checkpoint::{Garbage, JobId, Storage};
use alluvium::{Result, StateError};
use serde::Serialize;
use std::sync::Arc;

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    deleted: bool,
    jobs: Vec<JobReport>,
}

#[derive(Debug, Serialize)]
struct JobReport {
    job: String,
    /// What is deleted, or would be.
    paths: Vec<String>,
    /// Files that only the owner of the job can decide about.
    undecided: u64,
}

/// Shows what nobody needs, and deletes it.
pub(crate) fn run(args: &GcArgs) -> Result<()> {
    let reading = args.config.reading()?;
    let Found::Jobs { storage, jobs } = Found::look(&args.root, &reading)? else {
        return Err(StateError::misuse(format!(
            "'{}' is one snapshot: name a root or a job. A savepoint is disposed of by \
             'alluvium savepoint --dispose', or by deleting its folder",
            args.root
        )));
    };
    let stored = reading.options.stored;
    let found = jobs
        .iter()
        .map(|job| Ok((job, Garbage::find(&storage, job, stored)?)));
    let found: Vec<(&JobId, Garbage)> = found.collect::<Result<_>>()?;
    let nothing = found.iter().all(|(_, garbage)| garbage.paths.is_empty());
    if !args.json {
        output::print(&show(&found, &*storage))?;
    }
    let delete = !args.dry_run && !nothing;
    if delete {
        sweep(&found, &storage)?;
    }
    if args.json {
        let jobs = found.into_iter().map(|(job, garbage)| JobReport {
            job: job.to_string(),
            paths: garbage.paths,
            undecided: garbage.undecided,
        });
        let jobs = jobs.collect();
        return output::print_json(&Report {
            deleted: delete,
            jobs,
        });
    }
    if delete {
        output::print("deleted")
    } else {
        Ok(())
    }
}

fn sweep(found: &[(&JobId, Garbage)], storage: &Arc<dyn Storage>) -> Result<()> {
    let progress = Progress::counting("files deleted");
    found.iter().try_for_each(|(_, garbage)| {
        garbage.delete(&**storage, |path| {
            progress.at(path.to_owned());
            progress.add(1);
        })
    })
}

fn show(found: &[(&JobId, Garbage)], storage: &dyn Storage) -> String {
    let mut lines = Vec::new();
    for (job, garbage) in found {
        let files = counted(garbage.paths.len() as u64, "file");
        lines.push(format!("job '{job}': {files} that nobody needs"));
        lines.extend(
            garbage
                .paths
                .iter()
                .map(|path| format!("  {}", storage.locate(path))),
        );
        if garbage.undecided > 0 {
            let more = garbage.undecided;
            lines.push(format!(
                "  and {more} that only the owner of the job can decide about"
            ));
        }
    }
    lines.join("\n")
}
