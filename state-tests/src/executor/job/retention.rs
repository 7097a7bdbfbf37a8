//! What remains of a job that has ended.

use super::JobSettings;
use super::retained::Retained;
use alluvium::checkpoint::JobEnd;

/// Keeps or discards the checkpoints of a job that has run and ended so. What cannot be discarded
/// is logged.
pub(super) fn apply(settings: &JobSettings, retained: &mut Retained, end: JobEnd) {
    if settings.checkpoints.retention.retains(end) {
        return;
    }
    if end == JobEnd::Finished {
        // The newest stays: it is what tells the next execution that the job has finished, or
        // where it was stopped, and what sinks commit from if this process dies now.
        let ids = retained.ids();
        if let Some((_, older)) = ids.split_last()
            && !older.is_empty()
        {
            retained.retire(older);
        }
        return;
    }
    retained.discard_all();
}
