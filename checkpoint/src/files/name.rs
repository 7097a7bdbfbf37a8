//! How the files of checkpoints are called.

use std::fmt;

/// The name of a file that belongs to the checkpoints of a job.
///
/// Generation, checkpoint and number make it unique in the life of the job: generations are claimed
/// in the log, no checkpoint id is used twice, and a writer counts its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileName {
    /// The owner that wrote it: how many owners the log had had.
    pub(crate) generation: u64,
    /// The checkpoint that it was written for.
    pub(crate) checkpoint: u64,
    /// Its number among the files of the checkpoint.
    pub(crate) number: u64,
}

impl FileName {
    /// The name that `text` spells; `None` if it is not one of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (generation, rest) = text.strip_prefix('g')?.split_once("-c")?;
        let (checkpoint, number) = rest.split_once('-')?;
        let name = Self {
            generation: generation.parse().ok()?,
            checkpoint: checkpoint.parse().ok()?,
            number: number.parse().ok()?,
        };
        (name.to_string() == text).then_some(name)
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            generation,
            checkpoint,
            number,
        } = self;
        write!(f, "g{generation}-c{checkpoint}-{number}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_written_as_ours_are_ours() {
        let name = FileName {
            generation: 3,
            checkpoint: 17,
            number: 0,
        };
        assert_eq!(name.to_string(), "g3-c17-0");
        assert_eq!(FileName::parse("g3-c17-0"), Some(name));
        for other in [
            "g03-c17-0",
            "g3-c17",
            "g3-c17-+0",
            "3-c17-0",
            "g3-c17-0x",
            "_metadata",
        ] {
            assert_eq!(FileName::parse(other), None, "{other}");
        }
    }
}
