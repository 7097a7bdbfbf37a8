//! What stands in an output directory under names that the job gives.

use super::files::{self, UPDATE, UPDATES};
use crate::flights::{airframes, carriers, routes};
use alluvium::Result;
use alluvium_state_tests::executor::FileSink;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The tables, with the line that each begins with.
const TABLES: [(&str, &str); 3] = [
    (files::CARRIERS, carriers::HEADER),
    (files::ROUTES, routes::HEADER),
    (files::AIRFRAMES, airframes::HEADER),
];

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// Tables that begin as the job's do.
    pub(super) tables: Vec<PathBuf>,
    /// Update files, committed ones, that begin as the job's do.
    pub(super) updates: Vec<PathBuf>,
    /// Files that nobody should see yet.
    pub(super) hidden: Vec<PathBuf>,
    /// Files of such names, or in the way, that do not begin so.
    pub(super) strange: Vec<PathBuf>,
}

impl Survey {
    pub(super) fn new(directory: &Path) -> Result<Self> {
        let mut survey = Self::default();
        for (name, path) in files::list(directory)? {
            let table = TABLES.iter().find(|(table, _)| name == files::table(table));
            if let Some((_, header)) = table {
                let own = begins_with(&path, header)?;
                let place = if own {
                    &mut survey.tables
                } else {
                    &mut survey.strange
                };
                place.push(path);
            } else if TABLES
                .iter()
                .any(|(table, _)| files::is_pending_table(table, &name))
            {
                survey.hidden.push(path);
            }
        }
        survey.add_updates(&directory.join(UPDATES))?;
        Ok(survey)
    }

    fn add_updates(&mut self, directory: &Path) -> Result<()> {
        if files::exists(directory)? && !directory.is_dir() {
            self.strange.push(directory.to_owned());
            return Ok(());
        }
        for (name, path) in files::list(directory)? {
            let is_csv = path.extension().is_some_and(|extension| extension == "csv");
            let named_so = FileSink::<()>::is_own_name(UPDATE, &name);
            if is_csv && named_so && begins_with(&path, routes::UPDATES_HEADER)? {
                self.updates.push(path);
            } else if is_csv {
                self.strange.push(path);
            } else if named_so {
                self.hidden.push(path);
            }
        }
        Ok(())
    }

    /// The first file found, if any.
    pub(super) fn first(&self) -> Option<&Path> {
        let Self {
            tables,
            updates,
            hidden,
            strange,
        } = self;
        let mut all = [tables, updates, hidden, strange].into_iter().flatten();
        all.next().map(PathBuf::as_path)
    }
}

/// Whether a file begins with these bytes.
fn begins_with(path: &Path, header: &str) -> Result<bool> {
    if !path.is_file() {
        return Ok(false);
    }
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(header.len() as u64).read_to_end(&mut start))
        .map_err(|error| files::failed("read", path, error))?;
    Ok(start == header.as_bytes())
}
