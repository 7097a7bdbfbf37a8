//! Names inside the folder of a job.

use crate::files::SHARED;
use crate::log::JobId;
use crate::metadata::METADATA;

const CHECKPOINT: &str = "chk-";

/// The folder of a checkpoint, from the root.
pub(super) fn checkpoint_folder(job: &JobId, checkpoint: u64) -> String {
    format!("{job}/{CHECKPOINT}{checkpoint}")
}

/// The folder of files that several checkpoints may name, from the root.
pub(super) fn shared_folder(job: &JobId) -> String {
    format!("{job}/{SHARED}")
}

/// One of them.
pub(super) fn shared(job: &JobId, file: &str) -> String {
    format!("{job}/{SHARED}/{file}")
}

/// The metadata of a checkpoint, from the folder of its job.
pub(super) fn metadata(checkpoint: u64) -> String {
    format!("{CHECKPOINT}{checkpoint}/{METADATA}")
}

/// The note that an id was given to a savepoint, from the root.
pub(super) fn given(job: &JobId, checkpoint: u64) -> String {
    format!("{job}/{CHECKPOINT}{checkpoint}/given")
}

/// A path in the folder of a job, from the root.
pub(super) fn in_job(job: &JobId, path: &str) -> String {
    format!("{job}/{path}")
}

/// The checkpoint whose folder has this name.
pub(super) fn checkpoint_of(folder: &str) -> Option<u64> {
    let number = folder.strip_prefix(CHECKPOINT)?;
    let checkpoint = number.parse().ok()?;
    (number == format!("{checkpoint}")).then_some(checkpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_written_as_ours_are_ours() {
        assert_eq!(checkpoint_of("chk-12"), Some(12));
        for other in [
            "chk-012",
            "chk-+1",
            "chk-",
            "chk-1x",
            "log",
            "chk-99999999999999999999",
        ] {
            assert_eq!(checkpoint_of(other), None, "{other}");
        }
    }
}
