//! What to do with an output directory, decided from what was found.

use super::marker::Marker;
use super::survey::Survey;
use alluvium::{Result, StateError};
use std::path::Path;

/// What was found, and what was asked for.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) directory: &'a Path,
    pub(super) checkpoint_dir: &'a Path,
    pub(super) job_id: &'a str,
    /// Whether the job is to start over.
    pub(super) fresh: bool,
    pub(super) marker: Option<&'a Marker>,
    pub(super) survey: &'a Survey,
    /// How many owners the job's checkpoints have had.
    pub(super) generation: u64,
    /// Whether there is a checkpoint to go on from.
    pub(super) published: bool,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Begin where nothing is, or go on from the last checkpoint.
    GoOn,
    /// Start over, and replace what is there.
    Replace,
}

impl Found<'_> {
    /// # Errors
    /// `Misuse` if the directory is somebody else's, or if files and checkpoints do not belong
    /// together.
    pub(super) fn decide(&self) -> Result<Decision> {
        let Some(marker) = self.marker else {
            return self.decide_without_marker();
        };
        if marker.job_id != self.job_id {
            return Err(self.refused(format!(
                "it belongs to job '{}', not to job '{}'",
                marker.job_id, self.job_id
            )));
        }
        if let Some(strange) = self.survey.strange.first() {
            return Err(self.refused(format!(
                "'{}' is nothing that this job has written",
                strange.display()
            )));
        }
        let half_replaced = marker
            .replacing
            .is_some_and(|generation| self.generation <= generation);
        if self.fresh || half_replaced {
            return Ok(Decision::Replace);
        }
        let tables = if marker.replacing.is_some() {
            // They may be those of before the job was started over.
            None
        } else {
            self.survey.tables.first()
        };
        match self.survey.updates.first().or(tables) {
            Some(left) if !self.published => Err(self.refused(format!(
                "'{}' is from an earlier run, but '{}' holds no checkpoint of job '{}' to go on \
                 from: name the directory that does with --checkpoint-dir, or start over with \
                 --fresh",
                left.display(),
                self.checkpoint_dir.display(),
                self.job_id
            ))),
            _ => Ok(Decision::GoOn),
        }
    }

    fn decide_without_marker(&self) -> Result<Decision> {
        if let Some(file) = self.survey.first() {
            return Err(self.refused(format!(
                "'{}' is there already, and nothing says that this job has written it",
                file.display()
            )));
        }
        if self.fresh {
            return Ok(Decision::Replace);
        }
        if self.published {
            return Err(self.refused(format!(
                "the checkpoints of job '{}' in '{}' were taken with another output directory: \
                 name that one with --output, or start over with --fresh",
                self.job_id,
                self.checkpoint_dir.display()
            )));
        }
        Ok(Decision::GoOn)
    }

    fn refused(&self, why: String) -> StateError {
        StateError::misuse(format!(
            "cannot write to the output directory '{}': {why}",
            self.directory.display()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// What is decided if files `there` (`t`able, `u`pdate, `h`idden, `s`trange) and a marker
    /// were found.
    fn decide(there: &str, marker: Option<&Marker>, more: Asked) -> Option<Decision> {
        let files = |kind: char| {
            let named = |_| PathBuf::from(format!("{kind}.csv"));
            there.matches(kind).map(named).collect()
        };
        let survey = Survey {
            tables: files('t'),
            updates: files('u'),
            hidden: files('h'),
            strange: files('s'),
        };
        let (fresh, generation, published) = more;
        let found = Found {
            directory: Path::new("out"),
            checkpoint_dir: Path::new("checkpoints"),
            job_id: "flights",
            fresh,
            marker,
            survey: &survey,
            generation,
            published,
        };
        found.decide().ok()
    }

    /// (fresh, generation, published)
    type Asked = (bool, u64, bool);

    const FRESH: Asked = (true, 3, true);
    const WITH_CHECKPOINT: Asked = (false, 3, true);
    const WITHOUT: Asked = (false, 3, false);

    #[test]
    fn a_directory_without_a_marker_is_taken_if_nothing_is_in_the_way() {
        assert_eq!(decide("", None, WITHOUT), Some(Decision::GoOn));
        assert_eq!(decide("", None, FRESH), Some(Decision::Replace));
        // The checkpoints belong to another directory.
        assert_eq!(decide("", None, WITH_CHECKPOINT), None);
        for there in ["t", "u", "h", "s"] {
            for asked in [FRESH, WITH_CHECKPOINT, WITHOUT] {
                assert_eq!(decide(there, None, asked), None, "{there} {asked:?}");
            }
        }
    }

    #[test]
    fn a_directory_of_this_job_is_gone_on_with_if_there_is_a_checkpoint() {
        let marker = Marker::new("flights", None);
        for there in ["", "h", "u", "tuh"] {
            let decided = |asked| decide(there, Some(&marker), asked);
            assert_eq!(decided(WITH_CHECKPOINT), Some(Decision::GoOn));
            assert_eq!(decided(FRESH), Some(Decision::Replace));
            let committed = there.contains(['t', 'u']);
            let expected = (!committed).then_some(Decision::GoOn);
            assert_eq!(decided(WITHOUT), expected, "{there}");
        }
        assert_eq!(decide("tus", Some(&marker), FRESH), None);
    }

    #[test]
    fn starting_over_is_done_again_until_the_log_is_taken_over() {
        let marker = Marker::new("flights", Some(3));
        let decided = |there, generation| decide(there, Some(&marker), (false, generation, false));
        assert_eq!(decided("tu", 3), Some(Decision::Replace));
        // Tables are those of before, updates are not.
        assert_eq!(decided("t", 4), Some(Decision::GoOn));
        assert_eq!(decided("tu", 4), None);
    }

    #[test]
    fn a_directory_of_another_job_is_refused() {
        let marker = Marker::new("other", None);
        for asked in [FRESH, WITH_CHECKPOINT, WITHOUT] {
            assert_eq!(decide("", Some(&marker), asked), None);
        }
    }
}
