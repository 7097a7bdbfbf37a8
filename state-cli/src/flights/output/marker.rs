//! The marker: says which job the files of a directory belong to.

use super::files;
use crate::flights::job::JOB;
use alluvium::{Result, StateError};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

const NAME: &str = ".alluvium-flights.json";
const WRITING: &str = ".alluvium-flights.json.part";
const FORMAT: u32 = 1;
/// More than any marker has.
const MOST: u64 = 64 << 10;

/// What the marker says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Marker {
    format: u32,
    job: String,
    pub(super) job_id: String,
    /// If the job was started over and has not finished since: the generation of its checkpoint
    /// log before that. As long as the log is of this generation, starting over has not got far
    /// enough, and is done again; afterwards tables may still be those of before.
    pub(super) replacing: Option<u64>,
}

impl Marker {
    pub(super) fn new(job_id: &str, replacing: Option<u64>) -> Self {
        Self {
            format: FORMAT,
            job: JOB.to_owned(),
            job_id: job_id.to_owned(),
            replacing,
        }
    }

    /// The marker of a directory, if there is one.
    pub(super) fn read(directory: &Path) -> Result<Option<Self>> {
        let path = directory.join(NAME);
        let mut bytes = Vec::new();
        match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file
                .and_then(|file| file.take(MOST).read_to_end(&mut bytes))
                .map_err(|error| files::failed("read", &path, error))?,
        };
        let marker: Self = serde_json::from_slice(&bytes).map_err(|error| {
            let what = format!("'{}' is damaged", path.display());
            StateError::corrupt(what).with_source(error)
        })?;
        if marker.format != FORMAT || marker.job != JOB {
            return Err(StateError::incompatible(format!(
                "'{}' is of job '{}', format {}; expected job '{JOB}', format {FORMAT}",
                path.display(),
                marker.job,
                marker.format
            )));
        }
        Ok(Some(marker))
    }

    /// Puts the marker in place of the one that may be there.
    pub(super) fn write(&self, directory: &Path) -> Result<()> {
        let bytes = serde_json::to_vec(self).map_err(|error| {
            StateError::misuse("a marker cannot be written as JSON").with_source(error)
        })?;
        let writing = directory.join(WRITING);
        files::write(&writing, &bytes)?;
        files::rename(&writing, &directory.join(NAME))
    }
}
