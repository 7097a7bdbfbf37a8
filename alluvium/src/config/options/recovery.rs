//! What a job starts from.

use crate::config::definition::{ConfigOption, Group};
use crate::config::value::{ClaimMode, Location};

/// What a job starts from instead of its newest checkpoint.
pub const RECOVERY_PATH: ConfigOption<Option<Location>> = ConfigOption::new(
    "execution.state-recovery.path",
    None,
    "The savepoint or checkpoint that the job starts from: its folder or the `_metadata` in it, a \
     path or URL. It goes before checkpoints of earlier executions at every start, so take it out \
     once the job has started.",
)
.renamed_from(&["execution.savepoint.path"])
.by_default("the newest checkpoint of the job, if there is one");

/// Whom that belongs to.
pub const CLAIM_MODE: ConfigOption<ClaimMode> = ConfigOption::new(
    "execution.state-recovery.claim-mode",
    ClaimMode::NoClaim,
    "Whom the savepoint belongs to that the job starts from. `NO_CLAIM`: to whoever took it; the \
     first checkpoint is full, and after it the savepoint may be deleted by hand. `CLAIM`: to the \
     job, which deletes it once newer checkpoints subsume it; checkpoints cannot be claimed.",
)
.renamed_from(&["execution.savepoint-restore-mode"]);

/// Whether state may be left behind.
pub const IGNORE_UNCLAIMED_STATE: ConfigOption<bool> = ConfigOption::new(
    "execution.state-recovery.ignore-unclaimed-state",
    false,
    "Whether state that no operator of the job claims is left behind. Otherwise the job does not \
     start, and each such operator is named.",
)
.renamed_from(&["execution.savepoint.ignore-unclaimed-state"]);

/// Whether a damaged checkpoint is passed over.
pub const FALL_BACK_TO_OLDER: ConfigOption<bool> = ConfigOption::new(
    "recovery.fall-back-to-older",
    true,
    "Whether the checkpoint before is used, with a warning, if the newest one is damaged. \
     Otherwise the job does not start.",
);

pub(super) const GROUP: Group = Group {
    title: "Recovery",
    intro: "",
    options: &[
        &RECOVERY_PATH,
        &CLAIM_MODE,
        &IGNORE_UNCLAIMED_STATE,
        &FALL_BACK_TO_OLDER,
    ],
};
