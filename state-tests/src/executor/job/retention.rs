//! What remains of a job that has ended.

use super::JobSettings;
use super::driver::Life;
use alluvium::checkpoint::JobEnd;

/// Keeps or discards the checkpoints of a job that has run and ended so, and with them what it has
/// claimed. What cannot be discarded is logged.
pub(super) fn apply(settings: &JobSettings, life: &mut Life<'_>, end: JobEnd) {
    if settings.checkpoints.retention.retains(end) {
        return;
    }
    let retained = &mut life.retained;
    // What it has claimed is all that is left, as long as there is no checkpoint behind it.
    if retained.is_ours() && !life.origin.is_in_use(retained) {
        life.origin.dispose_claimed();
    }
    if end == JobEnd::Finished {
        // The newest stays: it is what tells the next execution that the job has finished, or
        // where it was stopped, and what sinks commit from if this process dies now.
        let ids = retained.ids();
        if let Some((_, older)) = ids.split_last()
            && !older.is_empty()
        {
            settings.status.discarded(older);
            retained.retire(older);
        }
        return;
    }
    settings.status.discarded(&retained.ids());
    retained.discard_all();
}
